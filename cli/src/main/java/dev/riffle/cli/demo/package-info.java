/**
 * The command {@code demo}: known data through Kafka and Flink in this JVM, compared with the
 * truth.
 *
 * <pre>
 *   demo music   Piece (a score) -> Rendering (WAV) -> transcription job -> notes, Latencies
 *   demo dna     SyntheticGenome -> annotation job -> Annotations, GeneMatch, GeneDelays
 * </pre>
 */
package dev.riffle.cli.demo;
