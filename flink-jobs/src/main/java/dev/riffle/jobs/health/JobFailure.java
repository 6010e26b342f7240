package dev.riffle.jobs.health;

import java.time.Instant;

/**
 * A failure after which Flink restarts the job, or ends it.
 *
 * @param at time of the failure
 * @param cause the root cause on one line, safe to print
 */
public record JobFailure(Instant at, String cause) {}
