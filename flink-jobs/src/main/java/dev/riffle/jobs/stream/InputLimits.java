package dev.riffle.jobs.stream;

import java.io.Serializable;
import java.time.Duration;

/**
 * Limits of input records.
 *
 * @param recordBytes largest record, key and value together
 * @param captureAhead how far a capture time may be ahead of its record's Kafka timestamp
 */
public record InputLimits(long recordBytes, Duration captureAhead) implements Serializable {}
