/** The commands {@code verify}, {@code model inspect} and {@code model convert}. */
package dev.riffle.cli.model;
