package dev.riffle.kernels;

import java.nio.ByteBuffer;

/**
 * What every backend asks of the arguments of a operation. Written for those who write a backend.
 *
 * <p>All products are taken in long, so that a shape beyond {@link Integer#MAX_VALUE} values is an
 * error here and not a negative index further down.
 */
public final class Arguments {
  private Arguments() {}

  /**
   * A count that may not be negative.
   *
   * @throws IllegalArgumentException if it is
   */
  public static void count(String name, int count) {
    if (count < 0) {
      throw new IllegalArgumentException(name + " must be 0 or more but is " + count + ".");
    }
  }

  /**
   * A tensor that must hold at least {@code rows x width} values.
   *
   * @throws IllegalArgumentException if rows or width are negative, or the tensor is too small
   */
  public static void holds(String name, Tensor tensor, int rows, long width) {
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
   * An array of weights that must have exactly {@code rows x width} values.
   *
   * @throws IllegalArgumentException if it has not
   */
  public static void exactly(String name, int length, int rows, int width) {
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
  public static void range(String name, int offset, int count, int size) {
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
  public static void remaining(ByteBuffer buffer, int count, Precision precision) {
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
   * First rows of packed sequences, then the number of rows; returns that number.
   *
   * @throws IllegalArgumentException if there are too few, they do not begin at 0, or they fall
   */
  public static int starts(int[] starts, int sequences) {
    count("sequences", sequences);
    if (starts.length < sequences + 1L) {
      throw new IllegalArgumentException(
          "starts must name the first row of each of "
              + sequences
              + " sequences and then the number of rows, "
              + (sequences + 1L)
              + " values, but has "
              + starts.length
              + ".");
    }
    if (starts[0] != 0) {
      throw new IllegalArgumentException("starts must begin at row 0 but begins at " + starts[0]);
    }
    for (int b = 0; b < sequences; b++) {
      if (starts[b + 1] < starts[b]) {
        throw new IllegalArgumentException(
            "starts may not fall, but sequence "
                + b
                + " begins at row "
                + starts[b]
                + " and ends before row "
                + starts[b + 1]
                + ".");
      }
    }
    return starts[sequences];
  }

  /**
   * Values that rows must hold that lie {@code stride} apart and may overlap.
   *
   * @throws IllegalArgumentException if a count is negative or the tensor is too small
   */
  public static void strided(String name, Tensor tensor, int rows, int stride, int width) {
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
   * Positions of a shuffle; returns {@code sequences x length}.
   *
   * @throws IllegalArgumentException if they are too many or can not be shuffled
   */
  public static int positions(int sequences, int length, Shuffle shuffle) {
    count("sequences", sequences);
    count("length", length);
    if (shuffle != Shuffle.NONE && Integer.bitCount(length) != 1) {
      throw new IllegalArgumentException(
          "A perfect shuffle needs a power of two of positions but has " + length + ".");
    }
    if ((long) sequences * length > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          sequences + " x " + length + " positions are more than " + Integer.MAX_VALUE + ".");
    }
    return sequences * length;
  }

  /**
   * The entries of a gather.
   *
   * @throws IllegalArgumentException if one names no column and no constant
   */
  public static void entries(int[] entries, int constants, int inputs) {
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
   * Gates of {@link Kernels#foPooling}.
   *
   * @throws IllegalArgumentException unless there are 2, 3 or 4
   */
  public static void gates(int gates) {
    if (gates < 2 || gates > 4) {
      throw new IllegalArgumentException(
          "gates must be 2 (z, f), 3 (z, f, o) or 4 (z, f, o, i) but is " + gates + ".");
    }
  }

  /**
   * Taps of {@link Kernels#causalUnfold}.
   *
   * @throws IllegalArgumentException unless there is 1 or more
   */
  public static void taps(int taps) {
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
  public static void tokens(int[] tokens, int rows, Tensor table, int width) {
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
  public static void parts(String name, int parts, int width) {
    if (parts < 1 || width < 1 || width % parts != 0) {
      throw new IllegalArgumentException(
          name + " must be a divisor of the width " + width + " but is " + parts + ".");
    }
  }

  /**
   * Tracks of a rotation, and as many rows to read as it takes.
   *
   * @throws IllegalArgumentException if the width is not 1 to 32 tracks, or a sequence of y has
   *     rows where that of x has none
   */
  public static void rotation(int[] starts, int[] yStarts, int sequences, int width, int track) {
    parts("track", track, width);
    if (width / track > 32) {
      throw new IllegalArgumentException(
          "A rotation has up to 32 tracks but is asked for " + width / track + ".");
    }
    for (int b = 0; b < sequences; b++) {
      if (starts[b] == starts[b + 1] && yStarts[b] < yStarts[b + 1]) {
        throw new IllegalArgumentException(
            "Sequence " + b + " has rows to be written but none to be read.");
      }
    }
  }

  /**
   * The arguments of {@link Kernels#attend}.
   *
   * @throws IllegalArgumentException if a tensor is too small for the rows that windows name
   */
  public static void attention(
      AttentionSets windows,
      Tensor q,
      Tensor k,
      Tensor v,
      int stride,
      Tensor y,
      int yStride,
      int rows,
      int width) {
    strided("q", q, rows, stride, width);
    strided("y", y, rows, yStride, width);
    int queries = 0;
    for (int i = 0; i < windows.queryStarts()[windows.size()]; i++) {
      queries = Math.max(queries, windows.queries()[i] + 1);
    }
    if (queries > rows) {
      throw new IllegalArgumentException(
          "Windows name query row " + (queries - 1) + " but there are " + rows + " rows.");
    }
    int keys = 0;
    for (int i = 0; i < windows.keyStarts()[windows.size()]; i++) {
      keys = Math.max(keys, windows.keys()[i] + 1);
    }
    strided("k", k, keys, stride, width);
    strided("v", v, keys, stride, width);
  }

  /** What to say of a tensor or constant that another backend made. */
  public static IllegalArgumentException foreign(String backend, Object thing) {
    return new IllegalArgumentException(
        "The backend '"
            + backend
            + "' works on what it made itself but was given "
            + (thing == null ? "null" : "a " + thing.getClass().getName())
            + "; allocate tensors and prepare constants on the backend that uses them.");
  }
}
