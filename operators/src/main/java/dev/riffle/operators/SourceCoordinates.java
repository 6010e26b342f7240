package dev.riffle.operators;

/** Coordinates of a source record. */
public record SourceCoordinates(String topic, int partition, long offset, long timestampMillis) {}
