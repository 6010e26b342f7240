/**
 * The jobs: source, operators, sinks and their options.
 *
 * <pre>
 *   Topics       namespace.stream.{in, preview, final, sessions, dlq}.v1
 *   JobOptions   what may be said on a command line; docs/options.md lists it
 *   transcription.TranscriptionJob(source, sinks, options)   sound in, notes out
 *   local        a broker and a cluster in this JVM, for the local door, tests and benchmarks
 * </pre>
 */
package dev.riffle.jobs;
