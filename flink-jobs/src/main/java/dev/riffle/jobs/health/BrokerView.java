package dev.riffle.jobs.health;

import java.time.Instant;
import java.util.Optional;

/**
 * What a broker answered.
 *
 * @param asked time of the request
 * @param answers false if no broker answered in time
 * @param offsets of the input topic, once the job has committed some
 */
public record BrokerView(Instant asked, boolean answers, Optional<Offsets> offsets) {}
