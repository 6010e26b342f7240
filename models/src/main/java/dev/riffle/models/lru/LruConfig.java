package dev.riffle.models.lru;

import dev.riffle.models.Settings;

/**
 * Sizes and choices, under the reference's names.
 *
 * @param norm "layer" is layer norm; any other text is batch norm
 * @param multidim more than 1: a prediction is {@code [d_output, multidim]}, each row a
 *     distribution
 */
public record LruConfig(
    int dInput,
    int dModel,
    int dHidden,
    int layers,
    int dOutput,
    int multidim,
    Pooling pooling,
    String norm,
    boolean prenorm) {

  /** How outputs of the last layer become one vector. */
  public enum Pooling {
    /** Their mean over all steps so far. */
    MEAN,
    /** The newest, reported once per sequence. */
    LAST,
    /** The newest, reported at every step. */
    NONE
  }

  /** Reads {@code d_input}, {@code d_model} and so on. */
  public static LruConfig of(Settings s) {
    s.checkProduct("weights", 1, "n_layers", "d_model", "d_hidden");
    s.checkProduct("weights", 1, "d_model", "d_output", "multidim");
    s.checkProduct("bytes of state for each key", 2 * Double.BYTES, "n_layers", "d_hidden");
    return new LruConfig(
        s.size("d_input"),
        s.size("d_model"),
        s.size("d_hidden"),
        s.layers("n_layers"),
        s.size("d_output"),
        s.has("multidim") ? s.size("multidim") : 1,
        pooling(s),
        s.text("norm"),
        s.flag("prenorm"));
  }

  private static Pooling pooling(Settings s) {
    return switch (s.text("pooling")) {
      case "mean" -> Pooling.MEAN;
      case "last" -> Pooling.LAST;
      case "none" -> Pooling.NONE;
      default -> throw s.expected("mean, last or none", "pooling");
    };
  }
}
