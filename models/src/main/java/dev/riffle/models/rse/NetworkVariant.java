package dev.riffle.models.rse;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Shuffle;
import dev.riffle.models.weights.Weights;
import java.util.ArrayList;
import java.util.List;

/** The order of the units in the network, and the shuffle that follows each of them. */
enum NetworkVariant {
  /** {@code shuffle_exchange_network_heavy_sharing}: the network that the official models use. */
  HEAVY("steps_recursive/"),
  /** {@code shuffle_exchange_network} of the official code. */
  PLAIN("steps/shuffle_exchange/"),
  /**
   * PyTorch variant a: one unit serves both halves of a block, and each half has one layer more.
   */
  TORCH_A(""),
  /** PyTorch variant b: the same order as {@link #HEAVY}. */
  TORCH_B("");

  /**
   * A unit and the shuffle that follows it.
   *
   * @param unit name of the unit, relative to {@link NetworkVariant#weightPrefix}
   * @param shuffle of the positions after the unit
   */
  record Layer(String unit, Shuffle shuffle) {}

  /** Prefix of the names of all units. */
  final String weightPrefix;

  NetworkVariant(String weightPrefix) {
    this.weightPrefix = weightPrefix;
  }

  /**
   * Returns true if the network pads windows with zeros to a power of two. The official code
   * requires such a length.
   */
  boolean pads() {
    return this == TORCH_A || this == TORCH_B;
  }

  SwitchUnit unit(Kernels kernels, Weights weights, int m) {
    return switch (this) {
      case HEAVY, PLAIN -> SwitchUnit.official(kernels, weights, m);
      case TORCH_A -> SwitchUnit.torchA(kernels, weights, m);
      case TORCH_B -> SwitchUnit.torchB(kernels, weights, m);
    };
  }

  /** Returns the layers of a network for windows of 2^bits positions. */
  List<Layer> layers(int blocks, boolean tiedInner, boolean tiedOuter, int bits) {
    List<Layer> layers = new ArrayList<>();
    for (int k = 0; k < blocks; k++) {
      switch (this) {
        case HEAVY -> heavy(tiedOuter ? "" : k + "_", tiedInner, bits, layers);
        // the first block keeps its number even where blocks share weights
        case PLAIN -> plain(tiedOuter && k > 0 ? "" : k + "_", tiedInner, bits, layers);
        case TORCH_A -> {
          String block = "blocks.benes_block_" + k + ".";
          add(layers, bits, block + "regular_switch.", Shuffle.LEFT);
          add(layers, bits, block + "regular_switch.", Shuffle.RIGHT);
        }
        case TORCH_B -> {
          String block = "blocks.benes_block_" + k + ".";
          add(layers, bits - 1, block + "regular_switch.", Shuffle.LEFT);
          add(layers, bits - 1, block + "reverse_switch.", Shuffle.RIGHT);
        }
      }
    }
    String last =
        switch (this) {
          case HEAVY -> "last/";
          case PLAIN -> "last_layer/";
          case TORCH_A, TORCH_B -> "final_switch.";
        };
    layers.add(new Layer(last, Shuffle.NONE));
    return layers;
  }

  private static void add(List<Layer> layers, int times, String unit, Shuffle shuffle) {
    for (int i = 0; i < times; i++) {
      layers.add(new Layer(unit, shuffle));
    }
  }

  private static void heavy(String block, boolean tied, int bits, List<Layer> layers) {
    for (int i = 0; i < bits - 1; i++) {
      layers.add(new Layer(name(block + "forward", tied, i), Shuffle.LEFT));
    }
    for (int i = bits - 2; i >= 0; i--) {
      layers.add(new Layer(name(block + "reverse", tied, i), Shuffle.RIGHT));
    }
  }

  private static void plain(String block, boolean tied, int bits, List<Layer> layers) {
    layers.add(new Layer(name(block + "first_layer", tied, 0), Shuffle.LEFT));
    for (int i = 1; i < bits - 1; i++) {
      layers.add(new Layer(name(block + "forward", tied, i), Shuffle.LEFT));
    }
    layers.add(new Layer(name(block + "middle_layer", tied, bits - 1), Shuffle.RIGHT));
    for (int i = bits; i < 2 * bits - 2; i++) {
      layers.add(new Layer(name(block + "backward", tied, i), Shuffle.RIGHT));
    }
  }

  private static String name(String unit, boolean tied, int i) {
    return tied ? unit + "/" : unit + "_" + i + "/";
  }
}
