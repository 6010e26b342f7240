package dev.riffle.models.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.families.Families;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.BiConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoutingTransformerTest {
  private static final String ROUTED = "routing-04-T64-B1-lm-causal-full";
  private static final String MEMORIES = "routing-06-T50-B2-lm-causal-unshared-mem1";
  private static final String MIXED = "routing-07-T64-B1-lm-causal-local1";
  private static final String AHEAD = "routing-08-T64-B1-lm-noncausal-local1";
  private static final String LOCAL = "routing-09-T32-B1-lm-all-local";
  private static final String DELAYED = "routing-14-T48-B1-lm-shift-tieemb";
  private static final String PADDED = "routing-18-T45-B2-lm-autopad-mask";
  private static final String PADDED_LATER = "routing-43-T45-B2-lm-autopad-mask-la1111";
  private static final String SHIFTED = "routing-15-T48-B1-lm-noncausal-shift";
  private static final String ENCODER = "routing-20-T64-B1-rt-plain";
  private static final String CONTEXT = "routing-21-T32-B2-rt-context";
  private static final String KEYS = "routing-24-T40-B1-lm-pkm2020";
  private static final int TOKENS = 20;
  private static final int WINDOW = 16;
  private static final int LONGEST = 64;

  private final Kernels cpu = Backends.find("cpu");
  private final Kernels reference = Backends.find("reference");

  // ------------------------------------------------------------- properties

  @ParameterizedTest
  @ValueSource(strings = {ROUTED, MEMORIES, MIXED, AHEAD, LOCAL, SHIFTED, KEYS})
  void aBatchOfAnyLengthsEqualsItsWindowsBitForBit(String golden) {
    RoutingTransformer model = model(cpu, golden);
    int[] starts = {0, 45, 46, 110, 127};
    int[] tokens = tokens(127);
    double[] batch = run(model, RoutingInput.tokens(tokens, starts));
    for (int b = 0; b < 4; b++) {
      int[] own = Arrays.copyOfRange(tokens, starts[b], starts[b + 1]);
      assertThat(run(model, RoutingInput.tokens(own, 0, own.length)))
          .as("window %d", b)
          .isEqualTo(Arrays.copyOfRange(batch, starts[b] * TOKENS, starts[b + 1] * TOKENS));
    }
  }

  @Test
  void aContextBelongsToItsWindowAlone() {
    RoutingTransformer model = model(cpu, CONTEXT);
    RoutingInput context = RoutingInput.features(random(30 * 16), 0, 11, 30);
    RoutingInput both = RoutingInput.features(random(25 * 16), 0, 5, 25).with(context);
    double[] batch = run(model, both);
    double[] second = Arrays.copyOfRange(both.features().orElseThrow(), 5 * 16, 25 * 16);
    double[] itsContext = Arrays.copyOfRange(context.features().orElseThrow(), 11 * 16, 30 * 16);
    double[] alone =
        run(
            model,
            RoutingInput.features(second, 0, 20).with(RoutingInput.features(itsContext, 0, 19)));
    assertThat(batch).endsWith(alone);
  }

  @Test
  void aLocalCausalModelNeverChangesThePast() {
    RoutingTransformer model = model(cpu, LOCAL);
    int[] tokens = tokens(LONGEST);
    double[] all = run(model, RoutingInput.tokens(tokens, 0, LONGEST));
    for (int length : new int[] {1, 15, 16, 17, 40}) {
      int[] first = Arrays.copyOf(tokens, length);
      assertThat(all).startsWith(run(model, RoutingInput.tokens(first, 0, length)));
    }
  }

  @Test
  void aRoutedCausalModelKeepsThePastOnlyAsLongAsEveryClusterHoldsAll() {
    RoutingTransformer model = model(cpu, ROUTED);
    int[] tokens = tokens(LONGEST);
    double[] full = run(model, RoutingInput.tokens(Arrays.copyOf(tokens, WINDOW), 0, WINDOW));
    double[] before = run(model, RoutingInput.tokens(Arrays.copyOf(tokens, 9), 0, 9));
    assertThat(full).startsWith(before);
    double[] beyond = run(model, RoutingInput.tokens(tokens, 0, LONGEST));
    assertThat(Arrays.copyOf(beyond, full.length)).isNotEqualTo(full);
  }

  /** What {@code model inspect} says of a causal model is so. */
  @ParameterizedTest
  @ValueSource(ints = {WINDOW, LONGEST})
  void whereAnAnswerClaimsToSeeTheWindowSoFarTheFutureNeverChangesThePast(int length) {
    int claims = 0;
    for (String golden : new String[] {ROUTED, MEMORIES, MIXED, LOCAL, DELAYED, KEYS, AHEAD}) {
      RoutingTransformer model = model(cpu, golden);
      if (!model.describe(length).receptiveField().equals("the window so far")) {
        continue;
      }
      claims++;
      int[] tokens = tokens(length);
      double[] before = run(model, RoutingInput.tokens(tokens, 0, length));
      for (int changed = 0; changed < length; changed += 3) {
        int[] other = tokens.clone();
        other[changed] = (other[changed] + 1) % TOKENS;
        double[] after = run(model, RoutingInput.tokens(other, 0, length));
        int past = changed * TOKENS;
        assertThat(Arrays.copyOf(after, past)).isEqualTo(Arrays.copyOf(before, past));
        assertThat(after).isNotEqualTo(before);
      }
    }
    assertThat(claims).isEqualTo(length == WINDOW ? 6 : 1); // LOCAL claims it at any length
  }

  /** The reference's Autopadder: token 0 up to the local window, masked, then cut off. */
  @ParameterizedTest
  @ValueSource(strings = {MIXED, AHEAD, LOCAL, PADDED, PADDED_LATER})
  void aWindowIsAnsweredAsIfItWereFilledUpWithMaskedTokens(String golden) {
    RoutingTransformer model = model(cpu, golden);
    for (int length : new int[] {1, 15, 45}) {
      int full = (length + WINDOW - 1) / WINDOW * WINDOW;
      int[] tokens = Arrays.copyOf(tokens(length), full);
      boolean[] mask = new boolean[full];
      Arrays.fill(mask, 0, length, true);
      double[] filled = run(model, RoutingInput.tokens(tokens, 0, full).masked(mask));
      double[] own = run(model, RoutingInput.tokens(tokens(length), 0, length));
      assertThat(own).isEqualTo(Arrays.copyOf(filled, length * TOKENS));
    }
  }

  @Test
  void aMaskOfAllRowsIsNone() {
    for (String golden : new String[] {ROUTED, MIXED, AHEAD}) {
      RoutingTransformer model = model(cpu, golden);
      RoutingInput input = RoutingInput.tokens(tokens(40), 0, 40);
      boolean[] all = new boolean[40];
      Arrays.fill(all, true);
      assertThat(run(model, input.masked(all))).isEqualTo(run(model, input));
    }
  }

  @Test
  void aWindowInWhichNothingCountsStaysFinite() {
    for (String golden : new String[] {ROUTED, MEMORIES, MIXED, AHEAD}) {
      for (Kernels kernels : new Kernels[] {cpu, reference}) {
        RoutingInput none = RoutingInput.tokens(tokens(20), 0, 20).masked(new boolean[20]);
        for (double value : run(model(kernels, golden), none)) {
          assertThat(value).isFinite();
        }
      }
    }
  }

  @Test
  void ofEqualScoresTheEarlierIsTaken() {
    double[] scores = {0, 1, 2, 1, 2, 1, 0};
    assertThat(TopK.indices(scores, 0, 1, 7, 4)).containsExactly(1, 2, 3, 4);
    assertThat(TopK.indices(scores, 1, 2, 3, 2)).containsExactly(0, 1);
    assertThat(TopK.indices(scores, 0, 1, 7, 7)).containsExactly(0, 1, 2, 3, 4, 5, 6);
  }

  // ----------------------------------------------------------------- errors

  @Test
  void windowsThatDoNotFitAreRefused() {
    RoutingTransformer model = model(cpu, ROUTED);
    refused(() -> run(model, RoutingInput.tokens(new int[1], 0, 1, 1)), "Sequence 1", "empty");
    refused(() -> run(model, RoutingInput.tokens(tokens(65), 0, 65)), "has 65 rows", "allows 64");
    refused(
        () -> run(model, RoutingInput.tokens(new int[] {1, 2, 20, 3}, 0, 1, 4)),
        "Token 1 of window 1",
        "from 0 to 19 but is 20");
    refused(() -> run(model, RoutingInput.tokens(new int[] {-1}, 0, 1)), "is -1");
    refused(
        () -> run(model, RoutingInput.tokens(new int[3], 0, 4)), "expected 4 tokens", "found 3");
    refused(
        () -> run(model, RoutingInput.features(new double[16], 0, 1)),
        "expected 1 tokens",
        "found 0");
    RoutingInput input = RoutingInput.tokens(new int[4], 0, 4);
    refused(() -> run(model, input.masked(new boolean[3])), "each of 4 rows", "has 3");
    refused(() -> run(model, input.with(input)), "takes no context");
    assertThatThrownBy(() -> run(model, RoutingInput.tokens(new int[4], 0, 4, 2)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void featuresThatDoNotFitAreRefused() {
    RoutingTransformer model = model(cpu, ENCODER);
    double[] x = random(3 * 12);
    refused(() -> run(model, RoutingInput.features(x, 0, 4)), "4 rows of 12", "found 36 values");
    refused(() -> run(model, RoutingInput.tokens(new int[3], 0, 3)), "found 0 values");
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      x[25] = bad;
      refused(() -> run(model, RoutingInput.features(x, 0, 3)), "feature 1 of row 2 is " + bad);
    }
  }

  @Test
  void aContextThatDoesNotFitIsRefused() {
    RoutingTransformer model = model(cpu, CONTEXT);
    RoutingInput input = RoutingInput.features(random(32), 0, 2);
    refused(() -> run(model, input), "attends to a context", "none was given");
    RoutingInput two = RoutingInput.features(random(32), 0, 1, 2);
    refused(() -> run(model, input.with(two)), "each of 1 windows", "found 2");
  }

  @Test
  void settingsThatDoNotFitAreNamed() {
    misset(ROUTED, "\"window_size\" : 16", "\"window_size\" : 15", "max_seq_len", "multiple of");
    misset(ROUTED, "\"kind\" : \"lm\"", "\"kind\" : \"vision\"", "kind", "lm or rt");
    misset(ROUTED, "\"1.4.3\"", "\"1.5.0\"", "local_attention_version", "1.4.3 or 1.11.1");
    misset(MIXED, "\"n_local_attn_heads\" : 1", "\"n_local_attn_heads\" : 3", "n_local_attn_heads");
    misset(ROUTED, "\"depth\" : 2", "\"depth\" : 2, \"moe_layers\" : [1]", "moe_layers", "lots");
    misset(KEYS, "\"pkm_num_keys\" : 32", "\"pkm_num_keys\" : 31", "pkm_num_keys", "32 or more");
  }

  @Test
  void weightsThatDoNotFitAreNamed() {
    String means = "routing_transformer.layers.layers.1.0.fn.global_attn.kmeans.means";
    assertThatThrownBy(() -> changed(ROUTED, (writer, t) -> copy(writer, t, means, null)))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("no tensor '" + means + "'", "[2, 4, 8]");
    assertThatThrownBy(() -> changed(ROUTED, (w, t) -> copy(w, t, means, new int[] {4, 2, 8})))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(means, "[4, 2, 8]", "[2, 4, 8]");
  }

  @Test
  void meansThatWereNeverSetAreRefused() {
    String name = "routing_transformer.layers.layers.0.0.fn.global_attn.kmeans.initted";
    assertThatThrownBy(
            () ->
                changed(
                    ROUTED,
                    (writer, t) -> {
                      copy(writer, t, name, null);
                      writer.add(name, new float[1]);
                    }))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("kmeans.initted' is false");
  }

  @Test
  void aDirectoryIsRunOnWindowsAndRefusedForAStream(@TempDir Path folder) {
    GoldenCase golden = golden(ROUTED);
    SafetensorsWriter weights = new SafetensorsWriter();
    copy(weights, golden.tensors(), "", null);
    Settings settings = golden.settings().under("hparams");
    String config = settings.toJson().replaceFirst("\\{", "{\"family\": \"routing-transformer\",");
    Path path = folder.resolve("some/1");
    ModelDirectory.write(path, config, weights, "{}");
    ModelDirectory directory = ModelDirectory.read(path);
    RoutingInput input = RoutingInput.tokens(tokens(40), 0, 40);
    assertThat(run(RoutingFamily.model(directory, cpu), input))
        .isEqualTo(run(model(cpu, ROUTED), input));
    assertThatThrownBy(() -> Families.load(directory, cpu, PredictionValues.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("some/1", "reads windows", "Set the window length");
  }

  @Test
  void aModelThatNeedsAContextIsRefusedForAStream() {
    refused(() -> model(cpu, CONTEXT).check(16), "receives_context", "brings none");
    refused(() -> model(cpu, ROUTED).check(LONGEST + 1), "max_seq_len allows 64");
  }

  // ---------------------------------------------------------------- helpers

  private static void refused(ThrowingCallable call, String... parts) {
    assertThatThrownBy(call).isInstanceOf(InputException.class).hasMessageContainingAll(parts);
  }

  private void misset(String golden, String from, String to, String... parts) {
    String json = golden(golden).settings().under("hparams").toJson();
    assertThat(json).contains(from);
    Settings settings = Settings.parse(json.replace(from, to), "config.json");
    Weights weights = Weights.of(golden(golden).tensors());
    assertThatThrownBy(() -> new RoutingTransformer(cpu, settings, weights))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(parts);
  }

  /** The model of a golden with weights that {@code change} has written. */
  private void changed(String golden, BiConsumer<SafetensorsWriter, Safetensors> change) {
    SafetensorsWriter writer = new SafetensorsWriter();
    change.accept(writer, golden(golden).tensors());
    Weights weights = Weights.of(Safetensors.parse(writer.toBytes(), "weights"));
    new RoutingTransformer(cpu, golden(golden).settings().under("hparams"), weights);
  }

  /** Copies all tensors but one, which gets another shape, or is left out if that is null. */
  private static void copy(SafetensorsWriter to, Safetensors from, String odd, int[] shape) {
    for (String name : from.names()) {
      if (!name.equals(odd)) {
        to.add(name, from.floats(name), from.shape(name));
      } else if (shape != null) {
        to.add(name, from.floats(name), shape);
      }
    }
  }

  private static GoldenCase golden(String name) {
    return GoldenCase.read(Path.of("goldens/routing", name + ".safetensors"));
  }

  private static RoutingTransformer model(Kernels kernels, String name) {
    GoldenCase golden = golden(name);
    return new RoutingTransformer(
        kernels, golden.settings().under("hparams"), Weights.of(golden.tensors()));
  }

  private static double[] run(RoutingTransformer model, RoutingInput input) {
    Kernels kernels = model.kernels();
    Tensor y = kernels.allocate(input.rows() * model.outputs());
    model.forward(input, y, new Scratch(kernels));
    double[] values = new double[input.rows() * model.outputs()];
    kernels.read(y, 0, values, 0, values.length);
    return values;
  }

  private static int[] tokens(int count) {
    return new Random(7).ints(count, 0, TOKENS).toArray();
  }

  private static double[] random(int count) {
    return new Random(8).doubles(count, -1, 1).toArray();
  }
}
