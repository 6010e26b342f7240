package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;

/**
 * Windows of any lengths, packed without padding.
 *
 * @param values {@code [rows, width]}, or longer; a token is stored as its number
 * @param width values per step
 * @param sequences where the windows are
 */
public record WindowBatch(float[] values, int width, PackedSequences sequences) {
  /**
   * @throws IllegalArgumentException if there are too few values for the windows
   * @throws InputException if a window has no steps
   */
  public WindowBatch {
    for (int b = 0; b < sequences.count(); b++) {
      if (sequences.length(b) == 0) {
        throw new InputException(
            "Window " + b + " of the batch has no steps. Leave empty windows out.");
      }
    }
    if ((long) sequences.rows() * width > values.length) {
      throw new IllegalArgumentException(
          String.format(
              "%d windows take %d steps of %d values together, but there are %d values.",
              sequences.count(), sequences.rows(), width, values.length));
    }
  }

  /** Returns the number of windows. */
  public int windows() {
    return sequences.count();
  }

  /** Returns the number of steps of all windows. */
  public int rows() {
    return sequences.rows();
  }

  /** Returns the number of steps of one window. */
  public int steps(int window) {
    return sequences.length(window);
  }

  /**
   * Returns the tokens, {@code [rows]}.
   *
   * @throws InputException if a value is not a whole number
   */
  public int[] tokens() {
    int[] tokens = new int[rows()];
    for (int r = 0; r < tokens.length; r++) {
      tokens[r] = (int) values[r];
      if (tokens[r] != values[r]) {
        throw new InputException(
            "A token must be a whole number, but that of row " + r + " is " + values[r] + ".");
      }
    }
    return tokens;
  }

  /**
   * Returns the bin that all windows share.
   *
   * @throws InputException if the windows belong to different bins
   */
  public int bin(WindowModel model) {
    int bin = model.bin(steps(0));
    for (int b = 1; b < windows(); b++) {
      if (model.bin(steps(b)) != bin) {
        throw new InputException(
            String.format(
                "Windows of one batch must share a bin, but window 0 of %d steps has bin %d and window"
                    + " %d of %d steps has bin %d. Run them in separate batches.",
                steps(0), bin, b, steps(b), model.bin(steps(b))));
      }
    }
    return bin;
  }

  /** Writes the windows with zeros at their ends, {@code [windows, length, width]}. */
  public void pad(Kernels kernels, Tensor to, int length) {
    for (int b = 0; b < windows(); b++) {
      int count = steps(b) * width;
      int at = b * length * width;
      kernels.write(values, sequences.start(b) * width, to, at, count);
      kernels.fill(to, at + count, length * width - count, 0);
    }
  }

  /**
   * Copies the rows of true steps, without padding.
   *
   * @param from {@code [windows, length, outputs]}
   * @param to {@code [rows, outputs]}
   */
  public void crop(Kernels kernels, Tensor from, int length, Tensor to, int outputs) {
    for (int b = 0; b < windows(); b++) {
      kernels.copy(
          from, b * length * outputs, to, sequences.start(b) * outputs, steps(b) * outputs);
    }
  }
}
