package dev.riffle.models.rse;

import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.families.ConvertedModel;
import dev.riffle.models.rse.NetworkVariant.Layer;
import dev.riffle.models.weights.ElementType;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The two conventions of one function. The official network with shared weights and PyTorch's
 * variant b have the same units in the same order. The official code stores matrices as {@code [in,
 * out]}, PyTorch as {@code [out, in]}.
 */
final class RseConvention {
  private RseConvention() {}

  /** The names of one tensor of a unit in both conventions. */
  private record TensorNames(String official, String torch, boolean transposed) {}

  private static final List<TensorNames> UNIT_TENSORS =
      List.of(
          new TensorNames("cand1/c/CvK", "unit.0.weight", true),
          new TensorNames("norm/c/norm_bias/offset", "unit.1.offset", false),
          new TensorNames("cand2/c/CvK", "unit.3.weight", true),
          new TensorNames("cand2/c/CvB", "unit.3.bias", false),
          new TensorNames("residual", "s", false));

  /**
   * The same network under the names and settings of another code.
   *
   * @param variant {@code tf} or {@code torch-b}
   * @throws ModelException if the network is neither, cannot be written in both conventions, or a
   *     tensor is missing or of a wrong shape
   */
  static ConvertedModel to(String variant, Settings settings, Safetensors weights) {
    RseConfig config = RseConfig.of(settings);
    boolean official = config.variant() == NetworkVariant.HEAVY;
    boolean torch = config.variant() == NetworkVariant.TORCH_B;
    if (!(official && variant.equals("torch-b") || torch && variant.equals("tf"))) {
      throw settings.expected(
          "torch-b to become tf, or tf (of network heavy) to become torch-b: these are one function"
              + " under two conventions; to become "
              + variant
              + " it",
          "variant");
    }
    if (!config.tiedInner()) {
      throw settings.expected(
          "true, since torch-b has one unit for all layers of half a block,", "tied_inner_weights");
    }
    if (torch && Integer.bitCount(config.length()) != 1) {
      throw new InputException(
          String.format(
              "The official network demands a power of two of positions, but length is %d, which"
                  + " torch-b pads with zeros; set the length to %d and pad such windows yourself.",
              config.length(), 2 * Integer.highestOneBit(config.length())));
    }
    Settings other =
        torch
            ? settings
                .without("m")
                .with("variant", "tf")
                .with("network", "heavy")
                .with("num_units", config.units())
                .with("tied_inner_weights", true)
                .with("tied_outer_weights", false)
            : settings
                .without("num_units")
                .without("network")
                .without("tied_inner_weights")
                .without("tied_outer_weights")
                .with("variant", "torch-b")
                .with("m", config.units());
    Weights from = Weights.of(weights);
    SafetensorsWriter to = new SafetensorsWriter();
    List<Layer> layers = config.layers(config.length());
    List<Layer> others = RseConfig.of(other).layers(config.length());
    Set<String> done = new HashSet<>();
    for (int i = 0; i < layers.size(); i++) {
      String name = RseConfig.of(other).variant().weightPrefix + others.get(i).unit();
      if (done.add(name)) {
        Weights unit = from.under(config.variant().weightPrefix + layers.get(i).unit());
        for (TensorNames names : UNIT_TENSORS) {
          write(unit, names, torch, config.units(), to, name);
        }
      }
    }
    Safetensors written = Safetensors.parse(to.toBytes(), weights.where() + " as " + variant);
    return new ConvertedModel(other, written, from.unread());
  }

  private static void write(
      Weights unit, TensorNames names, boolean torch, int m, SafetensorsWriter to, String name) {
    int[] official =
        switch (names.official) {
          case "cand1/c/CvK" -> new int[] {2 * m, 4 * m};
          case "cand2/c/CvK" -> new int[] {4 * m, 2 * m};
          case "norm/c/norm_bias/offset" -> new int[] {1, 1, 4 * m};
          default -> new int[] {2 * m};
        };
    int[] transposed = names.transposed ? new int[] {official[1], official[0]} : official;
    String source = torch ? names.torch : names.official;
    int[] shape = torch ? transposed : official;
    double[] values =
        names.transposed
            ? unit.requireTransposed(source, shape[0], shape[1])
            : unit.require(source, shape);
    ElementType type = unit.type(source);
    to.add(
        name + (torch ? names.official : names.torch),
        type.isReal() ? type : ElementType.F64,
        values,
        torch ? official : transposed);
  }
}
