package dev.riffle.operators;

/** Where a source record is stored, and its timestamp. */
public record SourceCoordinates(String topic, int partition, long offset, long timestampMillis) {}
