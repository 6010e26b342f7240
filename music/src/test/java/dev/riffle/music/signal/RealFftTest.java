package dev.riffle.music.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RealFftTest {

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 32, 64, 128, 2048, 4096})
  void equalsTheSumThatDefinesIt(int size) {
    Random random = new Random(size);
    double[] x = random.doubles(size, -1, 1).toArray();
    double[] re = new double[size / 2 + 1];
    double[] im = new double[size / 2 + 1];
    RealFft fft = new RealFft(size);
    fft.transform(x, re, im);
    fft.transform(x, re, im); // work memory of the first call leaves no trace
    for (int k = 0; k <= size / 2; k += size > 1000 ? 7 : 1) {
      double sumRe = 0;
      double sumIm = 0;
      for (int j = 0; j < size; j++) {
        double angle = 2 * Math.PI * ((long) j * k % size) / size;
        sumRe += x[j] * Math.cos(angle);
        sumIm -= x[j] * Math.sin(angle);
      }
      assertThat(re[k]).as("re %d of %d", k, size).isCloseTo(sumRe, within(1e-11));
      assertThat(im[k]).as("im %d of %d", k, size).isCloseTo(sumIm, within(1e-11));
    }
  }

  @Test
  void aSizeThatIsNoPowerOfTwoIsRefused() {
    assertThatThrownBy(() -> new RealFft(1000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("power of two")
        .hasMessageContaining("1000");
  }
}
