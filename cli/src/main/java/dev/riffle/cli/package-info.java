/**
 * The door for people.
 *
 * <pre>
 *   ./riffle -> Riffle (main) -> one class per verb:
 *     demo music   a bundled piece through Kafka and Flink, in this JVM
 *     transcribe   sound files -> the same way -> CSV, MIDI, JSON
 *     annotate     a DNA file -> genes as GFF3, BED, JSON
 *     produce      a sound file or a microphone -> Kafka
 *     run, submit  the job, in this JVM or on a cluster
 *     tail         a topic, readable
 *     verify       goldens on every backend
 *     model inspect  what a model costs and sees
 *     doctor       what is missing here, and its cure
 * </pre>
 *
 * <p>A command ends with 0 when it did what was asked, 1 when it could not, 2 when it was asked
 * wrongly. What went wrong is told in a sentence on the error stream, with a stack trace only under
 * {@code --verbose}; data goes to the output stream.
 */
package dev.riffle.cli;
