package dev.riffle.jobs.stream;

import dev.riffle.operators.OutputRecord;
import org.apache.flink.api.connector.sink2.Sink;

/**
 * Where a job's records go.
 *
 * @param finals answers, committed once
 * @param previews answers at once; null for nowhere
 * @param sessions sequences that start, jump and end
 * @param deadLetters inputs that could not be used
 */
public record Sinks(
    Sink<OutputRecord> finals,
    Sink<OutputRecord> previews,
    Sink<OutputRecord> sessions,
    Sink<OutputRecord> deadLetters) {}
