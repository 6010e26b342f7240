package dev.riffle.music.transcriber;

import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import java.util.Optional;

/**
 * The constants of the transcriber, with their names in {@code config.json}.
 *
 * @param audio samples and frames
 * @param spectrum log-frequency bins
 * @param gain running gain
 * @param conditioning what lets only music steer the gain; empty in version 1
 * @param stack harmonic stack and octaves
 * @param network widths of the recurrent part
 * @param decoder thresholds and times of the decoder
 * @param pitches number of pitches
 * @param firstPitch MIDI number of pitch 0
 */
record TranscriberConfig(
    Audio audio,
    Bins spectrum,
    Gain gain,
    Optional<Conditioning> conditioning,
    Stack stack,
    Network network,
    Decoder.Settings decoder,
    int pitches,
    int firstPitch) {

  /**
   * Samples and frames.
   *
   * @param rate samples per second
   * @param hop samples from one frame to the next
   * @param lookAhead samples of a frame after its time
   * @param windows lengths of the windows, all with the same end
   */
  record Audio(int rate, int hop, int lookAhead, int[] windows) {
    int longestWindow() {
      int longest = 0;
      for (int n : windows) {
        longest = Math.max(longest, n);
      }
      return longest;
    }
  }

  /** feature = (ln(magnitude gain + epsilon) + shift) / scale, for each of {@code count} bins. */
  record Bins(int count, double epsilon, double shift, double scale) {}

  /** Constants of the running gain, which brings the root mean square to {@code target}. */
  record Gain(double target, double up, double down, double silence, double floor) {}

  /** Harmonic stack: a convolution over shifted spectra; octaves: one over octaves of a pitch. */
  record Stack(
      int[] shifts,
      double outside,
      int kernel,
      int stride,
      int padding,
      int channels,
      int octaveKernel,
      int octaveDilation,
      int octaveChannels) {}

  /** Widths of encoder, LRU layers, spread to pitches, pitch layer and heads. */
  record Network(
      int encodedChannels,
      int width,
      int layers,
      int state,
      double epsilon,
      int spread,
      int pitchWidth,
      int pitchState,
      double pitchEpsilon,
      int hidden) {}

  /**
   * Reads the constants.
   *
   * @throws ModelException if one is missing or wrong
   */
  static TranscriberConfig of(Settings s) {
    Settings stack = s.under("harmonic_stack");
    Settings octaves = s.under("octaves");
    return new TranscriberConfig(
        audio(s.under("audio")),
        bins(s.under("spectrum")),
        gain(s.under("gain")),
        s.given("conditioning")
            ? Optional.of(Conditioning.of(s.under("conditioning")))
            : Optional.empty(),
        new Stack(
            wholeNumbers(stack, "shifts"),
            stack.number("outside"),
            stack.size("kernel"),
            stack.size("stride"),
            stack.size("padding"),
            stack.size("channels"),
            octaves.size("kernel"),
            octaves.size("dilation"),
            octaves.size("channels")),
        network(s),
        decoder(s.under("decoder")),
        s.size("pitches"),
        s.size("first_pitch"));
  }

  private static Audio audio(Settings s) {
    Audio audio =
        new Audio(s.size("rate"), s.size("hop"), s.size("look_ahead"), wholeNumbers(s, "windows"));
    if (audio.rate < Transcriber.MIN_RATE || audio.rate > Transcriber.MAX_RATE) {
      throw s.expected("from " + Transcriber.MIN_RATE + " to " + Transcriber.MAX_RATE, "rate");
    }
    for (int n : audio.windows) {
      if (n < 8 || Integer.bitCount(n) != 1) {
        throw s.expected("a list of powers of two of at least 8", "windows");
      }
    }
    if (audio.hop > audio.lookAhead || audio.lookAhead > audio.longestWindow()) {
      throw s.expected("from the hop to the longest window", "look_ahead");
    }
    return audio;
  }

  private static Bins bins(Settings s) {
    return new Bins(s.size("bins"), epsilon(s, "epsilon"), s.number("shift"), s.number("scale"));
  }

  private static double epsilon(Settings s, String name) {
    if (s.number(name) < 0) {
      throw s.expected("0 or more", name);
    }
    return s.number(name);
  }

  private static Gain gain(Settings s) {
    return new Gain(
        s.number("target_rms"),
        s.number("up"),
        s.number("down"),
        s.number("silence"),
        s.number("floor"));
  }

  private static Network network(Settings s) {
    Settings lru = s.under("lru");
    Settings pitchLru = s.under("pitch_lru");
    return new Network(
        s.under("encoder").size("pitch_channels"),
        lru.size("width"),
        lru.layers("layers"),
        lru.size("state"),
        epsilon(lru, "norm_epsilon"),
        s.under("spread").size("per_pitch"),
        pitchLru.size("width"),
        pitchLru.size("state"),
        epsilon(pitchLru, "norm_epsilon"),
        s.under("heads").size("hidden"));
  }

  static Decoder.Settings decoder(Settings s) {
    return new Decoder.Settings(
        s.number("onset"),
        s.number("support"),
        s.number("frame"),
        s.size("gap"),
        s.size("refractory"),
        s.size("shortest"),
        s.number("late"),
        s.size("late_frames"));
  }

  static int[] wholeNumbers(Settings s, String name) {
    double[] numbers = s.numbers(name);
    int[] whole = new int[numbers.length];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = (int) numbers[i];
      if (whole[i] != numbers[i]) {
        throw s.expected("a list of whole numbers", name);
      }
    }
    return whole;
  }

  /** Samples by which the conditioning delays a sound, at the rate of the sound. */
  int conditioningDelay() {
    return conditioning.map(c -> c.click().reach()).orElse(0);
  }

  /** Seconds from one frame to the next. */
  double secondsPerFrame() {
    return (double) audio.hop / audio.rate;
  }
}
