package dev.riffle.music.transcriber;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RunningGainTest {
  private final RunningGain gain =
      new RunningGain(new TranscriberConfig.Gain(0.05, 1 / 16.0, 1 / 256.0, 1e-8, 1e-7));

  @Test
  void theFirstSoundSetsTheLevel() {
    assertThat(next(0.1)).isCloseTo(0.5f, within(1e-6f));
    assertThat(gain.level).isCloseTo(0.01, within(1e-9));
  }

  @Test
  void silenceMovesNothing() {
    assertThat(next(0)).isCloseTo((float) (0.05 / Math.sqrt(1e-7)), within(1e-3f));
    next(0.1);
    double level = gain.level;
    next(0.00009);
    assertThat(gain.level).isEqualTo(level);
    assertThat(gain.seen).isEqualTo(1);
  }

  @Test
  void itIsAPlainMeanAtFirstThenFastUpAndSlowDown() {
    next(0.1);
    next(0.2);
    assertThat(gain.level).isCloseTo((0.01 + 0.04) / 2, within(1e-8));
    for (int i = 0; i < 1000; i++) {
      next(0.1);
    }
    double level = gain.level;
    next(0.2);
    assertThat(gain.level - level).isCloseTo((0.04 - level) / 16, within(1e-8));
    level = gain.level;
    next(0.05);
    assertThat(gain.level - level).isCloseTo((0.0025 - level) / 256, within(1e-8));
  }

  private float next(double amplitude) {
    float[] samples = new float[600];
    Arrays.fill(samples, 88, 600, (float) amplitude);
    return gain.next(samples, 88, 600);
  }
}
