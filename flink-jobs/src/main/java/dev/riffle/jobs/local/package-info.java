/**
 * A real broker and a real cluster on the loopback interface: what the local door, the tests and
 * the benchmarks run on.
 *
 * <pre>
 *   LocalBroker   one Kafka node (KRaft, broker and controller in one), in this JVM or its own
 *   LocalCluster  one Flink session (JobManager and TaskManagers) in this JVM
 *   RunningJob    a job on it: status, stop, result
 * </pre>
 *
 * <p>Nothing here listens on another interface than 127.0.0.1. The artefacts of Flink and of the
 * broker are {@code provided}: whoever uses this package brings them.
 */
package dev.riffle.jobs.local;
