package dev.riffle.kernels;

import java.nio.ByteBuffer;

/**
 * The checks that {@link Kernels} makes of arguments.
 *
 * <p>All products are computed in long, so that a shape beyond {@link Integer#MAX_VALUE} values is
 * an error here and not a negative index further down.
 */
final class Arguments {
  private Arguments() {}

  /**
   * A count that may not be negative.
   *
   * @throws IllegalArgumentException if it is
   */
  static void count(String name, int count) {
    if (count < 0) {
      throw new IllegalArgumentException(name + " must be 0 or more but is " + count + ".");
    }
  }

  /**
   * A tensor that must hold at least {@code rows x width} values.
   *
   * @throws IllegalArgumentException if rows or width are negative, or the tensor is too small
   */
  static void holds(String name, Tensor tensor, int rows, long width) {
    if (rows < 0 || width < 0) {
      throw new IllegalArgumentException(
          "Rows and width must be 0 or more but "
              + name
              + " was asked to be "
              + rows
              + " x "
              + width
              + ".");
    }
    if ((long) rows * width > tensor.size()) {
      throw new IllegalArgumentException(
          name
              + " must hold "
              + rows
              + " x "
              + width
              + " = "
              + (long) rows * width
              + " values but holds "
              + tensor.size()
              + "; allocate it larger or pass fewer rows.");
    }
  }

  /**
   * A product of a layer that must have these sizes.
   *
   * @throws IllegalArgumentException if it has others
   */
  static void product(String name, Constants.Linear weights, long from, long to) {
    if (weights.inputs() != from || weights.outputs() != to) {
      throw new IllegalArgumentException(
          String.format(
              "%s must lead from %d to %d features, found from %d to %d. Check the sizes of the"
                  + " layer's weights.",
              name, from, to, weights.inputs(), weights.outputs()));
    }
  }

  /**
   * Weights of a layer that must have at least {@code count} values.
   *
   * @throws IllegalArgumentException if there are fewer
   */
  static void weights(String name, Tensor tensor, int count) {
    if (tensor.size() < count) {
      throw new IllegalArgumentException(
          String.format(
              "%s must have %d values, found %d. Check the sizes of the layer's weights.",
              name, count, tensor.size()));
    }
  }

  /**
   * What a norm adds ahead of a square root.
   *
   * @throws IllegalArgumentException if it is negative or NaN
   */
  static void epsilon(double epsilon) {
    if (!(epsilon >= 0)) {
      throw new IllegalArgumentException("epsilon must be 0 or more but is " + epsilon + ".");
    }
  }

  /**
   * A number that must be a multiple of two.
   *
   * @throws IllegalArgumentException if it is not
   */
  static void even(String name, int number) {
    if (number % 2 != 0) {
      throw new IllegalArgumentException(name + " must be even, found " + number + ".");
    }
  }

  /**
   * An array of weights that must have exactly {@code rows x width} values.
   *
   * @throws IllegalArgumentException if it has not
   */
  static void exactly(String name, int length, int rows, int width) {
    if (rows < 0 || width < 0 || (long) rows * width != length) {
      throw new IllegalArgumentException(
          name
              + " must have "
              + rows
              + " x "
              + width
              + " = "
              + (long) rows * width
              + " values but has "
              + length
              + ".");
    }
  }

  /**
   * A range {@code offset .. offset + count - 1} that must lie within {@code size}.
   *
   * @throws IndexOutOfBoundsException if it does not
   */
  static void range(String name, int offset, int count, int size) {
    if (offset < 0 || count < 0 || (long) offset + count > size) {
      throw new IndexOutOfBoundsException(
          name
              + ": "
              + count
              + " values from "
              + offset
              + " on were asked for but it holds "
              + size
              + ".");
    }
  }

  /**
   * A buffer that must have {@code count} numbers of this precision left.
   *
   * @throws IllegalArgumentException if it has not
   */
  static void remaining(ByteBuffer buffer, int count, Precision precision) {
    count("count", count);
    if ((long) count * precision.bytes() > buffer.remaining()) {
      throw new IllegalArgumentException(
          "The buffer must have "
              + count
              + " x "
              + precision.bytes()
              + " = "
              + (long) count * precision.bytes()
              + " bytes left but has "
              + buffer.remaining()
              + ".");
    }
  }

  /**
   * Values that rows must hold that lie {@code stride} apart and may overlap.
   *
   * @throws IllegalArgumentException if a count is negative or the tensor is too small
   */
  static void strided(String name, Tensor tensor, int rows, int stride, long width) {
    count("rows", rows);
    count("stride", stride);
    long values = rows == 0 ? 0 : (rows - 1L) * stride + width;
    if (values > tensor.size()) {
      throw new IllegalArgumentException(
          name
              + " must hold "
              + rows
              + " rows of "
              + width
              + ", "
              + stride
              + " apart: "
              + values
              + " values, but holds "
              + tensor.size()
              + ".");
    }
  }

  /**
   * The entries of a gather.
   *
   * @throws IllegalArgumentException if one names no column and no constant
   */
  static void entries(int[] entries, int constants, int inputs) {
    count("inputs", inputs);
    for (int j = 0; j < entries.length; j++) {
      if (entries[j] >= inputs || entries[j] < -constants) {
        throw new IllegalArgumentException(
            "Entry "
                + j
                + " of the index must name one of "
                + inputs
                + " columns, 0 or more, or "
                + "one of "
                + constants
                + " constants, as -1 - k, but is "
                + entries[j]
                + ".");
      }
    }
  }

  /**
   * Taps of {@link Operations#causalUnfold}.
   *
   * @throws IllegalArgumentException unless there is 1 or more
   */
  static void taps(int taps) {
    if (taps < 1) {
      throw new IllegalArgumentException(
          "taps must be 1 (the row itself) or more but is " + taps + ".");
    }
  }

  /**
   * Tokens of an embedding.
   *
   * @param width features of a row of the table
   * @throws IllegalArgumentException if there are too few, or one names no row of the table
   */
  static void tokens(int[] tokens, int rows, Tensor table, int width) {
    parts("width", width, width);
    int entries = table.size() / width;
    if (tokens.length < rows) {
      throw new IllegalArgumentException(
          "There must be a token for each of "
              + rows
              + " rows but there are "
              + tokens.length
              + ".");
    }
    for (int r = 0; r < rows; r++) {
      if (tokens[r] < 0 || tokens[r] >= entries) {
        throw new IllegalArgumentException(
            "Token " + r + " must be from 0 to " + (entries - 1) + " but is " + tokens[r] + ".");
      }
    }
  }

  /**
   * A width that must fall into equal parts.
   *
   * @throws IllegalArgumentException if it does not
   */
  static void parts(String name, int parts, int width) {
    if (parts < 1 || width < 1 || width % parts != 0) {
      throw new IllegalArgumentException(
          name + " must be a divisor of the width " + width + " but is " + parts + ".");
    }
  }

  /**
   * Tracks of a roll, and rows to read where there are rows to write.
   *
   * @throws IllegalArgumentException if the width is not 1 to 32 tracks, or a sequence has rows to
   *     write but none to read
   */
  static void roll(PackedSequences from, PackedSequences to, int width, int track) {
    parts("track", track, width);
    if (width / track > 32) {
      throw new IllegalArgumentException(
          "A roll has up to 32 tracks but is asked for " + width / track + ".");
    }
    if (from.count() != to.count()) {
      throw new IllegalArgumentException(
          "Expected as many sequences to write as to read, found "
              + to.count()
              + " and "
              + from.count()
              + ".");
    }
    for (int b = 0; b < from.count(); b++) {
      if (from.length(b) == 0 && to.length(b) > 0) {
        throw new IllegalArgumentException(
            "Sequence " + b + " has rows to be written but none to be read.");
      }
    }
  }

  /**
   * The arguments of {@link Operations#attend}.
   *
   * @throws IllegalArgumentException if a tensor is too small for the rows of the sets
   */
  static void attention(AttentionSets sets, QueryKeyValue qkv, Strided y, int rows, int width) {
    strided("q", qkv.q(), rows, qkv.stride(), width);
    strided("y", y.tensor(), rows, y.stride(), width);
    int queries = highest(sets.queries(), sets.queryStarts()[sets.size()]) + 1;
    if (queries > rows) {
      throw new IllegalArgumentException(
          "An attention set has query row " + (queries - 1) + " but there are " + rows + " rows.");
    }
    int keys = highest(sets.keys(), sets.keyStarts()[sets.size()]) + 1;
    strided("k", qkv.k(), keys, qkv.stride(), width);
    strided("v", qkv.v(), keys, qkv.stride(), width);
  }

  private static int highest(int[] rows, int count) {
    int highest = -1;
    for (int i = 0; i < count; i++) {
      highest = Math.max(highest, rows[i]);
    }
    return highest;
  }

  /** The exception for a tensor or constant that another backend made. */
  static IllegalArgumentException foreign(String backend, Object thing) {
    return new IllegalArgumentException(
        "Expected a tensor or constant of the backend '"
            + backend
            + "', found "
            + (thing == null ? "null" : "a " + thing.getClass().getName())
            + ". Allocate tensors and prepare constants on the backend that uses them.");
  }
}
