package dev.riffle.models.chordmixer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.TestBackends;
import dev.riffle.models.chordmixer.ChordMixerConfig.Embedding;
import dev.riffle.models.chordmixer.ChordMixerConfig.NormKind;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That answers are right is told by the goldens; here is what holds of any weights. */
class ChordMixerTest {
  private static final String CONFIG =
      """
      {"family": "chordmixer", "input_size": 3, "output_size": 5, "max_seq_len": 16,
       "track_size": 4, "hidden_size": 10, "embedding_type": "linear", "decoder": "linear",
       "prenorm": "LN", "norm": "GN", "var_len": false}
      """;

  private final Kernels reference = Backends.find("reference");
  @TempDir Path folder;

  static Stream<Arguments> models() {
    ChordMixerConfig fixed =
        new ChordMixerConfig(
            3, 5, 300, 4, 10, Embedding.FEATURES, true, NormKind.GN, NormKind.BN, false);
    ChordMixerConfig variable =
        new ChordMixerConfig(
            3, 5, 600, 3, 7, Embedding.FEATURES, true, NormKind.LN, NormKind.LN, true);
    ChordMixerConfig bare =
        new ChordMixerConfig(
            3, 5, 9, 5, 9, Embedding.FEATURES, false, NormKind.NONE, NormKind.GN, false);
    return TestBackends.all()
        .flatMap(k -> Stream.of(fixed, variable, bare).map(c -> Arguments.of(k, c)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void aBatchEqualsItsRows(Kernels kernels, ChordMixerConfig config) {
    ChordMixer model = model(kernels, config);
    int[] starts = {0, 257, 770, 1282}; // windows of 257, 513 and 512 steps
    if (config.varLen()) {
      starts = new int[] {0, 512, 512 + 257, 512 + 257 + 300}; // which take 9 blocks each
    }
    float[] x = steps(starts[3]);
    double[] together = forward(model, x, starts);
    for (int b = 0; b < 3; b++) {
      float[] window = Arrays.copyOfRange(x, starts[b] * 3, starts[b + 1] * 3);
      double[] alone = forward(model, window, new int[] {0, starts[b + 1] - starts[b]});
      assertThat(Arrays.copyOfRange(together, b * alone.length, (b + 1) * alone.length))
          .as("window %d", b)
          .isEqualTo(alone);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void nanStaysInItsWindow(Kernels kernels, ChordMixerConfig config) {
    ChordMixer model = model(kernels, config);
    float[] x = steps(21);
    int[] starts = {0, 8, 15, 21};
    double[] before = forward(model, x, starts);
    x[10 * 3 + 1] = Float.NaN;
    double[] after = forward(model, x, starts);
    int n = model.outputs();
    assertThat(Arrays.copyOfRange(after, 0, n)).isEqualTo(Arrays.copyOfRange(before, 0, n));
    assertThat(Arrays.copyOfRange(after, n, 2 * n)).containsOnly(Double.NaN);
    assertThat(Arrays.copyOfRange(after, 2 * n, 3 * n))
        .isEqualTo(Arrays.copyOfRange(before, 2 * n, 3 * n));
  }

  @ParameterizedTest
  @MethodSource("models")
  void workMemoryThatWasUsedChangesNothing(Kernels kernels, ChordMixerConfig config) {
    ChordMixer model = model(kernels, config);
    float[] x = steps(12);
    int[] starts = {0, 12};
    Scratch used = new Scratch(kernels);
    forward(model, steps(300), new int[] {0, 300}, used);
    assertThat(forward(model, x, starts, used)).isEqualTo(forward(model, x, starts));
  }

  @ParameterizedTest
  @MethodSource("models")
  void nothingInIsNothingOut(Kernels kernels, ChordMixerConfig config) {
    assertThat(forward(model(kernels, config), new float[0], new int[1])).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 1", "3, 2", "4, 2", "5, 3", "1024, 10", "1025, 11", "1500000, 21"})
  void blocksAreTheLogarithmOfTheLengthRoundedUp(int length, int layers) {
    assertThat(ChordMixer.layers(length)).isEqualTo(layers);
  }

  /** There the reference, which takes the logarithm in 32 bits, is one short. */
  @Test
  void blocksAreExactForLengthsThatAFloatCannotTellApart() {
    assertThat(ChordMixer.layers((1 << 21) + 1)).isEqualTo(22);
    assertThat(ChordMixer.layers((1 << 23) + 5)).isEqualTo(24);
  }

  // ------------------------------------------------------------------ errors

  @Test
  void anEmptyWindowIsRefused() {
    ChordMixer model = model(reference, config(CONFIG));
    assertThatThrownBy(() -> forward(model, steps(5), new int[] {0, 3, 3, 5}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Window 1 of the batch has no steps");
  }

  @Test
  void aWindowBeyondTheModelsLengthIsRefusedWhereItHasNoBlocks() {
    String variable = CONFIG.replace("GN", "LN").replace("false", "true");
    ChordMixer model = model(reference, config(variable));
    assertThat(forward(model, steps(16), new int[] {0, 16})).hasSize(5);
    assertThatThrownBy(() -> forward(model, steps(17), new int[] {0, 17}))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("17 steps, which take 5 blocks", "has 4, for at most 16 steps");
  }

  @Test
  void moreThanAnArrayHoldsIsRefusedBeforeItIsAllocated() {
    ChordMixer model = model(reference, config(CONFIG)); // 20 features
    assertThatThrownBy(() -> forward(model, steps(1), new int[] {0, 110_000_000}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("110000000 steps with 20 features each is 2200000000 values");
  }

  @Test
  void fewerValuesThanStepsAreRefused() {
    ChordMixer model = model(reference, config(CONFIG));
    assertThatThrownBy(() -> forward(model, steps(3), new int[] {0, 4}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("4 x 3 = 12", "holds 9");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 3})
  void anUnknownTokenIsRefused(int token) {
    ChordMixer model =
        model(reference, config(CONFIG.replace("\"linear\", \"dec", "\"sparse\", \"dec")));
    Tensor y = reference.allocate(5);
    int[] tokens = {0, 2, token};
    int[] starts = {0, 3};
    assertThatThrownBy(
            () -> model.forward(tokens, new PackedSequences(starts, 1), y, new Scratch(reference)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Token " + token + " in row 2 is unknown: the model knows 0 to 2");
    assertThatThrownBy(
            () ->
                model.forward(
                    new int[2], new PackedSequences(starts, 1), y, new Scratch(reference)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("a token for each of 3 steps, found 2");
    assertThatThrownBy(() -> forward(model, steps(1), new int[] {0, 1}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("reads tokens");
  }

  @Test
  void tokensForAModelOfFeaturesAreRefused() {
    ChordMixer model = model(reference, config(CONFIG));
    Tensor y = reference.allocate(5);
    Scratch work = new Scratch(reference);
    assertThatThrownBy(() -> model.forward(new int[1], PackedSequences.of(0, 1), y, work))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("reads features");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"GN\"; \"gn\"; 'norm' must be LN, BN, GN or None, but is \"gn\"",
        "false; true; 'norm' must be LN or None where var_len is true",
        "\"decoder\": \"linear\"; \"decoder\": \"conv\"; 'decoder' must be linear, or null",
        "_type\": \"linear\"; _type\": \"dense\"; 'embedding_type' must be sparse or linear",
        "\"track_size\"; \"tracksize\"; 'track_size' must be a whole number"
      })
  void aSettingThatCannotBeIsNamed(String from, String to, String message) {
    assertThat(CONFIG).contains(from);
    assertThatThrownBy(() -> config(CONFIG.replace(from, to)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  @Test
  void settingsMayLeaveOutWhatTheReferenceDoes() {
    String shorter =
        CONFIG
            .replace(", \"var_len\": false", "")
            .replace("\"decoder\": \"linear\"", "\"decoder\": null");
    assertThat(config(shorter))
        .extracting(ChordMixerConfig::decoder, ChordMixerConfig::varLen)
        .containsOnly(false);
  }

  @Test
  void aMissingTensorIsNamedWithTheNearest() {
    SafetensorsWriter weights = ChordMixerInit.draw(config(CONFIG.replace("GN", "LN")), 1);
    assertThatThrownBy(() -> new ChordMixer(reference, config(CONFIG), weights(weights)))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(
            "no tensor 'encoder.chordmixer_blocks.0.norm.gn.weight'",
            "[20]",
            "encoder.chordmixer_blocks.0.norm.weight");
  }

  @Test
  void aTensorOfAnotherShapeIsNamedWithBothShapes() {
    SafetensorsWriter weights = ChordMixerInit.draw(config(CONFIG), 1);
    ChordMixerConfig wider = config(CONFIG.replace("10", "11"));
    assertThatThrownBy(() -> new ChordMixer(reference, wider, weights(weights)))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("blocks.0.mix.fc1.weight", "[10, 20]", "[11, 20]");
  }

  @Test
  void aDirectoryIsReadForWindowsAndRefusedForSteps() {
    Path path = folder.resolve("mixer/1");
    ModelDirectory.write(path, CONFIG, ChordMixerInit.draw(config(CONFIG), 1), "{}");
    ModelDirectory directory = ModelDirectory.read(path);
    ChordMixer model = ChordMixerFamily.read(directory, reference);
    assertThat(forward(model, steps(7), new int[] {0, 7}))
        .isEqualTo(forward(model(reference, config(CONFIG)), steps(7), new int[] {0, 7}));
    assertThatThrownBy(() -> Families.load(directory, reference, PredictionValues.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("mixer/1", "reads windows", "use a model that reads step by step");
  }

  @Test
  void aCircularPadThatDoesNotReachIsRefused() {
    Rotation rotation = new Rotation(reference, 8, 2); // largest offset 4
    Tensor x = reference.allocate(100);
    Tensor y = reference.allocate(1000);
    rotation.applyCircularPad(x, PackedSequences.of(0, 4, 12), y);
    assertThatThrownBy(() -> rotation.applyCircularPad(x, PackedSequences.of(0, 3, 11), y))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("3 x the shortest (3) must reach the longest (8) + the largest");
  }

  // ----------------------------------------------------------------- helpers

  private static ChordMixerConfig config(String json) {
    return ChordMixerConfig.of(Settings.parse(json, "test"));
  }

  private static ChordMixer model(Kernels kernels, ChordMixerConfig config) {
    return new ChordMixer(kernels, config, weights(ChordMixerInit.draw(config, 1)));
  }

  private static Weights weights(SafetensorsWriter writer) {
    return Weights.of(Safetensors.parse(writer.toBytes(), "drawn"));
  }

  private static double[] forward(ChordMixer model, float[] x, int[] starts) {
    return forward(model, x, starts, new Scratch(model.kernels()));
  }

  private static double[] forward(ChordMixer model, float[] steps, int[] starts, Scratch work) {
    Kernels kernels = model.kernels();
    Tensor x = kernels.allocate(steps.length);
    kernels.write(steps, 0, x, 0, steps.length);
    int sequences = starts.length - 1;
    Tensor y = kernels.allocate(sequences * model.outputs());
    model.forward(new Block(x, new PackedSequences(starts, sequences)), y, work);
    double[] answers = new double[y.size()];
    kernels.read(y, 0, answers, 0, answers.length);
    return answers;
  }

  /** Steps of 3 values, the same at each call. */
  private static float[] steps(int count) {
    Random random = new Random(3);
    float[] values = new float[count * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
