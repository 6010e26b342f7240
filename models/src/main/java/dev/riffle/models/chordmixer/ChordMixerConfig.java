package dev.riffle.models.chordmixer;

import dev.riffle.models.Settings;

/**
 * Sizes and choices, under the reference's names.
 *
 * @param inputSize tokens that are known, or values of a position
 * @param outputSize values of a prediction, if there is a decoder
 * @param maxSeqLen sets the number of blocks, {@code ceil(log2(maxSeqLen))}
 * @param decoder false: the prediction is the mean over the positions of the last block
 * @param varLen true: a window runs only as many blocks as its length needs
 */
public record ChordMixerConfig(
    int inputSize,
    int outputSize,
    int maxSeqLen,
    int trackSize,
    int hiddenSize,
    Embedding embedding,
    boolean decoder,
    NormKind prenorm,
    NormKind norm,
    boolean varLen) {

  /** The input of a position. */
  public enum Embedding {
    /** A token, which names a row of a table: {@code sparse}. */
    TOKENS,
    /** Values: {@code linear}. */
    FEATURES
  }

  /** The norms, under the reference's names; every epsilon is 1e-5. */
  public enum NormKind {
    /** Over the features of a row. */
    LN,
    /** Batch norm, with the running statistics of training. */
    BN,
    /** Over all positions of a window and {@code width / track_size} neighbouring features. */
    GN,
    /** The text {@code None}. */
    NONE
  }

  /** Reads {@code input_size}, {@code max_seq_len} and so on. */
  public static ChordMixerConfig of(Settings s) {
    boolean varLen = s.given("var_len") && s.flag("var_len");
    return new ChordMixerConfig(
        s.size("input_size"),
        s.size("output_size"),
        s.size("max_seq_len"),
        s.size("track_size"),
        s.size("hidden_size"),
        embedding(s),
        decoder(s),
        norm(s, "prenorm", varLen),
        norm(s, "norm", varLen),
        varLen);
  }

  /** Blocks of the model. */
  public int layers() {
    return ChordMixer.layers(maxSeqLen);
  }

  /** Features of a row: a track for each offset, and one that stays. */
  public int width() {
    return (layers() + 1) * trackSize;
  }

  private static Embedding embedding(Settings s) {
    return switch (s.text("embedding_type")) {
      case "sparse" -> Embedding.TOKENS;
      case "linear" -> Embedding.FEATURES;
      default -> throw s.expected("sparse or linear", "embedding_type");
    };
  }

  private static boolean decoder(Settings s) {
    if (s.given("decoder") && !s.text("decoder").equals("linear")) {
      throw s.expected("linear, or null to answer with the mean over time", "decoder");
    }
    return s.given("decoder");
  }

  private static NormKind norm(Settings s, String name, boolean varLen) {
    NormKind kind =
        switch (s.text(name)) {
          case "LN" -> NormKind.LN;
          case "BN" -> NormKind.BN;
          case "GN" -> NormKind.GN;
          case "None" -> NormKind.NONE;
          default -> throw s.expected("LN, BN, GN or None", name);
        };
    if (varLen && (kind == NormKind.BN || kind == NormKind.GN)) {
      throw s.expected("LN or None where var_len is true, as in the reference", name);
    }
    return kind;
  }
}
