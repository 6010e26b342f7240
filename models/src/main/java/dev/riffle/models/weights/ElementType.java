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

  boolean isReal() {
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
