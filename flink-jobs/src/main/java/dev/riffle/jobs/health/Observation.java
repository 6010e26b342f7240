package dev.riffle.jobs.health;

import java.time.Instant;

/**
 * Job and broker at one time.
 *
 * @param at this time
 * @param job as Flink sees it
 * @param broker as its clients see it
 */
public record Observation(Instant at, JobView job, BrokerView broker) {}
