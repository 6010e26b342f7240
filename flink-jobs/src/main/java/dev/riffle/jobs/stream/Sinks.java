package dev.riffle.jobs.stream;

import dev.riffle.operators.OutputRecord;
import java.util.Optional;
import org.apache.flink.api.connector.sink2.Sink;

/**
 * Sinks of a job's output topics.
 *
 * @param finals predictions, committed exactly once
 * @param previews predictions, written immediately; empty if the job writes no previews
 * @param sessions session starts, gaps and ends
 * @param deadLetters input records that could not be used
 */
public record Sinks(
    Sink<OutputRecord> finals,
    Optional<Sink<OutputRecord>> previews,
    Sink<OutputRecord> sessions,
    Sink<OutputRecord> deadLetters) {}
