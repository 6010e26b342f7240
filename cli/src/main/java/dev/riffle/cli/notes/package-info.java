/** Note files: CSV, MIDI and JSON. */
package dev.riffle.cli.notes;
