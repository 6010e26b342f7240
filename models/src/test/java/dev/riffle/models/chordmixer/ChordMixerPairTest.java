package dev.riffle.models.chordmixer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Description;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.TestBackends;
import dev.riffle.models.WindowBatch;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The head over two windows against its formula written out once more in double: no recorded run of
 * it was at hand. What is below it, the mean of a ChordMixer without decoder, has its goldens.
 */
class ChordMixerPairTest {
  private static final String CONFIG =
      """
      {"family": "chordmixer", "net_dual": true, "input_size": 9, "output_size": 2,
       "max_seq_len": 12, "track_size": 3, "hidden_size": 8, "embedding_type": "sparse",
       "decoder": null, "prenorm": "LN", "norm": "BN", "var_len": false}
      """;
  private static final int WIDTH = 5 * 3; // tracks
  private static final int[] STARTS = {0, 12, 19, 24, 36};
  private static final int PAIRS = 2;

  private final Random random = new Random(5);
  private final Safetensors weights = Safetensors.parse(draw().toBytes(), "drawn");
  private final float[] tokens = tokens();
  @TempDir Path folder;

  static Stream<Kernels> backends() {
    return TestBackends.all();
  }

  @ParameterizedTest
  @MethodSource("backends")
  void theAnswerIsThatOfTheFormula(Kernels kernels) {
    double[] expected = expected();
    double[] found = forward(pair(kernels), STARTS);
    assertThat(found).hasSize(PAIRS * 2);
    double allowed = kernels.name().equals("reference") ? 1e-12 : 2e-5;
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isEqualTo(expected[i], Offset.offset(allowed));
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void aPairIsWhatItIsAlone(Kernels kernels) {
    double[] both = forward(pair(kernels), STARTS);
    assertThat(both).startsWith(forward(pair(kernels), new int[] {0, 12, 19}));
  }

  @Test
  void anOddNumberOfWindowsIsRefused() {
    assertThatThrownBy(() -> forward(pair(Backends.find("cpu")), new int[] {0, 12, 19, 24}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("but 3 windows came");
  }

  @Test
  void aDirectoryIsReadForPairsAndRefusedForAStream() {
    Kernels kernels = Backends.find("reference");
    Path path = folder.resolve("retrieval/1");
    ModelDirectory.write(path, CONFIG, draw(), "{}");
    ModelDirectory directory = ModelDirectory.read(path);
    assertThat(ChordMixerFamily.pairs(directory, kernels).outputs()).isEqualTo(2);
    assertThatThrownBy(
            () -> Families.load(directory, kernels, PredictionValues.class, WindowOptions.of(12)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'net_dual' must be false here: a stream brings one window");
    Description d = Families.describe(directory, kernels, 0);
    long window = 12 * 4 * 2 * WIDTH * 8; // steps, blocks, two matrices
    assertThat(d.multiplyAdds()).isEqualTo(2 * window + 4 * WIDTH * WIDTH + 2 * WIDTH);
    assertThat(d.per()).isEqualTo("two windows of 12");
  }

  // ----------------------------------------------------------------- helpers

  private ChordMixerPair pair(Kernels kernels) {
    return new ChordMixerPair(kernels, settings(), Weights.of(weights));
  }

  private static Settings settings() {
    return Settings.parse(CONFIG, "config.json");
  }

  private double[] forward(ChordMixerPair pair, int[] starts) {
    Kernels kernels = pair.kernels();
    int windows = starts.length - 1;
    Tensor y = kernels.allocate((windows / 2) * pair.outputs());
    pair.forward(
        new WindowBatch(tokens, 1, new PackedSequences(starts, windows)), y, new Scratch(kernels));
    double[] read = new double[(windows / 2) * pair.outputs()];
    kernels.read(y, 0, read, 0, read.length);
    return read;
  }

  private double[] expected() {
    Kernels kernels = Backends.find("reference");
    ChordMixer mixer =
        new ChordMixer(
            kernels, ChordMixerConfig.of(settings()), Weights.of(weights).under("model."));
    Tensor y = kernels.allocate(2 * PAIRS * WIDTH);
    mixer.forward(
        new WindowBatch(tokens, 1, new PackedSequences(STARTS, 4)), y, new Scratch(kernels));
    double[] means = new double[2 * PAIRS * WIDTH];
    kernels.read(y, 0, means, 0, means.length);
    double[] a = weights.doubles("decoder.0.weight"); // [width, 4 width]
    double[] aBias = weights.doubles("decoder.0.bias");
    double[] b = weights.doubles("decoder.2.weight"); // [2, width]
    double[] bBias = weights.doubles("decoder.2.bias");
    double[] answers = new double[PAIRS * 2];
    for (int p = 0; p < PAIRS; p++) {
      double[] h = new double[4 * WIDTH];
      for (int i = 0; i < WIDTH; i++) {
        double y1 = means[2 * p * WIDTH + i];
        double y2 = means[(2 * p + 1) * WIDTH + i];
        h[i] = y1;
        h[WIDTH + i] = y2;
        h[2 * WIDTH + i] = y1 * y2;
        h[3 * WIDTH + i] = y1 - y2;
      }
      for (int o = 0; o < 2; o++) {
        answers[p * 2 + o] = bBias[o];
      }
      for (int j = 0; j < WIDTH; j++) {
        double sum = aBias[j];
        for (int i = 0; i < 4 * WIDTH; i++) {
          sum += a[j * 4 * WIDTH + i] * h[i];
        }
        double gelu = 0.5 * sum * (1 + erf(sum / Math.sqrt(2)));
        for (int o = 0; o < 2; o++) {
          answers[p * 2 + o] += b[o * WIDTH + j] * gelu;
        }
      }
    }
    return answers;
  }

  /** 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x, by Simpson's rule. */
  private static double erf(double x) {
    int intervals = 4000;
    double step = x / intervals;
    double sum = 1 + Math.exp(-x * x);
    for (int i = 1; i < intervals; i++) {
      double t = i * step;
      sum += (i % 2 == 0 ? 2 : 4) * Math.exp(-t * t);
    }
    return 2 / Math.sqrt(Math.PI) * sum * step / 3;
  }

  private SafetensorsWriter draw() {
    Random own = new Random(9);
    Safetensors mixer =
        Safetensors.parse(
            ChordMixerInit.draw(ChordMixerConfig.of(settings()), 4).toBytes(), "drawn");
    SafetensorsWriter to = new SafetensorsWriter();
    for (String name : mixer.names()) {
      to.add("model." + name, mixer.floats(name), mixer.shape(name));
    }
    to.add("decoder.0.weight", values(own, WIDTH * 4 * WIDTH), WIDTH, 4 * WIDTH);
    to.add("decoder.0.bias", values(own, WIDTH), WIDTH);
    to.add("decoder.2.weight", values(own, 2 * WIDTH), 2, WIDTH);
    return to.add("decoder.2.bias", values(own, 2), 2);
  }

  private static double[] values(Random random, int count) {
    return random.doubles(count, -0.5, 0.5).toArray();
  }

  private float[] tokens() {
    float[] drawn = new float[36];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = random.nextInt(9);
    }
    return drawn;
  }
}
