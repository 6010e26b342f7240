package dev.riffle.jobs.transcription;

import dev.riffle.operators.Outgoing;
import org.apache.flink.api.connector.sink2.Sink;

/**
 * Where a transcription's records go.
 *
 * @param finals notes, committed once
 * @param previews notes at once; null for nowhere
 * @param sessions sequences that start, jump and end
 * @param deadLetters inputs that could not be used
 */
public record TranscriptionSinks(
    Sink<Outgoing> finals,
    Sink<Outgoing> previews,
    Sink<Outgoing> sessions,
    Sink<Outgoing> deadLetters) {}
