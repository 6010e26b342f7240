/**
 * The command {@code transcribe}: sound files through Kafka and Flink in this JVM to note files.
 */
package dev.riffle.cli.transcribe;
