package dev.riffle.models.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ElementTypeTest {
  private final ByteBuffer data = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void everyNumberOfATypeOf16BitsComesBackAndMiddlesGoToTheEvenOne(ElementType type) {
    double before = Double.NaN;
    for (int bits = 0; bits < 0x8000; bits++) {
      double value = decode(type, bits);
      assertThat(encode(type, value)).isEqualTo(Double.isNaN(value) ? quiet(type) : bits);
      assertThat(encode(type, -value) & 0x7fff).isEqualTo(encode(type, value));
      if (bits > 0 && Double.isFinite(value)) {
        double middle = (before + value) / 2;
        int even = bits % 2 == 0 ? bits : bits - 1;
        assertThat(encode(type, middle)).as("between %s and %s", before, value).isEqualTo(even);
        assertThat(encode(type, Math.nextUp(middle))).isEqualTo(bits);
        assertThat(encode(type, Math.nextDown(middle))).isEqualTo(bits - 1);
      }
      before = value;
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void whatIsBeyondTheLargestByHalfAStepOrMoreBecomesInfinite(ElementType type) {
    int infinity = encode(type, Double.POSITIVE_INFINITY);
    double largest = decode(type, infinity - 1);
    double step = largest - decode(type, infinity - 2);
    assertThat(decode(type, infinity)).isInfinite();
    assertThat(encode(type, Math.nextDown(largest + step / 2))).isEqualTo(infinity - 1);
    assertThat(encode(type, largest + step / 2)).isEqualTo(infinity);
    assertThat(encode(type, 1e300)).isEqualTo(infinity);
    assertThat(encode(type, -1e300)).isEqualTo(infinity | 0x8000);
    assertThat(encode(type, -0.0)).isEqualTo(0x8000);
    assertThat(encode(type, 1e-300)).isZero();
  }

  private static int quiet(ElementType type) {
    return type == ElementType.F16 ? 0x7e00 : 0x7fc0;
  }

  private double decode(ElementType type, int bits) {
    data.putShort(0, (short) bits);
    return type.real(data, 0);
  }

  private int encode(ElementType type, double value) {
    type.put(data, 0, value);
    return Short.toUnsignedInt(data.getShort(0));
  }
}
