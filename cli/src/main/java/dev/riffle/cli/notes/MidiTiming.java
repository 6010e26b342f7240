package dev.riffle.cli.notes;

import java.util.OptionalInt;

/**
 * How the seconds of notes become ticks of a MIDI file. The tempo does not move notes: a player of
 * the file plays them at their seconds. A grid moves them.
 *
 * @param microsPerQuarter microseconds of a quarter note, at most {@link #MAX_MICROS}
 * @param grid ticks from one grid line to the next; empty: no grid
 */
public record MidiTiming(int microsPerQuarter, OptionalInt grid) {
  static final int TICKS_PER_QUARTER = 960;
  static final int TICKS_PER_WHOLE = 4 * TICKS_PER_QUARTER;

  /** The largest tempo of a MIDI file, which has three bytes. */
  static final int MAX_MICROS = 0xFF_FFFF;

  private static final double MICROS_PER_MINUTE = 60e6;

  /** 120 quarter notes per minute, no grid. */
  public static final MidiTiming DEFAULT = of(120);

  /** A tempo in quarter notes per minute, from 4 to 1000, without a grid. */
  public static MidiTiming of(double quartersPerMinute) {
    return new MidiTiming(
        (int) Math.round(MICROS_PER_MINUTE / quartersPerMinute), OptionalInt.empty());
  }

  /** The same tempo with a grid of whole notes divided by {@code division}. */
  public MidiTiming withGrid(int division) {
    return new MidiTiming(microsPerQuarter, OptionalInt.of(TICKS_PER_WHOLE / division));
  }

  /** Ticks of the shortest note. */
  int unit() {
    return grid.orElse(1);
  }

  /** The nearest tick on the grid. */
  long ticks(double seconds) {
    double units = seconds * TICKS_PER_QUARTER * 1e6 / microsPerQuarter / unit();
    return Math.round(units) * unit();
  }
}
