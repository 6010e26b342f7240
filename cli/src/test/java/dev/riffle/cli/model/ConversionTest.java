package dev.riffle.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.rse.Rse;
import dev.riffle.models.rse.RseFamily;
import dev.riffle.models.weights.ElementType;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConversionTest {
  private static final String LRU = "lru/lru-03-L3-d16h12x2-mean-batch-post";
  private static final String TORCH_B = "rse/rse-torchb-07-N8-B1-m6-b2";

  @TempDir Path folder;

  // ---------------------------------------------------------------- any family

  @ParameterizedTest
  @CsvSource({
    LRU + ", lru",
    "qrnn/qrnn-lg-02-T7-i4h6x2-k3-fo-sigmoid, qrnn",
    TORCH_B + ", rse",
    "chordmixer/chord-06-max8-N5-t4h10-linear-LN-GN-short, chordmixer",
    "routing/routing-06-T50-B2-lm-causal-unshared-mem1, routing-transformer"
  })
  void aFileOfWeightsBecomesAModelOfItsFamilyInEitherFormat(String golden, String family)
      throws IOException {
    Conversion conversion = begin(golden, family);
    Conversion.Result result = conversion.write(folder.resolve("some/1"), false);
    Conversion.of(folder.resolve("some/1")).write(folder.resolve("some/2"), true);
    Conversion.of(folder.resolve("some/2")).write(folder.resolve("some/3"), false);

    Safetensors weights = Safetensors.read(file(golden));
    assertThat(result.tensors()).isEqualTo(weights.names().size());
    assertThat(result.unread()).allMatch(name -> weights.names().contains(name));
    for (String version : List.of("1", "2", "3")) {
      ModelDirectory model = ModelDirectory.read(folder.resolve("some").resolve(version));
      assertThat(model.family()).isEqualTo(family);
      assertThat(model.weights().file().names()).isEqualTo(weights.names());
      for (String name : weights.names()) {
        assertThat(model.weights().file().type(name)).isEqualTo(weights.type(name));
        assertThat(model.weights().file().shape(name)).isEqualTo(weights.shape(name));
        assertThat(model.weights().file().doubles(name)).isEqualTo(weights.doubles(name));
      }
    }
    assertThat(folder.resolve("some/2/model.npz")).exists();
    assertThat(ModelDirectory.read(folder.resolve("some/3")).fingerprint())
        .isEqualTo(ModelDirectory.read(folder.resolve("some/1")).fingerprint());
  }

  @Test
  void theProvenanceSaysWhatItWasMadeOf() throws IOException {
    Conversion conversion = begin(LRU, "lru");
    conversion.round(ElementType.F16);
    conversion.write(folder.resolve("some/1"), false);
    Conversion.of(folder.resolve("some/1")).write(folder.resolve("some/2"), false);

    JsonNode born = new ObjectMapper().readTree(folder.resolve("some/2/provenance.json").toFile());
    assertThat(born.at("/model").asText()).isEqualTo("some 2");
    assertThat(born.at("/imported/kind").asText()).isEqualTo("model directory some/1");
    assertThat(born.at("/imported/changes")).isEmpty();
    JsonNode first = born.at("/imported/provenance");
    assertThat(first)
        .isEqualTo(new ObjectMapper().readTree(folder.resolve("some/1/provenance.json").toFile()));
    assertThat(first.at("/imported/files/weights.safetensors").asText())
        .isEqualTo(ModelDirectory.sha256(folder.resolve("weights.safetensors")));
    assertThat(first.at("/imported/changes/0").asText()).endsWith(" tensors to F16");
    assertThat(first.at("/parameters").asLong())
        .isEqualTo(ModelDirectory.read(folder.resolve("some/1")).weights().count());
  }

  @Test
  void namesLoseTheirPrefixAndTensorsStayBehind() throws IOException {
    Safetensors weights = Safetensors.read(file(LRU));
    SafetensorsWriter wrapped = new SafetensorsWriter();
    weights.names().forEach(name -> wrapped.copy("module." + name, weights, name));
    wrapped.add("opt.a", new float[1], 1).add("opt.b", new float[1], 1).add("step", new long[1], 1);
    wrapped.write(folder.resolve("wrapped.safetensors"));

    Conversion conversion = Conversion.of(folder.resolve("wrapped.safetensors"));
    conversion.configure(settings(LRU, "lru"));
    assertThatThrownBy(() -> conversion.strip("module."))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("tensor 'opt.a' does not begin with 'module.'")
        .hasMessageContaining("--skip");
    assertThatThrownBy(() -> conversion.skip("stop"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("holds no tensor 'stop'; the nearest name in it is 'step'.");
    conversion.skip("opt.*");
    conversion.skip("step");
    conversion.strip("module.");
    conversion.write(folder.resolve("some/1"), false);
    assertThat(ModelDirectory.read(folder.resolve("some/1")).weights().file().names())
        .isEqualTo(weights.names());
  }

  @Test
  void whatIsMissingOrMisshapenIsNamedAndNothingIsWritten() throws IOException {
    Conversion missing = begin(LRU, "lru");
    missing.skip("params/encoder/layers_1/seq/nu_log");
    Conversion misshapen = begin(LRU, "lru");
    misshapen.configure(misshapen.config().with("d_model", 17));
    Conversion unset = begin(LRU, "lru");
    unset.configure(unset.config().without("n_layers"));
    Path target = folder.resolve("some/1");

    assertThatThrownBy(() -> missing.write(target, false))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "weights.safetensors holds no tensor 'params/encoder/layers_1/seq/nu_log' (expected with"
                + " shape [12]); the nearest name in it is")
        .hasMessageContaining("seq/nu_log'");
    assertThatThrownBy(() -> misshapen.write(target, false))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "tensor 'params/encoder/encoder/kernel' has shape [3, 16], expected [3, 17]");
    assertThatThrownBy(() -> unset.write(target, false))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("setting 'n_layers' must be");
    assertThat(folder.resolve("some")).doesNotExist();
  }

  @Test
  void tensorsThatTheModelDoesNotReadAreReported() throws IOException {
    Conversion conversion = begin(LRU, "lru");
    conversion.configure(conversion.config().with("n_layers", 1));
    assertThat(conversion.write(folder.resolve("some/1"), false).unread())
        .isNotEmpty()
        .allMatch(name -> name.contains("layers_1/"));
  }

  @Test
  void aVersionIsNeverWrittenOver() throws IOException {
    begin(LRU, "lru").write(folder.resolve("some/1"), false);
    String before = ModelDirectory.read(folder.resolve("some/1")).fingerprint();
    Conversion again = begin(LRU, "lru");
    again.round(ElementType.F16);
    assertThatThrownBy(() -> again.write(folder.resolve("some/1"), false))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("already exists. Versions are immutable; choose a new one.");
    assertThat(ModelDirectory.read(folder.resolve("some/1")).fingerprint()).isEqualTo(before);
    assertThatThrownBy(() -> again.write(folder.resolve("some/.1"), false))
        .hasMessageContaining("is not <name>/<version>, such as models/copier/1.");
  }

  @Test
  void aNumberBeyondTheRangeOfItsTypeIsRefused() throws IOException {
    new SafetensorsWriter()
        .add("a", new float[] {1, 70_000}, 2)
        .write(folder.resolve("big.safetensors"));
    Conversion conversion = Conversion.of(folder.resolve("big.safetensors"));
    assertThatThrownBy(() -> conversion.round(ElementType.F16))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("tensor 'a' contains 70000.0, which is out of the range of F16");
  }

  @Test
  void whatIsNoFileOfWeightsIsSentToTheImporters() {
    assertThatThrownBy(() -> Conversion.of(folder.resolve("run.pt")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("run.pt is neither a model directory nor a file of weights")
        .hasMessageContaining("training/import");
  }

  // ---------------------------------------------------------------- one function, two conventions

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rse-torchb-05-N2-B1-m6-b1",
        "rse-torchb-06-N7-B2-m6-b1",
        "rse-torchb-07-N8-B1-m6-b2",
        "rse-torchb-08-N1000-B1-m3-b2",
        "rse-tf-01-heavy-N2-B1-m6-b1",
        "rse-tf-03-heavy-N8-B2-m6-b2",
        "rse-tf-13-heavy-N8-B2-m6-b2-tiedouter"
      })
  void bothConventionsOfTheSameNetworkGiveTheSameOutputs(String golden) throws IOException {
    Conversion conversion = begin("rse/" + golden, "rse");
    int length = Safetensors.read(golden("rse/" + golden)).shape("output")[1]; // padded
    conversion.configure(conversion.config().with("length", length));
    conversion.write(folder.resolve("net/1"), false);
    boolean torch = golden.startsWith("rse-torchb");
    Conversion other = Conversion.of(folder.resolve("net/1"));
    List<String> leftOut = other.variant(torch ? "tf" : "torch-b");
    other.write(folder.resolve("net/2"), false);
    Conversion back = Conversion.of(folder.resolve("net/2"));
    back.variant(torch ? "torch-b" : "tf");
    back.write(folder.resolve("net/3"), false);

    for (String backend : List.of("reference", "cpu")) {
      Kernels kernels = Backends.find(backend);
      double[] expected = run(kernels, "net/1", golden, length);
      assertThat(run(kernels, "net/2", golden, length)).isEqualTo(expected);
      assertThat(run(kernels, "net/3", golden, length)).isEqualTo(expected);
    }
    // windows of 2 positions pass one unit only, and PyTorch keeps the others
    assertThat(leftOut.isEmpty()).isEqualTo(length > 2 || !torch);
    assertThat(names("net/2")).doesNotContainAnyElementsOf(names("net/1"));
    if (leftOut.isEmpty() && !golden.contains("tiedouter")) {
      assertThat(names("net/3")).isEqualTo(names("net/1"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "rse/rse-tf-07-heavy-N16-B1-m6-b1-untiedinner, torch-b, setting 'tied_inner_weights' must be true",
    "rse/rse-tf-05-plain-N8-B1-m6-b2, torch-b, setting 'variant' must be torch-b to become tf",
    "rse/rse-torcha-03-N8-B1-m6-b2, tf, setting 'variant' must be torch-b to become tf",
    "rse/rse-torchb-07-N8-B1-m6-b2, torch-a, to become torch-a it",
    "lru/lru-03-L3-d16h12x2-mean-batch-post, tf, setting 'family' must be rse"
  })
  void whatIsAnotherFunctionIsNotRenamed(String golden, String variant, String message)
      throws IOException {
    Conversion conversion = begin(golden, golden.substring(0, golden.indexOf('/')));
    assertThatThrownBy(() -> conversion.variant(variant))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aWindowThatPyTorchPadsMustBeAPowerOfTwoForTheOfficialCode() throws IOException {
    Conversion conversion = begin("rse/rse-torchb-08-N1000-B1-m3-b2", "rse");
    conversion.configure(conversion.config().with("length", 1000));
    assertThatThrownBy(() -> conversion.variant("tf"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("length is 1000")
        .hasMessageContaining("set the length to 1024");
  }

  private double[] run(Kernels kernels, String model, String golden, int length) {
    Rse network = RseFamily.network(ModelDirectory.read(folder.resolve(model)), kernels);
    Safetensors recorded = Safetensors.read(golden("rse/" + golden));
    int[] shape = recorded.shape("input"); // [batch, steps, m]
    double[] x = new double[shape[0] * length * shape[2]];
    int[] starts = new int[shape[0] + 1];
    for (int b = 0; b < shape[0]; b++) {
      int size = shape[1] * shape[2];
      System.arraycopy(recorded.doubles("input"), b * size, x, b * length * shape[2], size);
      starts[b + 1] = starts[b] + length;
    }
    Tensor y =
        network.forward(
            kernels.constant(x), new PackedSequences(starts, shape[0]), new Scratch(kernels));
    double[] values = new double[x.length];
    kernels.read(y, 0, values, 0, values.length);
    return values;
  }

  private Set<String> names(String model) {
    return ModelDirectory.read(folder.resolve(model)).weights().file().names();
  }

  private Conversion begin(String golden, String family) {
    Conversion conversion = Conversion.of(file(golden));
    conversion.configure(settings(golden, family));
    return conversion;
  }

  private static Settings settings(String golden, String family) {
    Settings recorded =
        Settings.parse(
            Safetensors.read(golden(golden)).metadata().get("case"), "the case of " + golden);
    return Settings.parse("{}", "the settings given")
        .with("family", family)
        .with(recorded.under("hparams"));
  }

  /** The weights of a golden as a file of their own. */
  private Path file(String golden) {
    Safetensors recorded = Safetensors.read(golden(golden));
    Set<String> values = GoldenCase.read(golden(golden)).recorded();
    SafetensorsWriter weights = new SafetensorsWriter();
    for (String name : recorded.names()) {
      if (!values.contains(name)) {
        weights.copy(name, recorded, name);
      }
    }
    Path file = folder.resolve("weights.safetensors");
    weights.write(file);
    return file;
  }

  private static Path golden(String name) {
    return Path.of("../models/goldens", name + ".safetensors");
  }
}
