package dev.riffle.cli.audio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Samples as the bytes of an AudioChunk. */
public final class Samples {
  private Samples() {}

  /**
   * Encodes values of full scale 1; integers are rounded to the nearest and cut at full scale.
   *
   * @param values interleaved
   * @param count how many of them
   * @param encoding {@code s16le}, {@code s24le}, {@code s32le} or {@code f32le}
   * @return a buffer ready to be read
   */
  public static ByteBuffer encode(float[] values, int count, String encoding) {
    ByteBuffer out = ByteBuffer.allocate(count * width(encoding)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      switch (encoding) {
        case "s16le" -> out.putShort((short) integer(values[i], 15));
        case "s24le" -> {
          int v = (int) integer(values[i], 23);
          out.put((byte) v).put((byte) (v >> 8)).put((byte) (v >> 16));
        }
        case "s32le" -> out.putInt((int) integer(values[i], 31));
        default -> out.putFloat(values[i]);
      }
    }
    return out.flip();
  }

  private static int width(String encoding) {
    return switch (encoding) {
      case "s16le" -> 2;
      case "s24le" -> 3;
      case "s32le", "f32le" -> 4;
      default ->
          throw new IllegalArgumentException(
              "encoding must be s16le, s24le, s32le or f32le, but is '" + encoding + "'.");
    };
  }

  private static long integer(float value, int bits) {
    double scale = 1L << bits;
    return Math.max((long) -scale, Math.min((long) scale - 1, Math.round(value * scale)));
  }
}
