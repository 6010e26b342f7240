package dev.riffle.models.rse;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Shuffle;
import dev.riffle.models.weights.Weights;
import java.util.ArrayList;
import java.util.List;

/** Which unit stands where, and how positions are shuffled behind it. */
enum Wiring {
  /** {@code shuffle_exchange_network_heavy_sharing}: the network that the official models use. */
  HEAVY("steps_recursive/"),
  /** {@code shuffle_exchange_network} of the official code. */
  PLAIN("steps/shuffle_exchange/"),
  /** PyTorch variant a: one unit for both halves of a block, one step more in each. */
  TORCH_A(""),
  /** PyTorch variant b: the wiring of {@link #HEAVY}. */
  TORCH_B("");

  /**
   * A unit and what follows it.
   *
   * @param unit its name, below {@link Wiring#prefix}
   * @param shuffle of the positions behind it
   */
  record Step(String unit, Shuffle shuffle) {}

  /** What the names of all units begin with. */
  final String prefix;

  Wiring(String prefix) {
    this.prefix = prefix;
  }

  /** True if windows are padded with zeros to a power of two; the official code demands one. */
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

  /** All steps of a network for windows of 2^bits positions. */
  List<Step> steps(int blocks, boolean tiedInner, boolean tiedOuter, int bits) {
    List<Step> steps = new ArrayList<>();
    for (int k = 0; k < blocks; k++) {
      switch (this) {
        case HEAVY -> heavy(tiedOuter ? "" : k + "_", tiedInner, bits, steps);
        // the first block keeps its number even where blocks share weights
        case PLAIN -> plain(tiedOuter && k > 0 ? "" : k + "_", tiedInner, bits, steps);
        case TORCH_A -> {
          String block = "blocks.benes_block_" + k + ".";
          add(steps, bits, block + "regular_switch.", Shuffle.LEFT);
          add(steps, bits, block + "regular_switch.", Shuffle.RIGHT);
        }
        case TORCH_B -> {
          String block = "blocks.benes_block_" + k + ".";
          add(steps, bits - 1, block + "regular_switch.", Shuffle.LEFT);
          add(steps, bits - 1, block + "reverse_switch.", Shuffle.RIGHT);
        }
      }
    }
    String last =
        switch (this) {
          case HEAVY -> "last/";
          case PLAIN -> "last_layer/";
          case TORCH_A, TORCH_B -> "final_switch.";
        };
    steps.add(new Step(last, Shuffle.NONE));
    return steps;
  }

  private static void add(List<Step> steps, int times, String unit, Shuffle shuffle) {
    for (int i = 0; i < times; i++) {
      steps.add(new Step(unit, shuffle));
    }
  }

  private static void heavy(String block, boolean tied, int bits, List<Step> steps) {
    for (int i = 0; i < bits - 1; i++) {
      steps.add(new Step(name(block + "forward", tied, i), Shuffle.LEFT));
    }
    for (int i = bits - 2; i >= 0; i--) {
      steps.add(new Step(name(block + "reverse", tied, i), Shuffle.RIGHT));
    }
  }

  private static void plain(String block, boolean tied, int bits, List<Step> steps) {
    steps.add(new Step(name(block + "first_layer", tied, 0), Shuffle.LEFT));
    for (int i = 1; i < bits - 1; i++) {
      steps.add(new Step(name(block + "forward", tied, i), Shuffle.LEFT));
    }
    steps.add(new Step(name(block + "middle_layer", tied, bits - 1), Shuffle.RIGHT));
    for (int i = bits; i < 2 * bits - 2; i++) {
      steps.add(new Step(name(block + "backward", tied, i), Shuffle.RIGHT));
    }
  }

  private static String name(String unit, boolean tied, int i) {
    return tied ? unit + "/" : unit + "_" + i + "/";
  }
}
