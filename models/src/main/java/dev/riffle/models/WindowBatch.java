package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;

/**
 * Windows of true lengths, packed one behind the other.
 *
 * @param values {@code [rows, width]} or more; a token is its number
 * @param width values of a step
 * @param starts {@code [windows + 1]} first row of each window, then the number of rows
 * @param windows how many
 */
public record WindowBatch(float[] values, int width, int[] starts, int windows) {

  /**
   * @throws IllegalArgumentException if there are fewer values than the windows take
   * @throws InputException if a window has no steps
   */
  public WindowBatch {
    for (int b = 0; b < windows; b++) {
      if (starts[b + 1] <= starts[b]) {
        throw new InputException(
            "Window " + b + " of the batch has no steps; leave empty windows out.");
      }
    }
    if ((long) starts[windows] * width > values.length) {
      throw new IllegalArgumentException(
          String.format(
              "%d windows take %d steps of %d values together, but there are %d values.",
              windows, starts[windows], width, values.length));
    }
  }

  /** Steps of all windows. */
  public int rows() {
    return starts[windows];
  }

  /** Steps of one window. */
  public int steps(int window) {
    return starts[window + 1] - starts[window];
  }

  /**
   * The tokens, {@code [rows]}.
   *
   * @throws InputException if a value is no whole number
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
   * The bin of all windows.
   *
   * @throws InputException if they are of several
   */
  public int bin(WindowModel model) {
    int bin = model.bin(steps(0));
    for (int b = 1; b < windows; b++) {
      if (model.bin(steps(b)) != bin) {
        throw new InputException(
            String.format(
                "Windows of one batch must share a bin, but that of window 0, with %d steps, is %d"
                    + " and that of window %d, with %d steps, is %d; run them in batches of their"
                    + " own.",
                steps(0), bin, b, steps(b), model.bin(steps(b))));
      }
    }
    return bin;
  }

  /**
   * Writes the windows side by side, {@code [windows, length, width]}, with zeros at their ends.
   */
  public void pad(Kernels kernels, Tensor to, int length) {
    for (int b = 0; b < windows; b++) {
      int count = steps(b) * width;
      int at = b * length * width;
      kernels.write(values, starts[b] * width, to, at, count);
      kernels.fill(to, at + count, length * width - count, 0);
    }
  }

  /**
   * Takes the rows that stand for steps.
   *
   * @param from {@code [windows, length, outputs]}
   * @param to {@code [rows, outputs]}
   */
  public void crop(Kernels kernels, Tensor from, int length, Tensor to, int outputs) {
    for (int b = 0; b < windows; b++) {
      kernels.copy(from, b * length * outputs, to, starts[b] * outputs, steps(b) * outputs);
    }
  }
}
