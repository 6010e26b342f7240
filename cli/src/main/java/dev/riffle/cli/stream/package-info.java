/**
 * The commands {@code produce} and {@code tail}: files and microphones into topics, topics as text.
 */
package dev.riffle.cli.stream;
