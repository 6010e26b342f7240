package dev.riffle.jobs.health;

import java.time.Instant;

/**
 * A checkpoint or savepoint that is complete.
 *
 * @param id by which Flink counts checkpoints and savepoints of a job
 * @param at time at which it was complete
 * @param path that {@code --from-savepoint} takes
 */
public record Checkpoint(long id, Instant at, String path) {}
