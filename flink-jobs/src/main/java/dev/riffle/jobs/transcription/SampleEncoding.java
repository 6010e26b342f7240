package dev.riffle.jobs.transcription;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Encodings of the samples in an {@code AudioChunk}, all little-endian. */
public enum SampleEncoding {
  /** Signed 16 bit integers, full scale 32768. */
  S16LE(2) {
    @Override
    float read(ByteBuffer from) {
      return from.getShort() / 32768f;
    }
  },
  /** Signed 24 bit integers in 3 bytes, full scale 8388608. */
  S24LE(3) {
    @Override
    float read(ByteBuffer from) {
      int low = from.getShort() & 0xffff;
      return (from.get() << 16 | low) / 8388608f;
    }
  },
  /** Signed 32 bit integers, full scale 2147483648. */
  S32LE(4) {
    @Override
    float read(ByteBuffer from) {
      return (float) (from.getInt() / 2147483648.0);
    }
  },
  /** IEEE floats, full scale 1. */
  F32LE(4) {
    @Override
    float read(ByteBuffer from) {
      return from.getFloat();
    }
  };

  private final int bytes;

  SampleEncoding(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one sample. */
  public int bytes() {
    return bytes;
  }

  /** Name in the record, such as {@code s16le}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The encoding with this name. */
  static Optional<SampleEncoding> of(String text) {
    return Arrays.stream(values()).filter(e -> e.text().equals(text)).findFirst();
  }

  /** All names, for messages. */
  static String names() {
    return Arrays.stream(values()).map(SampleEncoding::text).collect(Collectors.joining(", "));
  }

  /** Samples as floats, full scale 1. */
  float[] decode(ByteBuffer samples) {
    ByteBuffer from = samples.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[from.remaining() / bytes];
    for (int i = 0; i < values.length; i++) {
      values[i] = read(from);
    }
    return values;
  }

  abstract float read(ByteBuffer from);
}
