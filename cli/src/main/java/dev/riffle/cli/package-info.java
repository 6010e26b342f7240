/**
 * The command line of Riffle.
 *
 * <pre>
 *   ./riffle -> Riffle (main) -> one package per command group:
 *     demo        demo music, demo dna: bundled data through Kafka and Flink in this JVM
 *     transcribe  transcribe: sound files to CSV, MIDI and JSON
 *     annotate    annotate: DNA files to GFF3, BED and JSON
 *     stream      produce, tail: files into topics, topics as text
 *     job         run, submit, validate: jobs in this JVM or on a cluster
 *     model       verify, model inspect, model convert
 *     doctor      doctor: what is installed and what is missing
 *
 *   helpers that several groups use:
 *     topic       records in and out of Kafka topics
 *     audio       sound files and microphones
 *     dna         reads and synthetic genomes
 *     notes       note files
 *     shared      failures, progress, output directories, Ctrl-C
 * </pre>
 *
 * <p>Exit codes: 0 success, 1 failure, 2 usage error. The error stream gets one sentence about the
 * error, and a stack trace only with {@code --verbose}. Data goes to the output stream.
 */
package dev.riffle.cli;
