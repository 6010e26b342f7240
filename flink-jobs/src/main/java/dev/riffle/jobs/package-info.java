/**
 * The jobs: from a Kafka topic through a model to the output topics.
 *
 * <pre>
 *   JobDefinition   one job: name, options, defaults, input, model, output mapping
 *   Jobs            the jobs that run by name, found with ServiceLoader
 *
 *   transcription, annotation, readuntil      one job each
 *   sequence                                  any model on any topic, described by a YAML file
 *        |
 *   stream      the parts of every job: Kafka source and sinks, dataflow, and their options
 *   options     definitions and values of options
 *
 *   cluster     submits jobs to a Flink cluster
 * </pre>
 *
 * <p>A new job is one package with a subclass of {@code JobDefinition}, one line in {@code
 * META-INF/services/dev.riffle.jobs.JobDefinition} and one integration test. A new option is one
 * constant in the options class of its owner. The command line, job files, {@code docs/options.md}
 * and the JSON Schema of job files follow.
 */
package dev.riffle.jobs;
