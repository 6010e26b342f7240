/**
 * The jobs: source, operators, sinks and their options.
 *
 * <pre>
 *   Topics          names of a job's topics
 *   JobOptions      what may be said on a command line; docs/options.md lists it
 *   stream          what every job is made of
 *   transcription   sound in, notes out
 *   sequence        any model on any topic, as a YAML file says; docs/jobs.md
 * </pre>
 */
package dev.riffle.jobs;
