package dev.riffle.models.qrnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.Format;
import dev.riffle.models.ModelException;
import dev.riffle.models.PredictAt;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.StreamModel;
import dev.riffle.models.TestBackends;
import dev.riffle.models.families.Families;
import dev.riffle.models.qrnn.QrnnConfig.Mode;
import dev.riffle.models.qrnn.QrnnConfig.Variant;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is a QRNN's own; that any cut into calls and batches is the same, its siblings share. */
class QrnnTest {
  private static final String PAPER =
      """
      {"family": "qrnn", "variant": "paper", "input_size": 3, "hidden_size": 5, "num_layers": 2,
       "kernel_size": 4, "mode": "fo"}
      """;
  private static final QrnnConfig SMALL =
      new QrnnConfig(Variant.PAPER, 3, 5, 2, List.of(4), Mode.FO, true, false, Activation.TANH, 0);

  private final Kernels reference = Backends.find("reference");
  @TempDir Path folder;

  static Stream<Kernels> backends() {
    return TestBackends.all();
  }

  @ParameterizedTest
  @MethodSource("backends")
  void theLastStepIsTheLastOfEveryStep(Kernels kernels) {
    int[] starts = {0, 3, 3, 8};
    double[] steps = new Random(1).doubles(8 * 3).toArray();
    for (QrnnConfig config : DrawnQrnn.CONFIGS) {
      Qrnn qrnn = DrawnQrnn.draw(kernels, config);
      int width = qrnn.outputs();
      Block block = new Block(kernels.constant(steps), new PackedSequences(starts, 3));
      Tensor every = kernels.allocate(8 * width);
      Tensor last = kernels.allocate(3 * width);
      Scratch work = new Scratch(kernels);
      qrnn.advance(block, new RecurrentState(qrnn, 3), PredictAt.EVERY_STEP, every, work);
      qrnn.advance(block, new RecurrentState(qrnn, 3), PredictAt.LAST_STEP, last, work);
      double[] all = values(every, 8 * width, kernels);
      double[] some = values(last, 3 * width, kernels);
      assertThat(Arrays.copyOfRange(some, 0, width))
          .isEqualTo(Arrays.copyOfRange(all, 2 * width, 3 * width));
      assertThat(Arrays.copyOfRange(some, width, 2 * width)).containsOnly(0);
      assertThat(Arrays.copyOfRange(some, 2 * width, 3 * width))
          .isEqualTo(Arrays.copyOfRange(all, 7 * width, 8 * width));
    }
  }

  @Test
  void aDirectoryBecomesAModelWhoseStateIsItsCellsAndTails() {
    Path path = folder.resolve("some/1");
    ModelDirectory.write(path, PAPER, DrawnQrnn.tensors(SMALL), "{}");
    StreamModel<PredictionValues> model =
        Families.load(ModelDirectory.read(path), reference, PredictionValues.class);
    assertThat(model.info().family()).isEqualTo("qrnn");
    // version, precision, count; c of 2 layers; 3 inputs of width 3 and 3 of width 5
    assertThat(model.info().stateBytes()).isEqualTo(1 + 1 + 8 + (2 * 5 + 3 * 3 + 3 * 5) * 8);
    assertThat(model.newRunner().open(new Format(0, 3))).hasSize(model.info().stateBytes());
  }

  @Test
  void settingsLeftOutAreTheReferencesDefaults() {
    assertThat(QrnnConfig.of(Settings.parse(PAPER, "config"))).isEqualTo(SMALL);
    QrnnConfig log = config("paper", "lgirrbach");
    assertThat(log.zActivation()).isEqualTo(Activation.SIGMOID);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"paper\" | \"official\" | 'variant' must be paper, salesforce or lgirrbach",
        "\"fo\" | \"oif\" | 'mode' must be f, fo or ifo",
        "\"fo\" | \"fo\", \"z_activation\": \"relu\" | must be tanh, sigmoid, softplus or exp",
        "\"fo\" | \"fo\", \"zoneout\": 0.1 | only salesforce says what its zoneout does",
        "\"fo\" | \"fo\", \"zoneout\": 1 | 'zoneout' must be 0 or more and less than 1",
        "\"kernel_size\": 4 | \"kernel_size\": 0 | 'kernel_size' must be a whole number",
        "\"kernel_size\": 4 | \"kernel_size\": [2, 1, 1] | 'kernel_size' must be one whole number",
        "\"kernel_size\": 4 | \"kernel_size\": [] | or one for each of the 2 layers",
        "\"kernel_size\": 4 | \"kernel_size\": [2, 0] | 'kernel_size' must be whole numbers",
        "\"paper\" | \"salesforce\", \"window\": [2, 3] | 'window' must be 1 or 2",
        "\"paper\" | \"salesforce\", \"window\": 3 | 'window' must be 1 or 2",
        "\"paper\" | \"salesforce\", \"window\": 2 | 'output_gate' must be true or false",
        "\"paper\" | \"lgirrbach\", \"dense\": true | 'dense' must be false, as its variant",
      })
  void aSettingThatCannotBeNamesItselfAndItsValues(String from, String to, String message) {
    assertThatThrownBy(() -> config(from, to))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  /** A window of each layer gives what layers with these windows give one after the other. */
  @ParameterizedTest
  @MethodSource("backends")
  void aLayerMayHaveItsOwnWindow(Kernels kernels) {
    for (List<Integer> windows : List.of(List.of(2, 1), List.of(1, 2), List.of(3, 2))) {
      QrnnConfig whole =
          new QrnnConfig(Variant.PAPER, 3, 5, 2, windows, Mode.FO, true, false, Activation.TANH, 0);
      Weights weights = Weights.of(Safetensors.parse(DrawnQrnn.tensors(whole).toBytes(), "drawn"));
      double[] x = new Random(3).doubles(6 * 3).toArray();
      double[] expected = x;
      for (int layer = 0; layer < 2; layer++) {
        QrnnConfig one =
            new QrnnConfig(
                Variant.PAPER,
                whole.inputsOf(layer),
                5,
                1,
                windows.subList(layer, layer + 1),
                Mode.FO,
                true,
                false,
                Activation.TANH,
                0);
        SafetensorsWriter alone = new SafetensorsWriter();
        for (String gate : List.of("z", "f", "o")) {
          String name = "." + gate + "_conv.";
          int k = windows.get(layer);
          double[] weight =
              weights.require("layers." + layer + name + "weight", 5, one.inputsOf(0), k);
          alone.add("layers.0" + name + "weight", weight, 5, one.inputsOf(0), k);
          alone.add(
              "layers.0" + name + "bias", weights.require("layers." + layer + name + "bias", 5), 5);
        }
        Weights drawn = Weights.of(Safetensors.parse(alone.toBytes(), "one layer"));
        expected = outputs(kernels, new Qrnn(kernels, one, drawn), expected, 6);
      }
      assertThat(outputs(kernels, new Qrnn(kernels, whole, weights), x, 6)).isEqualTo(expected);
    }
  }

  private static double[] outputs(Kernels kernels, Qrnn qrnn, double[] x, int steps) {
    Block block = new Block(kernels.constant(x), PackedSequences.of(0, steps));
    Tensor y = kernels.allocate(steps * qrnn.outputs());
    Scratch work = new Scratch(kernels);
    qrnn.advance(block, new RecurrentState(qrnn, 1), PredictAt.EVERY_STEP, y, work);
    return values(y, steps * qrnn.outputs(), kernels);
  }

  @Test
  void aWeightThatDoesNotFitIsNamed() {
    refuses(
        DrawnQrnn.tensors(SMALL), config("\"fo\"", "\"ifo\""), "no tensor 'layers.0.i_conv.bias'");
    refuses(
        DrawnQrnn.tensors(SMALL),
        config("\"kernel_size\": 4", "\"kernel_size\": 3"),
        "tensor 'layers.0.z_conv.weight' has shape [5, 3, 4], expected [5, 3, 3]");
    refuses(
        DrawnQrnn.tensors(SMALL),
        config("\"fo\"", "\"fo\", \"bias\": false"),
        "Setting 'bias' is false, but layer 0 has a tensor 'z_conv.bias'");
    refuses(DrawnQrnn.tensors(SMALL), config("paper", "lgirrbach"), "no tensor '0.z_conv.bias'");
  }

  @Test
  void aWeightThatIsNotANumberIsNamed() {
    QrnnConfig one =
        new QrnnConfig(
            Variant.SALESFORCE, 1, 1, 1, List.of(1), Mode.F, true, false, Activation.TANH, 0);
    SafetensorsWriter tensors =
        new SafetensorsWriter()
            .add("layers.0.linear.weight", new double[] {1, Double.NaN}, 2, 1)
            .add("layers.0.linear.bias", new double[2], 2);
    refuses(tensors, one, "'layers.0.linear.weight' holds NaN at [1, 0]");
  }

  private void refuses(SafetensorsWriter tensors, QrnnConfig config, String message) {
    Weights weights = Weights.of(Safetensors.parse(tensors.toBytes(), "drawn"));
    assertThatThrownBy(() -> new Qrnn(reference, config, weights))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  private static QrnnConfig config(String from, String to) {
    return QrnnConfig.of(Settings.parse(PAPER.replace(from, to), "config"));
  }

  private static double[] values(Tensor from, int count, Kernels kernels) {
    double[] values = new double[count];
    kernels.read(from, 0, values, 0, count);
    return values;
  }
}
