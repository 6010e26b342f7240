package dev.riffle.music.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.models.InputException;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MusicNetInputTest {

  @ParameterizedTest
  @ValueSource(ints = {512, 1024})
  void aSpectrumHasTheRealAndImaginaryPartOfEachBinInTurn(int samples) {
    double[] x = new Random(3).doubles(samples, -1, 1).toArray();
    double[] spectrum = MusicNetInput.spectrum(x, 512);
    assertThat(spectrum).hasSize(512);
    for (int k : new int[] {0, 1, 100, 255}) {
      double re = 0;
      double im = 0;
      for (int j = 0; j < samples; j++) {
        re += x[j] * Math.cos(2 * Math.PI * k * j / samples);
        im -= x[j] * Math.sin(2 * Math.PI * k * j / samples);
      }
      assertThat(spectrum[2 * k]).isEqualTo(re, Offset.offset(1e-9));
      assertThat(spectrum[2 * k + 1]).isEqualTo(im, Offset.offset(1e-9));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 500, 1000})
  void samplesThatAreTooFewOrNoPowerOfTwoAreRefused(int samples) {
    assertThatThrownBy(() -> MusicNetInput.spectrum(new double[samples], 512))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("512 or more", "found " + samples);
  }
}
