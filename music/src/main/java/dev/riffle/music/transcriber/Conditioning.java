package dev.riffle.music.transcriber;

import dev.riffle.models.Settings;

/**
 * What the front end does to sound so that only music steers the gain (docs/lru-transcriber.md,
 * section 8): section {@code conditioning} of {@code config.json}.
 *
 * @param highPass cut-off in Hz
 * @param click when a single sample is replaced
 * @param gate when a frame has tones
 */
record Conditioning(double highPass, Click click, Gate gate) {
  private static final int MAX_REACH = 64;

  /**
   * A sample is replaced if it is further from the mean of its neighbours than all of them.
   *
   * @param reach neighbours on either side
   * @param ratio how many times further
   * @param least least distance from the mean
   */
  record Click(int reach, double ratio, double least) {}

  /**
   * A frame has tones if lines that stand out of the spectrum have a share of its energy.
   *
   * @param lowest frequency in Hz
   * @param highest frequency in Hz
   * @param heard frequency in Hz below which a line counts less: as the fourth power
   * @param around Hz on either side that a line is compared with
   * @param excess how many times the energy around a line must be exceeded
   * @param share least share of the energy
   * @param hold frames that stay open after the latest frame with tones
   */
  record Gate(
      double lowest,
      double highest,
      double heard,
      double around,
      double excess,
      double share,
      int hold) {}

  /**
   * Reads the constants.
   *
   * @throws dev.riffle.models.ModelException if one is missing or wrong
   */
  static Conditioning of(Settings s) {
    Settings click = s.under("click");
    Settings gate = s.under("gate");
    if (s.number("high_pass_hz") >= Transcriber.MIN_RATE / 2.0) {
      throw s.expected("below half the lowest sample rate, 4000", "high_pass_hz");
    }
    if (click.size("reach") > MAX_REACH) {
      throw click.expected("a whole number from 1 to " + MAX_REACH, "reach");
    }
    if (gate.number("highest_hz") < gate.number("lowest_hz")) {
      throw gate.expected("at least lowest_hz", "highest_hz");
    }
    return new Conditioning(
        positive(s, "high_pass_hz"),
        new Click(click.size("reach"), positive(click, "ratio"), positive(click, "least")),
        new Gate(
            positive(gate, "lowest_hz"),
            positive(gate, "highest_hz"),
            positive(gate, "heard_hz"),
            positive(gate, "around_hz"),
            positive(gate, "excess"),
            positive(gate, "share"),
            gate.size("hold")));
  }

  private static double positive(Settings s, String name) {
    double value = s.number(name);
    if (value <= 0) {
      throw s.expected("above 0", name);
    }
    return value;
  }
}
