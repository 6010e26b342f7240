package dev.riffle.models.qrnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Block;
import dev.riffle.models.Format;
import dev.riffle.models.ModelException;
import dev.riffle.models.PredictAt;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.TestBackends;
import dev.riffle.models.WindowBatch;
import dev.riffle.models.WindowContract;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.families.Families;
import dev.riffle.models.qrnn.QrnnConfig.Variant;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BidirectionalQrnnTest extends WindowContract {
  private static final List<QrnnConfig> CONFIGS =
      DrawnQrnn.CONFIGS.stream().filter(c -> c.variant() != Variant.LGIRRBACH).toList();
  private static final String CONFIG =
      """
      {"family": "qrnn", "variant": "salesforce", "input_size": 3, "hidden_size": 16,
       "num_layers": 2, "window": [2, 1], "output_gate": true, "zoneout": 0.25, "bidirectional": true}
      """;

  private final Kernels reference = Backends.find("reference");
  @TempDir Path folder;

  @Override
  protected List<Case> cases() {
    return CONFIGS.stream()
        .map(c -> new Case(c.variant().toString(), 13, k -> bothWays(k, c)))
        .toList();
  }

  static Stream<Arguments> configs() {
    return TestBackends.all().flatMap(k -> CONFIGS.stream().map(c -> Arguments.of(k, c)));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void eitherHalfIsTheRecurrentModelThatReadsThatWay(Kernels kernels, QrnnConfig config) {
    Weights weights = weights(config);
    int[] lengths = {7, 1, 12};
    int rows = 20;
    float[] values = new float[rows * 3];
    Random random = new Random(3);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    float[] both = forward(bothWays(kernels, config), values, new int[] {0, 7, 8, rows});
    Qrnn ahead = new Qrnn(kernels, config, weights, "layers.");
    Qrnn back = new Qrnn(kernels, config, weights, "layers_bwd.");
    int hidden = config.hiddenSize();
    int first = 0;
    for (int length : lengths) {
      float[] h = new float[length * hidden];
      float[] g = new float[length * hidden];
      for (boolean turned : new boolean[] {false, true}) {
        float[] x = new float[length * 3];
        for (int t = 0; t < length; t++) {
          int from = first + (turned ? length - 1 - t : t);
          System.arraycopy(values, from * 3, x, t * 3, 3);
        }
        advance(turned ? back : ahead, x, turned ? g : h);
      }
      for (int t = 0; t < length; t++) {
        int at = (first + t) * 2 * hidden;
        for (int i = 0; i < hidden; i++) {
          assertThat(both[at + i]).isEqualTo(h[t * hidden + i]);
          assertThat(both[at + hidden + i]).isEqualTo(g[(length - 1 - t) * hidden + i]);
        }
      }
      first += length;
    }
  }

  @Test
  void aBidirectionalDirectoryIsServedInWindowsAndAnotherIsNot() {
    QrnnConfig config = DrawnQrnn.CONFIGS.get(1);
    ModelDirectory both = directory("both", CONFIG, DrawnQrnn.bothWays(config));
    StreamModel<PredictionValues> model =
        Families.load(both, reference, PredictionValues.class, WindowOptions.of(4));
    StreamRunner<PredictionValues> runner = model.newRunner();
    Format format = new Format(0, 3);
    BatchItem<PredictionValues> item =
        new BatchItem<>(format, runner.open(format), new float[4 * 3], 0, 4);
    runner.advance(List.of(item));
    assertThat(item.predictions).hasSize(4);
    assertThat(item.predictions.get(0).value().values()).hasSize(32);
    assertThatThrownBy(() -> Families.load(both, reference, PredictionValues.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'qrnn' reads windows");

    String forward = CONFIG.replace("\"bidirectional\": true", "\"bidirectional\": false");
    ModelDirectory one = directory("one", forward, DrawnQrnn.tensors(config));
    assertThat(Families.load(one, reference, PredictionValues.class).info().family())
        .isEqualTo("qrnn");
    assertThatThrownBy(
            () -> Families.load(one, reference, PredictionValues.class, WindowOptions.of(4)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'qrnn' predicts after each step");
  }

  @Test
  void itsCostIsThatOfBothDirections() {
    QrnnConfig config = DrawnQrnn.CONFIGS.get(1);
    ModelDirectory both = directory("both", CONFIG, DrawnQrnn.bothWays(config));
    ModelDirectory one =
        directory("one", CONFIG.replace("true}", "false}"), DrawnQrnn.tensors(config));
    long step = 3 * 16 * (2 * 3 + 16); // gates, hidden, taps times inputs of both layers
    assertThat(Families.describe(one, reference, 10).multiplyAdds()).isEqualTo(10 * step);
    assertThat(Families.describe(both, reference, 10).multiplyAdds()).isEqualTo(10 * 2 * step);
    assertThat(Families.describe(both, reference, 10).layers()).isEqualTo(4);
  }

  @Test
  void missingBackwardLayersAndVariantsWithoutThemAreNamed() {
    QrnnConfig config = DrawnQrnn.CONFIGS.get(1);
    ModelDirectory half = directory("half", CONFIG, DrawnQrnn.tensors(config));
    assertThatThrownBy(() -> QrnnFamily.bidirectional(half, reference))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("no tensor 'layers_bwd.0.linear.weight'");
    String other =
        CONFIG.replace("salesforce", "lgirrbach").replace("\"window\"", "\"kernel_size\"");
    ModelDirectory log =
        directory("log", other.replace("\"zoneout\": 0.25", "\"mode\": \"f\""), half());
    assertThatThrownBy(() -> QrnnFamily.bidirectional(log, reference))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'bidirectional' must be false for lgirrbach");
  }

  private static SafetensorsWriter half() {
    return DrawnQrnn.tensors(DrawnQrnn.CONFIGS.get(2));
  }

  private ModelDirectory directory(String name, String config, SafetensorsWriter weights) {
    Path path = folder.resolve(name).resolve("1");
    ModelDirectory.write(path, config, weights, "{}");
    return ModelDirectory.read(path);
  }

  private static BidirectionalQrnn bothWays(Kernels kernels, QrnnConfig config) {
    return new BidirectionalQrnn(kernels, config, weights(config));
  }

  private static Weights weights(QrnnConfig config) {
    return Weights.of(Safetensors.parse(DrawnQrnn.bothWays(config).toBytes(), "drawn"));
  }

  private static float[] forward(BidirectionalQrnn model, float[] values, int[] starts) {
    Kernels kernels = model.kernels();
    int rows = starts[starts.length - 1];
    Tensor y = kernels.allocate(rows * model.outputs());
    WindowBatch batch = new WindowBatch(values, 3, new PackedSequences(starts, starts.length - 1));
    model.forward(batch, y, new Scratch(kernels));
    float[] read = new float[rows * model.outputs()];
    kernels.read(y, 0, read, 0, read.length);
    return read;
  }

  private static void advance(Qrnn model, float[] x, float[] h) {
    Kernels kernels = model.kernels();
    int rows = x.length / 3;
    Tensor in = kernels.allocate(x.length);
    kernels.write(x, 0, in, 0, x.length);
    Tensor y = kernels.allocate(h.length);
    Block block = new Block(in, PackedSequences.of(0, rows));
    RecurrentState state = new RecurrentState(model, 1);
    model.advance(block, state, PredictAt.EVERY_STEP, y, new Scratch(kernels));
    kernels.read(y, 0, h, 0, h.length);
  }
}
