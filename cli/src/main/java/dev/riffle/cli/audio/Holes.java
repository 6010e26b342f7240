package dev.riffle.cli.audio;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Parts of a sound that could not be decoded and became silence of the same length. */
final class Holes {
  /** Holes that are reported one by one. */
  private static final int MAX_REPORTED = 5;

  private record Hole(long start, long length) {}

  private final List<Hole> all = new ArrayList<>();
  private Optional<Hole> leftOut = Optional.empty(); // the first
  private long samples;

  /** Samples of all of them. */
  long samples() {
    return samples;
  }

  /** Adds a hole that is too long to be one, and does not become silence. */
  void leaveOut(long start, long length) {
    leftOut = leftOut.or(() -> Optional.of(new Hole(start, length)));
  }

  /** Adds a hole after the others, in samples. */
  void add(long start, long length) {
    samples += length;
    Hole last = all.isEmpty() ? null : all.get(all.size() - 1);
    if (last != null && last.start + last.length == start) {
      all.set(all.size() - 1, new Hole(last.start, last.length + length));
    } else {
      all.add(new Hole(start, length));
    }
  }

  /** A sentence for each, with the file, the time and the duration. */
  List<String> warnings(String file, int rate) {
    List<String> texts = new ArrayList<>();
    for (Hole hole : all.subList(0, Math.min(MAX_REPORTED, all.size()))) {
      texts.add(
          String.format(
              Locale.ROOT,
              "%s cannot be decoded for %.3f s at %s. Silence of this length replaces it.",
              file,
              hole.length / (double) rate,
              time(hole.start / (double) rate)));
    }
    leftOut.ifPresent(
        hole ->
            texts.add(
                String.format(
                    Locale.ROOT,
                    "%s claims that %.3f s are missing at %s, longer than a hole can be. The sound"
                        + " after it follows at once: check its times.",
                    file,
                    hole.length / (double) rate,
                    time(hole.start / (double) rate))));
    if (all.size() > MAX_REPORTED) {
      texts.add(
          String.format(
              Locale.ROOT,
              "%s has %d more such holes; silence replaces %.3f s in all.",
              file,
              all.size() - MAX_REPORTED,
              samples / (double) rate));
    }
    return texts;
  }

  private static String time(double seconds) {
    long minutes = (long) (seconds / 60);
    return String.format(Locale.ROOT, "%d:%06.3f", minutes, seconds - 60 * minutes);
  }
}
