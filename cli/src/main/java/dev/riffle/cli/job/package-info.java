/**
 * The commands {@code run}, {@code submit} and {@code validate}, and the jobs that other commands
 * run in this JVM.
 *
 * <pre>
 *   run       LocalCluster in this JVM, Kafka elsewhere
 *   submit    REST interface of a Flink cluster
 *   validate  a job file without a cluster
 *   LocalJob  LocalBroker, LocalCluster and one job, for demo and transcribe
 * </pre>
 */
package dev.riffle.cli.job;
