package dev.riffle.music.transcriber;

import dev.riffle.models.Settings;

/**
 * The properties of a transcriber that a second pass depends on.
 *
 * @param rate samples per second
 * @param hop samples from one frame to the next
 * @param bins bins of each spectrum
 * @param windows number of spectra
 */
record FirstPass(int rate, int hop, int bins, int windows, int pitches, int firstPitch) {
  static FirstPass of(Settings s) {
    return new FirstPass(
        s.size("rate"),
        s.size("hop"),
        s.size("bins"),
        FrameLayout.SPECTRA,
        s.size("pitches"),
        s.size("first_pitch"));
  }

  static FirstPass of(TranscriberConfig config) {
    return new FirstPass(
        config.audio().rate(),
        config.audio().hop(),
        config.spectrum().count(),
        config.audio().windows().length,
        config.pitches(),
        config.firstPitch());
  }

  double secondsPerFrame() {
    return (double) hop / rate;
  }

  /** As messages describe it. */
  @Override
  public String toString() {
    return String.format(
        "%d samples per second, hops of %d samples, %d spectra of %d bins and %d pitches from MIDI"
            + " note %d on",
        rate, hop, windows, bins, pitches, firstPitch);
  }
}
