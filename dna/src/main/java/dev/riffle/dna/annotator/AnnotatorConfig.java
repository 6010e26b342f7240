package dev.riffle.dna.annotator;

import dev.riffle.models.Settings;

/**
 * What {@code config.json} says, under its names (docs/dna-annotator.md, section 10).
 *
 * @param dModel features of a reading frame
 * @param dHidden complex numbers of a reading frame's state
 * @param dEmbed values of a codon
 * @param dSummary values in the summary that a reading frame passes to the others
 * @param dMix hidden values of a mix layer
 * @param delay tokens after which a token's logit is known
 * @param embedScale of the encoder
 */
record AnnotatorConfig(
    int layers,
    int dModel,
    int dHidden,
    int dEmbed,
    int dSummary,
    int dMix,
    int delay,
    double epsilon,
    double embedScale,
    Calling calling) {

  /** Bases of a token. */
  static final int TOKEN = 30;

  /**
   * Bases after a token that it needs: 2 for the offset of the reading frames, 3 for the eleventh
   * codon.
   */
  static final int AHEAD = 5;

  /** Three reading frames of each strand. */
  static final int READING_FRAMES = 6;

  /** Letters around a start codon that the start head sees, and how many of them lie before it. */
  static final int START_WINDOW = 48;

  static final int START_UPSTREAM = 30;

  private static final int MOST_DELAY = 1 << 12;

  private static final String FORMAT = "dna-annotator-1";

  /** Constants of the calling (section 10). */
  record Calling(
      int minLength,
      double clip,
      int hold,
      double drop,
      int maxWait,
      int maxOverlap,
      double maxOverlapShare,
      double edgeStart,
      double startCoding,
      double startLength,
      double geneCoding,
      double geneLength,
      double geneStart,
      double geneBias,
      double confidenceSlope,
      double confidenceBias) {

    static Calling of(Settings s) {
      Settings start = s.under("start");
      Settings gene = s.under("gene");
      Settings confidence = s.under("confidence");
      Calling calling =
          new Calling(
              s.size("min_length"),
              s.number("clip"),
              bases(s, "hold"),
              s.number("drop"),
              bases(s, "max_wait"),
              bases(s, "max_overlap"),
              s.number("max_overlap_share"),
              s.number("edge_start"),
              start.number("coding"),
              start.number("length"),
              gene.number("coding"),
              gene.number("length"),
              gene.number("start"),
              gene.number("bias"),
              confidence.number("slope"),
              confidence.number("bias"));
      if (calling.minLength < 2 * TOKEN || calling.minLength > 1 << 12) {
        throw s.expected("60 to 4096 bases", "min_length");
      }
      return calling;
    }

    private static int bases(Settings s, String name) {
      double value = s.number(name);
      if (value < 0 || value > 1 << 16 || value != Math.rint(value)) {
        throw s.expected("a whole number of bases, 0 to 65536", name);
      }
      return (int) value;
    }
  }

  static AnnotatorConfig of(Settings s) {
    if (!s.text("format").equals(FORMAT)) {
      throw s.expected("\"" + FORMAT + "\", the only one that this release reads", "format");
    }
    fixed(s, "token", TOKEN);
    fixed(s, "lanes", READING_FRAMES);
    fixed(s, "start_window", START_WINDOW);
    fixed(s, "start_upstream", START_UPSTREAM);
    if (s.size("delay_tokens") > MOST_DELAY) {
      throw s.expected("a whole number from 1 to " + MOST_DELAY, "delay_tokens");
    }
    if (s.number("layer_norm_eps") < 0) {
      throw s.expected("0 or more", "layer_norm_eps");
    }
    s.checkProduct("weights", 1, "n_layers", "d_model", "d_hidden");
    s.checkProduct("weights", 1, "n_layers", "d_mix", "d_summary");
    return new AnnotatorConfig(
        s.layers("n_layers"),
        s.size("d_model"),
        s.size("d_hidden"),
        s.size("d_embed"),
        s.size("d_summary"),
        s.size("d_mix"),
        s.size("delay_tokens"),
        s.number("layer_norm_eps"),
        s.number("embed_scale"),
        Calling.of(s.under("calling")));
  }

  private static void fixed(Settings s, String name, int value) {
    if (s.size(name) != value) {
      throw s.expected(value + ", as the code is written for it", name);
    }
  }
}
