package dev.riffle.jobs.transcription;

import dev.riffle.models.InputException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Which channels of a chunk are transcribed; the values of option {@code channel}. */
public enum ChannelSelection {
  /** The mean of all, which the transcriber computes. */
  MIX,
  /** The first. */
  LEFT,
  /** The second. */
  RIGHT;

  /** The value with this name in lower case. */
  static ChannelSelection of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }

  /** All names, in lower case. */
  static List<String> names() {
    return Arrays.stream(values()).map(c -> c.name().toLowerCase(Locale.ROOT)).toList();
  }

  /** How many channels are left of so many. */
  int width(int channels) {
    return this == MIX ? channels : 1;
  }

  /**
   * The samples that are transcribed.
   *
   * @param samples {@code [samples, channels]}
   * @throws InputException if they do not have the channel
   */
  float[] of(float[] samples, int channels) {
    int channel = this == RIGHT ? 1 : 0;
    if (this == MIX || channels == 1 && this == LEFT) {
      return samples;
    }
    if (channel >= channels) {
      throw new InputException(
          "Expected 2 channels or more, because the option channel is right, but there is 1. Send"
              + " stereo or set channel to mix.");
    }
    float[] one = new float[samples.length / channels];
    for (int i = 0; i < one.length; i++) {
      one[i] = samples[i * channels + channel];
    }
    return one;
  }
}
