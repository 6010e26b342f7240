package dev.riffle.models.rse;

import dev.riffle.models.Settings;
import dev.riffle.models.rse.NetworkVariant.Layer;
import java.util.List;

/**
 * Sizes and choices, under the goldens' names.
 *
 * @param units {@code num_units} (PyTorch: {@code m}): features of a position
 * @param blocks {@code n_blocks}: Benes blocks
 * @param tiedInner {@code tied_inner_weights}: the layers of half a block share their weights
 * @param tiedOuter {@code tied_outer_weights}: the blocks share their weights
 * @param length positions of the window that weights are loaded for; tied networks take others, too
 */
record RseConfig(
    NetworkVariant variant,
    int units,
    int blocks,
    boolean tiedInner,
    boolean tiedOuter,
    int length) {

  /** Of a bare network, {@code variant} being tf, torch-a or torch-b. */
  static RseConfig of(Settings s) {
    return switch (s.text("variant")) {
      case "tf" -> official(s, variant(s), length(s));
      case "torch-a" -> torch(s, NetworkVariant.TORCH_A);
      case "torch-b" -> torch(s, NetworkVariant.TORCH_B);
      default ->
          throw s.expected(
              "tf, torch-a or torch-b (tf-token, tf-lambada and tf-musicnet are whole models)",
              "variant");
    };
  }

  /** Of the official code. */
  static RseConfig official(Settings s, NetworkVariant variant, int length) {
    return new RseConfig(
        variant,
        s.size("num_units"),
        s.layers("n_blocks"),
        !s.has("tied_inner_weights") || s.flag("tied_inner_weights"),
        s.has("tied_outer_weights") && s.flag("tied_outer_weights"),
        length);
  }

  /** The {@code length} of a window that is not padded by the network. */
  static int length(Settings s) {
    int length = s.size("length");
    if (length < 2 || Integer.bitCount(length) != 1) {
      throw s.expected("a power of two, 2 or more,", "length");
    }
    return length;
  }

  private static NetworkVariant variant(Settings s) {
    return switch (s.text("network")) {
      case "heavy" -> NetworkVariant.HEAVY;
      case "plain" -> NetworkVariant.PLAIN;
      default -> throw s.expected("heavy or plain", "network");
    };
  }

  private static RseConfig torch(Settings s, NetworkVariant variant) {
    if (s.size("length") < 2) {
      throw s.expected("2 or more", "length");
    }
    return new RseConfig(variant, s.size("m"), s.layers("n_blocks"), true, false, s.size("length"));
  }

  List<Layer> layers(int length) {
    return variant.layers(blocks, tiedInner, tiedOuter, Integer.numberOfTrailingZeros(length));
  }
}
