package dev.riffle.models.rse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RseTest {
  private static final String HEAVY = "rse-tf-03-heavy-N8-B2-m6-b2";
  private static final String UNTIED = "rse-tf-07-heavy-N16-B1-m6-b1-untiedinner";
  private static final String TORCH_A = "rse-torcha-03-N8-B1-m6-b2";
  private static final String TORCH_B = "rse-torchb-07-N8-B1-m6-b2";
  private static final String TOKENS = "rse-tok-01-N8-B2-m8-b1";
  private static final String MUSIC = "rse-music-01-w512-B2-m8-b2-c2";

  private final Kernels cpu = Backends.find("cpu");
  private final Kernels reference = Backends.find("reference");

  // ---------------------------------------------------------------- windows

  @ParameterizedTest
  @ValueSource(strings = {HEAVY, TORCH_A, TORCH_B})
  void aBatchEqualsItsRowsBitForBit(String golden) {
    Rse network = network(cpu, golden);
    double[] x = random(3 * 16 * 6);
    double[] batch = run(network, x, new int[] {0, 16, 32, 48});
    for (int b = 0; b < 3; b++) {
      int size = 16 * 6;
      double[] own = Arrays.copyOfRange(x, b * size, (b + 1) * size);
      assertThat(run(network, own, new int[] {0, 16}))
          .isEqualTo(Arrays.copyOfRange(batch, b * size, (b + 1) * size));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {TORCH_A, TORCH_B})
  void aBatchOfTrueLengthsEqualsItsRowsPaddedWithZeros(String golden) {
    Rse network = network(cpu, golden);
    double[] x = random(13 * 6); // 5 and 8 positions
    double[] batch = run(network, x, new int[] {0, 5, 13});
    double[] first = run(network, Arrays.copyOf(Arrays.copyOf(x, 5 * 6), 8 * 6), new int[] {0, 8});
    double[] second = run(network, Arrays.copyOfRange(x, 5 * 6, 13 * 6), new int[] {0, 8});
    assertThat(batch).hasSize(2 * 8 * 6).startsWith(first).endsWith(second);
  }

  /** The norm sees it in all but variant a, and the variant is that of the padded length. */
  @ParameterizedTest
  @ValueSource(strings = {HEAVY, TORCH_A, TORCH_B})
  void paddingIsNotInert(String golden) {
    Rse network = network(cpu, golden);
    double[] x = random(8 * 6);
    double[] own = run(network, x, new int[] {0, 8});
    double[] padded = run(network, Arrays.copyOf(x, 16 * 6), new int[] {0, 16});
    for (int position = 0; position < 8; position++) {
      assertThat(Arrays.copyOfRange(padded, position * 6, position * 6 + 6))
          .isNotEqualTo(Arrays.copyOfRange(own, position * 6, position * 6 + 6));
    }
  }

  @Test
  void theInputIsLeftAsItIs() {
    Rse network = network(cpu, HEAVY);
    double[] values = random(8 * 6);
    Tensor x = cpu.constant(values);
    network.forward(x, PackedSequences.of(0, 8), new Scratch(cpu));
    double[] after = new double[values.length];
    cpu.read(x, 0, after, 0, after.length);
    assertThat(after).isEqualTo(values);
  }

  @Test
  void notANumberStaysWithinItsWindow() {
    Rse network = network(cpu, HEAVY);
    double[] x = random(2 * 8 * 6);
    double[] clean = run(network, x, new int[] {0, 8, 16});
    x[3 * 6 + 1] = Double.NaN;
    double[] spoilt = run(network, x, new int[] {0, 8, 16});
    assertThat(Arrays.copyOf(spoilt, 8 * 6)).containsOnly(Double.NaN);
    assertThat(Arrays.copyOfRange(spoilt, 8 * 6, 16 * 6))
        .isEqualTo(Arrays.copyOfRange(clean, 8 * 6, 16 * 6));
  }

  @Test
  void everyPositionReachesEveryOther() {
    Rse network = network(reference, TORCH_A);
    double[] x = random(16 * 6);
    double[] before = run(network, x, new int[] {0, 16});
    x[5 * 6] += 1;
    double[] after = run(network, x, new int[] {0, 16});
    for (int position = 0; position < 16; position++) {
      assertThat(Arrays.copyOfRange(after, position * 6, position * 6 + 6))
          .isNotEqualTo(Arrays.copyOfRange(before, position * 6, position * 6 + 6));
    }
  }

  // ------------------------------------------------------------ whole models

  @Test
  void aWindowOfTokensIsPaddedWithTokenZeroToItsBin() {
    RseTokens model = new RseTokens(cpu, hparams(TOKENS), weights(TOKENS));
    assertThat(model.paddedLength(1)).isEqualTo(8);
    assertThat(model.paddedLength(8)).isEqualTo(8);
    assertThat(model.paddedLength(9)).isEqualTo(16);
    double[] own = run(model, new int[] {3, 1, 4}, new int[] {0, 3}, 8);
    double[] padded = run(model, new int[] {3, 1, 4, 0, 0, 0, 0, 0}, new int[] {0, 8}, 8);
    assertThat(own).isEqualTo(padded);
  }

  @Test
  void theReleasedModelAnswersAtPosition992() {
    String golden = "rse-music-03-w8192-B1-m16-b2-c2-window8192";
    RseMusic model = new RseMusic(cpu, hparams(golden), weights(golden));
    assertThat(model.middle()).isEqualTo(992);
    assertThat(model.window()).isEqualTo(8192);
    assertThat(model.outputs()).isEqualTo(128);
  }

  // ------------------------------------------------------------------ errors

  @Test
  void lengthsThatTheReferenceCanNotRunAreRefused() {
    Rse official = network(cpu, HEAVY);
    for (int length : new int[] {0, 1, 3, 7, 12}) {
      assertThatThrownBy(() -> run(official, random(length * 6), new int[] {0, length}))
          .as("length %d", length)
          .isInstanceOf(InputException.class)
          .hasMessageContainingAll("power of two", "has " + length);
    }
    Rse torch = network(cpu, TORCH_A);
    for (int length : new int[] {0, 1}) {
      assertThatThrownBy(() -> run(torch, random(length * 6), new int[] {0, length}))
          .isInstanceOf(InputException.class)
          .hasMessageContainingAll("2 positions or more", "has " + length);
    }
  }

  @Test
  void windowsOfDifferentPaddedLengthsAreNotOneBatch() {
    Rse torch = network(cpu, TORCH_A);
    assertThatThrownBy(() -> run(torch, random(13 * 6), new int[] {0, 4, 13}))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("window 0 has 4", "window 1, of 9 positions, 16");
  }

  @Test
  void anUntiedNetworkTakesTheLengthThatItWasMadeFor() {
    Rse untied = network(cpu, UNTIED);
    for (int length : new int[] {8, 32}) {
      assertThatThrownBy(() -> run(untied, random(length * 6), new int[] {0, length}))
          .isInstanceOf(InputException.class)
          .hasMessageContainingAll("windows of 16", "given " + length);
    }
  }

  @Test
  void moreValuesThanAnArrayHoldsAreRefused() {
    Rse network = network(cpu, HEAVY);
    int length = 1 << 28;
    assertThatThrownBy(
            () -> network.forward(cpu.allocate(0), PackedSequences.of(0, length), new Scratch(cpu)))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("3221225472", "fewer or shorter");
  }

  @Test
  void aTokenOutsideTheVocabularyIsRefused() {
    RseTokens model = new RseTokens(cpu, hparams(TOKENS), weights(TOKENS));
    for (int token : new int[] {-1, 12}) {
      assertThatThrownBy(() -> run(model, new int[] {1, token}, new int[] {0, 2}, 8))
          .isInstanceOf(InputException.class)
          .hasMessageContainingAll("Token 1 of window 0", "from 0 to 11", "is " + token);
    }
    assertThatThrownBy(() -> run(model, new int[0], new int[] {0, 0}, 8))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has 0");
  }

  @Test
  void fewerValuesOrTokensThanTheWindowsTakeAreRefused() {
    for (String golden : new String[] {HEAVY, TORCH_A, TORCH_B}) {
      assertThatThrownBy(() -> run(network(cpu, golden), random(15 * 6), new int[] {0, 8, 16}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("90");
    }
    assertThatThrownBy(() -> run(network(cpu, TORCH_B), random(4 * 6), new int[] {0, 5}))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContainingAll("30 values", "holds 24");
    RseTokens model = new RseTokens(cpu, hparams(TOKENS), weights(TOKENS));
    assertThatThrownBy(() -> run(model, new int[2], new int[] {0, 3}, 8))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("a token for each of 3 steps, found 2");
    RseMusic music = new RseMusic(cpu, hparams(MUSIC), weights(MUSIC));
    Tensor x = cpu.constant(random(2 * 512 - 1));
    Tensor y = cpu.allocate(2 * music.outputs());
    assertThatThrownBy(() -> music.forward(x, 2, y, new Scratch(cpu)))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("holds 1023");
  }

  @Test
  void aMissingTensorIsNamed() {
    Weights none =
        Weights.of(
            Safetensors.parse(
                new SafetensorsWriter().add("x", new float[1], 1).toBytes(), "weights"));
    assertThatThrownBy(() -> Rse.of(cpu, hparams(HEAVY), none))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("steps_recursive/0_forward/cand1/c/CvK");
    assertThatThrownBy(() -> Rse.of(cpu, hparams(TORCH_A), none))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("blocks.benes_block_0.regular_switch.unit.0.weight");
  }

  @Test
  void anUnknownVariantIsRefusedWithThoseThereAre() {
    Settings settings = Settings.parse("{\"variant\": \"torch-c\"}", "config.json");
    assertThatThrownBy(() -> Rse.of(cpu, settings, weights(HEAVY)))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("variant", "torch-a or torch-b", "torch-c");
  }

  @Test
  void aSettingThatNoWindowCanHaveIsNamed() {
    for (String variant : new String[] {"tf", "torch-a"}) {
      Settings settings =
          Settings.parse(
              "{\"variant\": \""
                  + variant
                  + "\", \"network\": \"heavy\", \"m\": 6, \"num_units\": 6, \"n_blocks\": 2,"
                  + " \"length\": 1}",
              "config.json");
      assertThatThrownBy(() -> Rse.of(cpu, settings, weights(HEAVY)))
          .isInstanceOf(ModelException.class)
          .hasMessageContainingAll("config.json", "length", "2 or more", "is 1");
    }
  }

  // ----------------------------------------------------------------- helpers

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'variant': 'tf', 'network': 'heavy', 'num_units': 6",
        "'variant': 'tf', 'network': 'heavy', 'num_units': 6, 'tied_inner_weights': false",
        "'variant': 'tf', 'network': 'plain', 'num_units': 6, 'tied_outer_weights': true",
        "'variant': 'torch-a', 'm': 6",
        "'variant': 'torch-b', 'm': 6"
      })
  void drawnWeightsAreThoseOfTheNetwork(String settings) {
    String json = "{" + settings + ", 'n_blocks': 2, 'length': 16}";
    Settings s = Settings.parse(json.replace('\'', '"'), "drawn");
    byte[] drawn = RseInit.draw(s, 1).toBytes();
    assertThat(RseInit.draw(s, 1).toBytes()).isEqualTo(drawn);
    assertThat(RseInit.draw(s, 2).toBytes()).isNotEqualTo(drawn);
    Rse network = Rse.of(cpu, s, Weights.of(Safetensors.parse(drawn, "drawn")));
    double[] answer = run(network, random(16 * 6), new int[] {0, 16});
    assertThat(Arrays.stream(answer).boxed()).allMatch(v -> Double.isFinite(v) && v != 0);
  }

  private static Safetensors golden(String name) {
    return Safetensors.read(Path.of("goldens/rse", name + ".safetensors"));
  }

  private static Weights weights(String name) {
    return Weights.of(golden(name));
  }

  private static Settings hparams(String name) {
    return Settings.parse(golden(name).metadata().get("case"), name).under("hparams");
  }

  private static Rse network(Kernels kernels, String name) {
    return Rse.of(kernels, hparams(name), weights(name));
  }

  private static double[] run(Rse network, double[] x, int[] starts) {
    Kernels kernels = network.kernels();
    int sequences = starts.length - 1;
    Tensor y =
        network.forward(
            kernels.constant(x), new PackedSequences(starts, sequences), new Scratch(kernels));
    double[] answer = new double[sequences * network.paddedLength(starts[1]) * network.width()];
    kernels.read(y, 0, answer, 0, answer.length);
    return answer;
  }

  private static double[] run(RseTokens model, int[] tokens, int[] starts, int padded) {
    double[] answer = new double[(starts.length - 1) * padded * model.outputs()];
    Tensor y = model.kernels().allocate(answer.length);
    model.forward(
        tokens, new PackedSequences(starts, starts.length - 1), y, new Scratch(model.kernels()));
    model.kernels().read(y, 0, answer, 0, answer.length);
    return answer;
  }

  private static double[] random(int count) {
    Random random = new Random(7);
    double[] values = new double[count];
    Arrays.setAll(values, i -> (float) random.nextGaussian());
    return values;
  }
}
