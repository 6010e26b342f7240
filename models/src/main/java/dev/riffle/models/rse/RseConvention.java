package dev.riffle.models.rse;

import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.rse.Wiring.Step;
import dev.riffle.models.weights.ElementType;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The official network with shared weights and PyTorch's variant b are one function: the same units
 * in the same order, matrices stored as {@code [in, out]} there and as {@code [out, in]} here.
 *
 * @param settings those of the other convention
 * @param weights under the names of the other convention
 * @param leftOut tensors that the network did not need, and that do not come along
 */
public record RseConvention(Settings settings, Safetensors weights, List<String> leftOut) {

  /** One tensor of a unit under both names. */
  private record Part(String official, String torch, boolean turned) {}

  private static final List<Part> PARTS =
      List.of(
          new Part("cand1/c/CvK", "unit.0.weight", true),
          new Part("norm/c/norm_bias/offset", "unit.1.offset", false),
          new Part("cand2/c/CvK", "unit.3.weight", true),
          new Part("cand2/c/CvB", "unit.3.bias", false),
          new Part("residual", "s", false));

  /**
   * The same network under the names and settings of another code.
   *
   * @param variant {@code tf} or {@code torch-b}
   * @throws ModelException if the network is none of both, is not one that both can hold, or a
   *     tensor is missing or of a wrong shape
   */
  public static RseConvention to(String variant, Settings settings, Safetensors weights) {
    Rse.Config config = Rse.Config.of(settings);
    boolean official = config.wiring() == Wiring.HEAVY;
    boolean torch = config.wiring() == Wiring.TORCH_B;
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
          "The official network demands a power of two of positions, but length is "
              + config.length()
              + ", which torch-b pads with zeros; set the length to "
              + 2 * Integer.highestOneBit(config.length())
              + " and give such windows their zeros yourself.");
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
    List<Step> steps = config.steps(config.length());
    List<Step> others = Rse.Config.of(other).steps(config.length());
    Set<String> done = new HashSet<>();
    for (int i = 0; i < steps.size(); i++) {
      String name = Rse.Config.of(other).wiring().prefix + others.get(i).unit();
      if (done.add(name)) {
        Weights unit = from.under(config.wiring().prefix + steps.get(i).unit());
        for (Part part : PARTS) {
          write(unit, part, torch, config.units(), to, name);
        }
      }
    }
    Safetensors written = Safetensors.parse(to.toBytes(), weights.where() + " as " + variant);
    return new RseConvention(other, written, from.unread());
  }

  private static void write(
      Weights unit, Part part, boolean torch, int m, SafetensorsWriter to, String name) {
    int[] official =
        switch (part.official) {
          case "cand1/c/CvK" -> new int[] {2 * m, 4 * m};
          case "cand2/c/CvK" -> new int[] {4 * m, 2 * m};
          case "norm/c/norm_bias/offset" -> new int[] {1, 1, 4 * m};
          default -> new int[] {2 * m};
        };
    int[] turned = part.turned ? new int[] {official[1], official[0]} : official;
    String source = torch ? part.torch : part.official;
    int[] shape = torch ? turned : official;
    double[] values =
        part.turned
            ? unit.requireTransposed(source, shape[0], shape[1])
            : unit.require(source, shape);
    ElementType type = unit.type(source);
    to.add(
        name + (torch ? part.official : part.torch),
        type.isReal() ? type : ElementType.F64,
        values,
        torch ? official : turned);
  }
}
