package dev.riffle.music.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResamplerTest {
  private static final int OUT = 16000;

  @ParameterizedTest
  @ValueSource(
      ints = {
        8000, 11025, 12000, 22050, 24000, 32000, 44100, 44101, 47999, 48000, 96000, 191999, 192000
      })
  void aSineKeepsItsFrequencyItsLevelAndItsTime(int rate) {
    double lower = Math.min(rate, OUT);
    for (double frequency : new double[] {50, 440, 0.2 * lower, 0.4 * lower, 0.45 * lower}) {
      double[] wanted = new double[OUT / 2];
      for (int k = 0; k < wanted.length; k++) {
        wanted[k] = Math.sin(2 * Math.PI * frequency * k / OUT);
      }
      float[] got = resample(rate, sine(rate, frequency, rate / 2));
      // Away from the ends the sine itself comes back: level, frequency and time in one number.
      double error = 0;
      for (int k = 1000; k < wanted.length - 1000; k++) {
        error = Math.max(error, Math.abs(got[k] - wanted[k]));
      }
      assertThat(error).as("%.0f Hz at %d", frequency, rate).isLessThan(0.002); // 0.02 dB
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {22050, 44100, 44101, 48000, 96000, 192000})
  void whatTheNewRateCannotHoldIsEightyDecibelsDown(int rate) {
    for (double frequency : new double[] {8001, 8300, 9000, 10000, 0.49 * rate}) {
      float[] got = resample(rate, sine(rate, frequency, rate / 2));
      assertThat(level(got)).as("%.0f Hz at %d", frequency, rate).isLessThan(-80);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8000, 8001, 11025, 12000})
  void imagesOfALowerRateAreEightyDecibelsDown(int rate) {
    double frequency = 0.41 * rate;
    float[] got = resample(rate, sine(rate, frequency, rate / 2));
    double image = rate - frequency;
    assertThat(image).isGreaterThan(0.5 * rate);
    // Correlation with the image, over a Hann window that hides the sine itself.
    double re = 0;
    double im = 0;
    int n = got.length - 2000;
    for (int k = 0; k < n; k++) {
      double w = (1 - Math.cos(2 * Math.PI * k / n)) / n * 2;
      re += w * got[1000 + k] * Math.cos(2 * Math.PI * image * k / OUT);
      im += w * got[1000 + k] * Math.sin(2 * Math.PI * image * k / OUT);
    }
    assertThat(20 * Math.log10(Math.hypot(re, im))).as("image at %d", rate).isLessThan(-80);
  }

  @ParameterizedTest
  @ValueSource(ints = {8000, 11025, 16000, 22050, 44100, 44101, 48000, 192000})
  void anyChunkingGivesTheSameBits(int rate) {
    Random random = new Random(rate);
    float[] x = new float[rate / 3];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() * 2 - 1;
    }
    float[] whole = resample(rate, x);
    Resampler resampler = new Resampler(rate, OUT);
    Stream stream = new Stream(resampler);
    int at = 0;
    while (at < x.length) {
      int count = Math.min(x.length - at, random.nextInt(4) == 0 ? random.nextInt(3000) : 1);
      stream.feed(Arrays.copyOfRange(x, at, at + count));
      at += count;
      assertThat((long) stream.produced).isEqualTo(resampler.complete(at));
    }
    stream.feed(new float[resampler.lookAhead()]);
    assertThat(stream.taken()).isEqualTo(whole);
    assertThat((long) whole.length).isEqualTo(resampler.length(x.length));
  }

  @ParameterizedTest
  @ValueSource(ints = {8000, 11025, 16000, 22050, 44101, 96000})
  void anOutputIsReportedAsSoonAsTheInputsItNeedsAreThere(int rate) {
    Resampler resampler = new Resampler(rate, OUT);
    for (long k : new long[] {0, 1, 511, 1023, 1_000_003, 100_000_000_000L}) {
      assertThat(resampler.complete(resampler.needed(k))).isGreaterThan(k);
      assertThat(resampler.complete(resampler.needed(k) - 1)).isLessThanOrEqualTo(k);
    }
  }

  @Test
  void equalRatesPassUntouchedAndWaitForNothing() {
    Resampler resampler = new Resampler(OUT, OUT);
    float[] x = {0.1f, -0.7f, Float.MIN_VALUE, 1};
    assertThat(resample(OUT, x)).isEqualTo(x);
    assertThat(resampler.lookAhead()).isZero();
    assertThat(resampler.history()).isZero();
  }

  @Test
  void aConstantStaysConstantAtEveryPhase() {
    for (int rate : new int[] {11025, 44100, 44101, 191999}) {
      float[] x = new float[rate / 4];
      Arrays.fill(x, 0.5f);
      float[] y = resample(rate, x);
      for (int k = 1000; k < y.length - 1000; k++) {
        assertThat(y[k]).isBetween(0.4999999f, 0.5000001f);
      }
    }
  }

  @Test
  void everyRateNeedsLittleMemory() {
    for (int rate = 8000; rate <= 192000; rate += 1009) {
      Resampler resampler = new Resampler(rate, OUT);
      assertThat(resampler.weights()).as("rate %d", rate).isLessThanOrEqualTo(1 << 17);
      assertThat(resampler.history()).as("rate %d", rate).isLessThan(1300);
    }
  }

  @Test
  void aRateOfZeroIsRefused() {
    assertThatThrownBy(() -> new Resampler(0, OUT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("positive");
  }

  private static float[] sine(int rate, double frequency, int count) {
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = (float) Math.sin(2 * Math.PI * frequency * i / rate);
    }
    return x;
  }

  /** Level of a signal away from its ends against a sine of full scale, in dB. */
  private static double level(float[] y) {
    double sum = 0;
    for (int k = 1000; k < y.length - 1000; k++) {
      sum += y[k] * (double) y[k];
    }
    return 10 * Math.log10(2 * sum / (y.length - 2000) + 1e-30);
  }

  private static float[] resample(int rate, float[] x) {
    Resampler resampler = new Resampler(rate, OUT);
    Stream stream = new Stream(resampler);
    stream.feed(x);
    stream.feed(new float[resampler.lookAhead()]);
    return stream.taken();
  }

  /** What a caller keeps for one stream. */
  private static final class Stream {
    private final Resampler resampler;
    private float[] history;
    private long inputs;
    private float[] out = new float[0];
    private int produced;

    Stream(Resampler resampler) {
      this.resampler = resampler;
      this.history = new float[resampler.history()];
    }

    void feed(float[] x) {
      float[] line = Arrays.copyOf(history, history.length + x.length);
      System.arraycopy(x, 0, line, history.length, x.length);
      long more = resampler.complete(inputs + x.length) - resampler.complete(inputs);
      out = Arrays.copyOf(out, produced + (int) more);
      int told = resampler.process(inputs, line, x.length, out, produced);
      assertThat((long) told).isEqualTo(more);
      produced += told;
      inputs += x.length;
      history = Arrays.copyOfRange(line, x.length, line.length);
    }

    float[] taken() {
      return out;
    }
  }
}
