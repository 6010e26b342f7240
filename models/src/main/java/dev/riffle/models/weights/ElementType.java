package dev.riffle.models.weights;

import java.nio.ByteBuffer;

/** Element types of a safetensors file, by their names in the header. */
public enum ElementType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U64(8),
  U32(4),
  U16(2),
  U8(1),
  BOOL(1);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** True for floating-point numbers. */
  public boolean isReal() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }

  /** The element at byte {@code at}, exact for every type but 64-bit integers beyond 2^53. */
  double real(ByteBuffer data, int at) {
    return switch (this) {
      case F64 -> data.getDouble(at);
      case F32 -> data.getFloat(at);
      case F16 -> half(data.getShort(at));
      case BF16 -> Float.intBitsToFloat(data.getShort(at) << 16);
      default -> integer(data, at);
    };
  }

  /**
   * Stores a value of a floating-point type at byte {@code at}, rounded to the nearest one that the
   * type has, to the even one of two.
   */
  void put(ByteBuffer data, int at, double value) {
    switch (this) {
      case F64 -> data.putDouble(at, value);
      case F32 -> data.putFloat(at, (float) value);
      case F16 -> data.putShort(at, narrow(value, 5, 10));
      case BF16 -> data.putShort(at, narrow(value, 8, 7));
      default -> throw new IllegalStateException(this + " is not a floating-point type");
    }
  }

  /** A format of 16 bits: 1 sign, then so many of the exponent and of the fraction. */
  private static short narrow(double value, int exponentBits, int fractionBits) {
    int bias = (1 << (exponentBits - 1)) - 1;
    int sign = Double.doubleToRawLongBits(value) < 0 ? 0x8000 : 0;
    int infinity = ((1 << exponentBits) - 1) << fractionBits;
    if (Double.isNaN(value)) {
      return (short) (sign | infinity | 1 << (fractionBits - 1));
    }
    // below the least normal number the distance of neighbours stays what it is there
    int exponent = Math.max(Math.getExponent(value), 1 - bias);
    if (exponent > bias) {
      return (short) (sign | infinity);
    }
    int steps = (int) Math.rint(Math.scalb(Math.abs(value), fractionBits - exponent));
    // a fraction that rounds up to 2 carries into the exponent, and the largest one to infinity
    int magnitude = ((exponent + bias - 1) << fractionBits) + steps;
    return (short) (sign | magnitude);
  }

  /** The element of an integer type at byte {@code at}; U64 keeps its 64 bits. */
  long integer(ByteBuffer data, int at) {
    return switch (this) {
      case I64, U64 -> data.getLong(at);
      case I32 -> data.getInt(at);
      case U32 -> Integer.toUnsignedLong(data.getInt(at));
      case I16 -> data.getShort(at);
      case U16 -> Short.toUnsignedLong(data.getShort(at));
      case I8 -> data.get(at);
      case U8, BOOL -> Byte.toUnsignedLong(data.get(at));
      default -> throw new IllegalStateException(this + " is not an integer type");
    };
  }

  /** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
  private static double half(short bits) {
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    double size;
    if (exponent == 0x1f) {
      size = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
    } else if (exponent == 0) {
      size = Math.scalb((double) fraction, -24);
    } else {
      size = Math.scalb((double) (fraction | 0x400), exponent - 25);
    }
    return bits < 0 ? -size : size;
  }
}
