package dev.riffle.models.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.InputException;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DescriptionTest {
  private static final Kernels REFERENCE = Backends.find("reference");
  @TempDir Path folder;

  @Test
  void anLruTakesFourComplexAndTwoRealProductsPerLayer() throws IOException {
    Description d = describe("lru/lru-05-L8-d16h12x2-last-batch-pre", 0);
    int width = 16;
    int states = 12;
    ObjectNode h = hparams("lru/lru-05-L8-d16h12x2-last-batch-pre");
    long ends = width * (h.get("d_input").asLong() + h.get("d_output").asLong());
    assertThat(d.multiplyAdds()).isEqualTo(ends + 2L * (4 * width * states + 2 * width * width));
    assertThat(d.layers()).isEqualTo(2);
    assertThat(d.stateBytes()).isEqualTo(2 + 8 + 2 * 2 * states * 8);
    assertThat(d.lookAhead()).isEqualTo("none");
    assertThat(d.window()).isZero();
    assertThat(d.reads()).isEqualTo(h.get("d_input").asInt() + " values per step");
    assertThat(d.predictions()).isEqualTo(h.get("d_output").asInt() + " values after each step");
  }

  @Test
  void aQrnnTakesItsConvolutionForEachGate() throws IOException {
    // ifo: 4 gates; k 2; 1 input, then 3
    Description d = describe("qrnn/qrnn-paper-11-T4096-i1h3x1-k2-ifo", 10);
    assertThat(d.multiplyAdds()).isEqualTo(10 * 4 * 3 * 2 * 1);
    assertThat(d.receptiveField()).isEqualTo("all steps so far");
  }

  @Test
  void aChordMixerCountsBothMatricesOfEachBlock() throws IOException {
    // 1024 steps: 10 blocks of width 11 x 8, hidden 40
    String name = "chordmixer/chord-20-max1024-N1024-t8h40-linear-BN-BN-lraimage";
    ObjectNode h = hparams(name);
    long ends = 1024L * h.get("input_size").asLong() * 88 + 88L * h.get("output_size").asLong();
    Description d = describe(name, 0);
    assertThat(d.multiplyAdds()).isEqualTo(ends + 1024L * 10 * 2 * 88 * 40);
    assertThat(d.window()).isEqualTo(1024);
    assertThat(d.reads()).isEqualTo("1 value per step");
    assertThat(d.predictions()).isEqualTo("10 values for a window");
    assertThat(d.stateBytes()).isEqualTo(18 + 1023 * 4); // a window's steps but its last
    assertThat(d.per()).isEqualTo("a window of 1024");
    assertThat(d.lookAhead()).isEqualTo("to the window's end");
  }

  @Test
  void anRseForMusicAnswersItsOwnWindowOnly() throws IOException {
    String name = "rse/rse-music-01-w512-B2-m8-b2-c2";
    // convolutions to 256 x 4 and 128 x 16, to 128 x 8; 2 x 2 x 6 + 1 units; the middle's head
    long front = 256 * 4 * 4 + 128 * 4 * 4 * 16 + 128 * 16 * 8;
    long head = 8 * hparams(name).get("n_classes").asLong();
    assertThat(describe(name, 0).multiplyAdds()).isEqualTo(front + 25 * 64 * 16 * 64 + head);
    assertThatThrownBy(() -> describe(name, 100))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("windows of 512 values");
  }

  @Test
  void aRoutingTransformerReadsTokensInWindows() throws IOException {
    Description d = describe("routing/routing-23-T1024-B1-lm-long1024", 0);
    Description half = describe("routing/routing-23-T1024-B1-lm-long1024", 512);
    int tokens = hparams("routing/routing-23-T1024-B1-lm-long1024").get("num_tokens").asInt();
    assertThat(d.reads()).isEqualTo("a token, 0 to " + (tokens - 1) + ", per step");
    assertThat(d.predictions()).isEqualTo(tokens + " values for each step");
    assertThat(half.window()).isEqualTo(512);
    assertThat(half.stateBytes()).isEqualTo(18 + 511 * 4);
    assertThat(d.multiplyAdds()).isGreaterThan(half.multiplyAdds());
  }

  private Description describe(String golden, int length) throws IOException {
    Safetensors tensors = read(golden);
    ObjectNode config = hparams(golden);
    config.put("family", golden.startsWith("routing") ? "routing-transformer" : family(golden));
    SafetensorsWriter weights = new SafetensorsWriter();
    for (String name : tensors.names()) {
      weights.add(name, tensors.floats(name), tensors.shape(name));
    }
    Path path = folder.resolve("model" + length).resolve("1");
    ModelDirectory.write(path, config.toString(), weights, "{}");
    return Families.describe(ModelDirectory.read(path), REFERENCE, length);
  }

  private static String family(String golden) {
    return golden.substring(0, golden.indexOf('/'));
  }

  private static Safetensors read(String golden) {
    return Safetensors.read(Path.of("goldens", golden + ".safetensors"));
  }

  private static ObjectNode hparams(String golden) throws IOException {
    String described = read(golden).metadata().get("case");
    return (ObjectNode) new ObjectMapper().readTree(described).get("hparams");
  }
}
