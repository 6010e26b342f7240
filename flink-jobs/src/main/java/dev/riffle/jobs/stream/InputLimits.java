package dev.riffle.jobs.stream;

import java.io.Serializable;
import java.time.Duration;

/**
 * Limits of input records.
 *
 * @param recordBytes largest record, key and value together
 * @param recordSteps most steps of a record; as each step has one prediction at most, this also
 *     limits the predictions that a record can cause
 * @param captureAhead how far a capture time may be ahead of its record's Kafka timestamp
 */
public record InputLimits(long recordBytes, int recordSteps, Duration captureAhead)
    implements Serializable {}
