/**
 * Reports the condition of a running job: observations of Flink and Kafka, and the lines that
 * follow.
 *
 * <pre>
 *   JobProbe (REST of Flink)  -&gt; JobView    \
 *                                            Observation -&gt; HealthReport -&gt; lines
 *   BrokerProbe (Kafka admin) -&gt; BrokerView /
 * </pre>
 *
 * {@link dev.riffle.jobs.health.HealthWatch} does this once a second. {@link
 * dev.riffle.jobs.health.HealthReport} is pure: the same observations give the same lines.
 */
package dev.riffle.jobs.health;
