/** Notes as they stand in files: CSV, MIDI and JSON. */
package dev.riffle.cli.notes;
