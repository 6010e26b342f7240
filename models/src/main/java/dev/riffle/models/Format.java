package dev.riffle.models;

/**
 * What the steps of a sequence are; fixed for the life of a session.
 *
 * @param rate steps per second, 0 where time between steps means nothing
 * @param width values per step
 */
public record Format(int rate, int width) {}
