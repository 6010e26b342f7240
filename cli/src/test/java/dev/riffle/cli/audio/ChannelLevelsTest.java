package dev.riffle.cli.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.riffle.models.InputException;
import dev.riffle.music.signal.ChannelLevels;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChannelLevelsTest {
  private static final int SAMPLES = 20_000;

  /** The right channel as {@code gain * left + noise}, both with an offset. */
  private static ChannelLevels stereo(double gain, double noise, double offset) {
    Random random = new Random(7);
    float[] values = new float[2 * SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      double left = 0.3 * random.nextGaussian();
      values[2 * i] = (float) (left + offset);
      values[2 * i + 1] = (float) (gain * left + noise * random.nextGaussian() + offset);
    }
    ChannelLevels levels = new ChannelLevels(2);
    levels.add(values, SAMPLES);
    return levels;
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 0, 0, true", // antiphase
    "-0.9, 0, 0, true", // one channel quieter
    "-1, 0.05, 0, true", // with noise
    "-1, 0, 0.4, true", // an offset is in both channels, but is no sound
    "-0.5, 0, 0, false", // half of the sound is left
    "1, 0, 0, false",
    "0, 0.3, 0, false", // independent
    "0, 0, 0, false", // silence on the right
    "-1, 0.3, 0, false" // half of the right channel is something else
  })
  void channelsThatCancelAreNoticed(double gain, double noise, double offset, boolean cancel) {
    ChannelLevels levels = stereo(gain, noise, offset);

    assertThat(levels.cancel()).as("ratio %s", levels.sumRatio()).isEqualTo(cancel);
  }

  @Test
  void theRatioIsTheNumberOfEqualChannelsAndOneForIndependentOnes() {
    assertThat(stereo(1, 0, 0).sumRatio()).isCloseTo(2, within(1e-6));
    assertThat(stereo(0, 0.3, 0).sumRatio()).isCloseTo(1, within(0.05));
    assertThat(stereo(-1, 0, 0.5).sumRatio()).isCloseTo(0, within(1e-6));
    assertThat(new ChannelLevels(2).sumRatio()).isEqualTo(1);
  }

  @Test
  void oneChannelNeverCancels() {
    ChannelLevels levels = new ChannelLevels(1);
    levels.add(new float[] {0.1f, -0.1f}, 2);
    assertThat(levels.cancel()).isFalse();
    assertThat(ChannelChoice.EACH.of(1, levels, "a")).containsExactly(0);
  }

  @Test
  void wholeSoundsAreJudged() {
    ChannelLevels levels = new ChannelLevels(2);
    float[] opposite = {0.1f, -0.1f, -0.1f, 0.1f};
    float[] equal = {0.1f, 0.1f, -0.1f, -0.1f};
    levels.add(opposite, 2);
    assertThat(levels.cancel()).isTrue();
    levels.add(equal, 2);
    assertThat(levels.cancel()).isFalse();
  }

  @Test
  void theChoiceNamesChannels() {
    ChannelLevels antiphase = stereo(-1.1, 0, 0);
    ChannelLevels ordinary = stereo(0.5, 0.1, 0);
    int all = ChannelChoice.ALL;
    assertThat(ChannelChoice.AUTO.of(2, antiphase, "a")).containsExactly(1);
    assertThat(ChannelChoice.AUTO.of(2, stereo(-1, 0, 0), "a")).containsExactly(0);
    assertThat(ChannelChoice.AUTO.of(2, ordinary, "a")).containsExactly(all);
    assertThat(ChannelChoice.MIX.of(2, antiphase, "a")).containsExactly(all);
    assertThat(ChannelChoice.LEFT.of(2, ordinary, "a")).containsExactly(0);
    assertThat(ChannelChoice.RIGHT.of(2, ordinary, "a")).containsExactly(1);
    assertThat(ChannelChoice.EACH.of(3, ordinary, "a")).containsExactly(0, 1, 2);
    assertThatThrownBy(() -> ChannelChoice.RIGHT.of(1, ordinary, "a.wav"))
        .isInstanceOf(InputException.class)
        .hasMessage("a.wav has one channel: it has no right one. Pass --channel auto.");
  }
}
