package dev.riffle.jobs.health;

import java.util.List;
import java.util.Optional;

/**
 * What Flink knows of a job at one time.
 *
 * @param running true if all its tasks run
 * @param failures that Flink remembers, oldest first
 * @param checkpoint the last complete one
 * @param load of the tasks, if Flink has measured it
 */
public record JobView(
    boolean running,
    List<JobFailure> failures,
    Optional<Checkpoint> checkpoint,
    Optional<Load> load) {}
