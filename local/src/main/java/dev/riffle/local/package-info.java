/**
 * An embedded Kafka broker and Flink cluster for one machine: {@code riffle run}, tests and
 * benchmarks use them.
 *
 * <pre>
 *   LocalBroker   one Kafka node (KRaft, broker and controller in one), in this JVM or its own
 *   LocalCluster  one Flink session cluster (JobManager and TaskManagers) in this JVM
 *   RunningJob    a job on a LocalCluster: status, checkpoint, savepoint, result
 * </pre>
 *
 * <p>Broker and cluster listen only on 127.0.0.1. This package knows neither jobs nor topics of
 * Riffle. Its test jar contains {@code LocalServices}, the JUnit extension of the integration
 * tests.
 */
package dev.riffle.local;
