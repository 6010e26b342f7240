package dev.riffle.cli.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Damages the bytes of files at random. The same random numbers give the same damage. */
final class FileMutator {
  /** No input becomes longer than this. */
  static final int MOST_BYTES = 1 << 16;

  private static final byte[] BYTES = {0, 1, 9, 10, 13, 32, 0x7f, (byte) 0x80, (byte) 0xff};
  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    -2,
    0x7f,
    0x80,
    0x7fff,
    0x8000,
    0xffff,
    1 << 24,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xffffffffL,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };
  private static final List<String> TEXT_NUMBERS =
      List.of(
          "0",
          "-0",
          "-1",
          "1",
          "2",
          "3",
          "7",
          "64",
          "65537",
          "16777216",
          "16777217",
          "8388608",
          "2147483647",
          "2147483648",
          "4294967297",
          "9223372036854775807",
          "-9223372036854775808",
          "99999999999999999999",
          "0.5",
          "1e-400",
          "1e308",
          "1e400",
          "NaN",
          "1e999999999",
          "9".repeat(1200));

  private final SplittableRandom random;
  private final List<byte[]> tokens;

  /**
   * @param tokens pieces that mean something in the format
   */
  FileMutator(SplittableRandom random, List<byte[]> tokens) {
    this.random = random;
    this.tokens = tokens;
  }

  /** A damaged copy, of at least one edit. */
  byte[] damage(byte[] content, List<byte[]> others) {
    byte[] damaged = content.clone();
    int edits = random.nextInt(16) == 0 ? 1 + random.nextInt(32) : 1 + random.nextInt(4);
    for (int i = 0; i < edits; i++) {
      damaged = edit(damaged, others);
      if (damaged.length > MOST_BYTES) {
        damaged = Arrays.copyOf(damaged, MOST_BYTES);
      }
    }
    return damaged;
  }

  private byte[] edit(byte[] b, List<byte[]> others) {
    int at = place(b.length);
    int length = Math.min(b.length - at, 1 + random.nextInt(random.nextInt(8) == 0 ? 512 : 16));
    return switch (b.length == 0 ? 0 : random.nextInt(18)) {
      case 0 -> replace(b, at, 0, bytes(1 + random.nextInt(40)));
      case 1, 2 -> set(b, at, (byte) (b[at] ^ 1 << random.nextInt(8)));
      case 3, 4 -> set(b, at, BYTES[random.nextInt(BYTES.length)]);
      case 5 -> set(b, at, (byte) (b[at] + random.nextInt(-3, 4)));
      case 6 -> number(b, at);
      case 7 -> Arrays.copyOf(b, at);
      case 8 -> replace(b, b.length, 0, repeated());
      case 9 -> replace(b, at, 0, Arrays.copyOfRange(b, at, at + length));
      case 10 -> replace(b, at, length, new byte[0]);
      case 11 -> swapped(b, at, length);
      case 12 -> spliced(b, at, others.get(random.nextInt(others.size())));
      case 13, 14 -> replace(b, at, random.nextBoolean() ? length : 0, token());
      case 15 -> replace(b, at, 0, repeated());
      default -> textNumber(b, at);
    };
  }

  /** A place in a file; often near its beginning, where headers are. */
  private int place(int length) {
    if (length == 0) {
      return 0;
    }
    return random.nextInt(random.nextInt(3) == 0 ? Math.min(length, 64) : length);
  }

  private byte[] number(byte[] b, int at) {
    long value =
        random.nextInt(3) == 0
            ? random.nextLong() >>> random.nextInt(64)
            : NUMBERS[random.nextInt(NUMBERS.length)] + random.nextInt(-1, 2);
    int width = 2 << random.nextInt(3);
    ByteBuffer number =
        random.nextBoolean()
            ? ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value)
            : ByteBuffer.allocate(8).putLong(0, value << 8 * (8 - width));
    for (int i = 0; i < width && at + i < b.length; i++) {
      b[at + i] = number.get(i);
    }
    return b;
  }

  /** Replaces a run of digits, the next one after a place. */
  private byte[] textNumber(byte[] b, int at) {
    int from = at;
    while (from < b.length && !isDigit(b[from])) {
      from++;
    }
    int to = from;
    while (to < b.length && isDigit(b[to])) {
      to++;
    }
    byte[] number =
        TEXT_NUMBERS.get(random.nextInt(TEXT_NUMBERS.size())).getBytes(StandardCharsets.ISO_8859_1);
    return replace(b, from, to - from, number);
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private byte[] token() {
    return tokens.isEmpty() ? bytes(4) : tokens.get(random.nextInt(tokens.size()));
  }

  /** A token many times, which nests deeply or never ends. */
  private byte[] repeated() {
    byte[] token = random.nextInt(4) == 0 ? bytes(1) : token();
    int times = 1 + random.nextInt(random.nextInt(8) == 0 ? 5000 : 20);
    byte[] all = new byte[Math.min(MOST_BYTES, times * token.length)];
    for (int i = 0; i < all.length; i++) {
      all[i] = token[i % token.length];
    }
    return all;
  }

  private byte[] swapped(byte[] b, int at, int length) {
    int other = random.nextInt(b.length - length + 1);
    byte[] moved = Arrays.copyOfRange(b, at, at + length);
    byte[] without = replace(b, at, length, new byte[0]);
    return replace(without, Math.min(other, without.length), 0, moved);
  }

  private byte[] spliced(byte[] b, int at, byte[] other) {
    int from = random.nextInt(other.length + 1);
    return replace(b, at, b.length - at, Arrays.copyOfRange(other, from, other.length));
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private static byte[] set(byte[] b, int at, byte value) {
    b[at] = value;
    return b;
  }

  private static byte[] replace(byte[] b, int at, int length, byte[] with) {
    byte[] replaced = Arrays.copyOf(b, b.length - length + with.length);
    System.arraycopy(with, 0, replaced, at, with.length);
    System.arraycopy(b, at + length, replaced, at + with.length, b.length - at - length);
    return replaced;
  }
}
