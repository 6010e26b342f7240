package dev.riffle.music.transcriber;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The last frames of a sequence, one row each, as the second pass needs them: spectra, predictions
 * of the first pass, revised onset probabilities, and what became of the notes that the first pass
 * emitted. Between rounds it has {@link #memory} rows; the frames of a round follow them.
 */
final class FrameHistory {
  private final FrameLayout layout;
  private final int memory;
  private final float outside;
  private float[] values; // [capacity, width]
  private NoteOutcome[] outcomes; // [capacity, pitches]
  private int rows;

  /**
   * @param memory rows that are kept from one round to the next
   * @param outside value of a spectrum where there is no sound
   */
  FrameHistory(FrameLayout layout, int memory, double outside) {
    this.layout = layout;
    this.memory = memory;
    this.outside = (float) outside;
    values = new float[(memory + 1) * layout.width()];
    outcomes = new NoteOutcome[(memory + 1) * layout.pitches()];
    reset();
  }

  /** Becomes the history of a sequence before its first frame: silence. */
  void reset() {
    rows = 0;
    for (int r = 0; r < memory; r++) {
      addSilence();
    }
  }

  FrameLayout layout() {
    return layout;
  }

  int memory() {
    return memory;
  }

  int rows() {
    return rows;
  }

  /** Appends a frame. */
  void add(float[] features, int featuresAt, float[] probabilities, int probabilitiesAt) {
    int at = append();
    System.arraycopy(features, featuresAt, values, at, layout.features());
    System.arraycopy(
        probabilities, probabilitiesAt, values, at + layout.features(), layout.probabilities());
    Arrays.fill(values, at + layout.revisedOnset(0), at + layout.width(), 0);
  }

  /** Appends a frame without sound and without notes. */
  void addSilence() {
    int at = append();
    Arrays.fill(values, at, at + layout.features(), outside);
    Arrays.fill(values, at + layout.features(), at + layout.width(), 0);
  }

  private int append() {
    int row = rows++;
    if (values.length < rows * layout.width()) {
      int capacity = 2 * rows;
      values = Arrays.copyOf(values, capacity * layout.width());
      outcomes = Arrays.copyOf(outcomes, capacity * layout.pitches());
    }
    int pitches = layout.pitches();
    Arrays.fill(outcomes, row * pitches, (row + 1) * pitches, NoteOutcome.NONE);
    return row * layout.width();
  }

  /** Drops the rows that no later frame needs. */
  void forget() {
    int from = rows - memory;
    int pitches = layout.pitches();
    System.arraycopy(values, from * layout.width(), values, 0, memory * layout.width());
    System.arraycopy(outcomes, from * pitches, outcomes, 0, memory * pitches);
    rows = memory;
  }

  private float value(int row, int index) {
    return values[row * layout.width() + index];
  }

  float shortSpectrum(int row, int bin) {
    return value(row, layout.shortSpectrum(bin));
  }

  float longSpectrum(int row, int bin) {
    return value(row, layout.longSpectrum(bin));
  }

  float onset(int row, int pitch) {
    return value(row, layout.onset(pitch));
  }

  float frame(int row, int pitch) {
    return value(row, layout.frame(pitch));
  }

  float velocity(int row, int pitch) {
    return value(row, layout.velocity(pitch));
  }

  float revisedOnset(int row, int pitch) {
    return value(row, layout.revisedOnset(pitch));
  }

  void reviseOnset(int row, int pitch, float probability) {
    values[row * layout.width() + layout.revisedOnset(pitch)] = probability;
  }

  NoteOutcome outcome(int row, int pitch) {
    return outcomes[row * layout.pitches() + pitch];
  }

  void setOutcome(int row, int pitch, NoteOutcome outcome) {
    outcomes[row * layout.pitches() + pitch] = outcome;
  }

  /** Bytes of {@link #store}. */
  static int bytes(FrameLayout layout, int memory) {
    return Float.BYTES * memory * (layout.width() + layout.pitches());
  }

  /** Writes the rows that are kept: for each its values, then its outcomes as floats. */
  void store(ByteBuffer to) {
    for (int row = 0; row < memory; row++) {
      int at = row * layout.width();
      for (int i = 0; i < layout.width(); i++) {
        to.putFloat(values[at + i]);
      }
      for (int p = 0; p < layout.pitches(); p++) {
        to.putFloat(outcome(row, p).stored());
      }
    }
  }

  void load(ByteBuffer from) {
    rows = memory;
    for (int row = 0; row < memory; row++) {
      int at = row * layout.width();
      for (int i = 0; i < layout.width(); i++) {
        values[at + i] = from.getFloat();
      }
      for (int p = 0; p < layout.pitches(); p++) {
        setOutcome(row, p, NoteOutcome.of(from.getFloat()));
      }
    }
  }
}
