package dev.riffle.jobs;

import java.util.Optional;

/**
 * Names and defaults of a job.
 *
 * @param name on the command line, such as {@code read-until}
 * @param summary what the job does, in one sentence
 * @param defaultStream second part of the topic names if no option names it; empty if it has to be
 *     named
 * @param shippedModel directory of the model that ships with Riffle for the job, relative to the
 *     installation; empty if there is none
 * @param source name and uid of the source operator; savepoints refer to it
 * @param operator name and uid of the sequence operator; savepoints refer to it
 */
public record JobProfile(
    String name,
    String summary,
    Optional<String> defaultStream,
    Optional<String> shippedModel,
    String source,
    String operator) {}
