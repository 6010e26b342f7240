package dev.riffle.jobs.transcription;

import dev.riffle.music.signal.ChannelLevels;
import dev.riffle.schemas.Printable;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Notices sequences whose channels cancel in the mix. Each {@value #SECONDS} s of a sequence are
 * judged together. Remembers the sequences that sent last, {@value #MOST} at most.
 */
final class ChannelWatch {
  static final int SECONDS = 10;
  static final int MOST = 1_000;

  /** The levels of a sequence since it was last judged. */
  private static final class Heard {
    ChannelLevels levels;
    int channels;
    boolean warned;
  }

  private final Map<String, Heard> sequences = new LinkedHashMap<>(16, 0.75f, true);
  private long cancelling;

  /**
   * Takes the samples of a chunk.
   *
   * @param samples {@code [samples, channels]}
   * @return a warning, once for a sequence
   */
  Optional<String> add(String sequence, float[] samples, int channels, int rate) {
    if (channels < 2) {
      return Optional.empty();
    }
    Heard heard = sequences.computeIfAbsent(sequence, s -> new Heard());
    if (sequences.size() > MOST) {
      sequences.remove(sequences.keySet().iterator().next());
    }
    if (heard.levels == null || heard.channels != channels) {
      heard.levels = new ChannelLevels(channels);
      heard.channels = channels;
    }
    heard.levels.add(samples, samples.length / channels);
    if (heard.levels.samples() < (long) SECONDS * rate) {
      return Optional.empty();
    }
    ChannelLevels judged = heard.levels;
    heard.levels = new ChannelLevels(channels);
    if (!judged.cancel()) {
      return Optional.empty();
    }
    cancelling++;
    if (heard.warned) {
      return Optional.empty();
    }
    heard.warned = true;
    return Optional.of(
        String.format(
            Locale.ROOT,
            "The channels of sequence %s cancel: over %d s, their sum has %.1f %% of the energy of the"
                + " channels, 100 %% is usual. Set the option channel to left or right.",
            Printable.line(sequence),
            SECONDS,
            100 * judged.sumRatio()));
  }

  /** How many times a sequence cancelled over {@value #SECONDS} s. */
  long cancelling() {
    return cancelling;
  }
}
