package dev.riffle.models;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * The state of one sequence between two calls: its position, and the steps that later windows need.
 * As bytes, little-endian:
 *
 * <pre>
 *   u8   version, 1
 *   u8   bytes of a number: 4, on any backend
 *   i64  steps consumed
 *   i32  length
 *   i32  stride, 0 for one window per sequence
 *   f32  buffered steps, {@code [at most length - 1, inputs]}
 * </pre>
 *
 * @param position number of steps that the sequence has consumed
 * @param buffered the last steps, {@code [position - first, inputs]}, where {@code first} is the
 *     first step of the next window
 */
record WindowState(long position, FloatBuffer buffered) {
  private static final byte VERSION = 1;
  private static final int POSITION = 2; // offset in bytes
  private static final int LENGTH = POSITION + Long.BYTES;
  private static final int STRIDE = LENGTH + Integer.BYTES;
  private static final int HEADER = STRIDE + Integer.BYTES;

  /** Returns the size of a state that buffers this many steps. */
  static long bytes(WindowModel model, long steps) {
    return HEADER + steps * model.inputs() * Float.BYTES;
  }

  /** Returns the position in a state, or -1 if the bytes are too few for a state. */
  static long position(byte[] stored) {
    return stored.length < HEADER ? -1 : littleEndian(stored).getLong(POSITION);
  }

  /**
   * Reads a state.
   *
   * @throws StateException if the bytes have another version, size, length or stride
   */
  static WindowState read(byte[] stored, ModelInfo info, WindowModel model, WindowOptions options) {
    if (stored.length < 1 || stored[0] != VERSION) {
      throw StateException.version(info, VERSION, stored);
    }
    ByteBuffer from = littleEndian(stored);
    boolean whole = stored.length >= HEADER;
    if (whole
        && (from.getInt(LENGTH) != options.length() || from.getInt(STRIDE) != options.stride())) {
      throw new StateException(
          String.format(
              "The state was written with windows of %d steps and a stride of %d, but model %s runs"
                  + " with %d and %d. Use the length and stride of the state, or restart the"
                  + " sequence.",
              from.getInt(LENGTH),
              from.getInt(STRIDE),
              info.label(),
              options.length(),
              options.stride()));
    }
    long position = whole ? from.getLong(POSITION) : 0;
    long first = options.begin(options.next(position));
    long expected = bytes(model, Math.max(0, position - first));
    if (stored.length != expected) {
      throw StateException.size(info, expected, stored);
    }
    return new WindowState(
        position, from.position(HEADER).slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
  }

  /** Allocates a state with its header written; buffered steps follow at the buffer's position. */
  static ByteBuffer allocate(WindowModel model, WindowOptions options, long position, int steps) {
    ByteBuffer to = littleEndian(new byte[(int) bytes(model, steps)]);
    to.put(VERSION).put((byte) Float.BYTES).putLong(position);
    return to.putInt(options.length()).putInt(options.stride());
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
