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

  /** Returns the size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Returns true for a floating-point type. */
  public boolean isReal() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }

  /** Returns the element at a byte offset; exact except for 64-bit integers beyond 2^53. */
  double real(ByteBuffer data, int at) {
    return switch (this) {
      case F64 -> data.getDouble(at);
      case F32 -> data.getFloat(at);
      case F16 -> half(data.getShort(at));
      case BF16 -> Float.intBitsToFloat(data.getShort(at) << 16);
      default -> integer(data, at);
    };
  }

  /** Stores a value of a floating-point type at a byte offset, rounded to nearest, ties to even. */
  void put(ByteBuffer data, int at, double value) {
    switch (this) {
      case F64 -> data.putDouble(at, value);
      case F32 -> data.putFloat(at, (float) value);
      case F16 -> data.putShort(at, narrow(value, 5, 10));
      case BF16 -> data.putShort(at, narrow(value, 8, 7));
      default -> throw new IllegalStateException(this + " is not a floating-point type");
    }
  }

  /** Rounds to a 16-bit format: 1 sign bit, then exponent bits and fraction bits. */
  private static short narrow(double value, int exponentBits, int fractionBits) {
    int bias = (1 << (exponentBits - 1)) - 1;
    int sign = Double.doubleToRawLongBits(value) < 0 ? 0x8000 : 0;
    int infinity = ((1 << exponentBits) - 1) << fractionBits;
    if (Double.isNaN(value)) {
      return (short) (sign | infinity | 1 << (fractionBits - 1));
    }
    // subnormal numbers have the spacing of the least normal number
    int exponent = Math.max(Math.getExponent(value), 1 - bias);
    if (exponent > bias) {
      return (short) (sign | infinity);
    }
    int steps = (int) Math.rint(Math.scalb(Math.abs(value), fractionBits - exponent));
    // a fraction that rounds up to 2 carries into the exponent, up to infinity
    int magnitude = ((exponent + bias - 1) << fractionBits) + steps;
    return (short) (sign | magnitude);
  }

  /** Returns the element of an integer type at a byte offset; U64 keeps its 64 bits. */
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

  /** Decodes IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
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
