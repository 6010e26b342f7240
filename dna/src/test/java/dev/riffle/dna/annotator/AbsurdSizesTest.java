package dev.riffle.dna.annotator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Sizes and constants in {@code config.json} that no model can have are refused before they take
 * memory.
 */
class AbsurdSizesTest {
  private static final Path MODEL = Path.of("..", "demo", "models", "dna-annotator", "1");
  private static final long MOST_BYTES = 16 << 20; // some weights are read first

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "n_layers" : 2 | "n_layers" : 16777216 | 'n_layers'
          "delay_tokens" : 10 | "delay_tokens" : 16777216 | 'delay_tokens' must be a whole number from 1 to 4096
          "d_model" : 48 | "d_model" : 16777216 | tensor 'encoder/kernel' has shape
          "d_hidden" : 32 | "d_hidden" : 16777216 | has shape
          "d_summary" : 16 | "d_summary" : 16777216 | need 3221225472 weights
          "layer_norm_eps" : 1.0E-6 | "layer_norm_eps" : -1.0E-6 | 'layer_norm_eps' must be 0 or more, but is -1.0E-6
          "layer_norm_eps" : 1.0E-6 | "layer_norm_eps" : -1 | 'layer_norm_eps' must be 0 or more, but is -1
          """)
  void theyAreRefusedBeforeTheyTakeMemory(String good, String bad, String message) {
    ModelDirectory model = ModelDirectory.read(MODEL);
    String config = model.config().toJson();
    assertThat(config).contains(good);
    Settings changed = Settings.parse(config.replace(good, bad), "config.json");
    Kernels kernels = Backends.find("reference");
    ModelDirectory absurd =
        new ModelDirectory(
            model.path(),
            model.name(),
            model.version(),
            model.family(),
            changed,
            model.weights(),
            model.provenance(),
            model.fingerprint());
    long before = allocated();
    assertThatThrownBy(() -> Families.describe(absurd, kernels, 0))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
    assertThat(allocated() - before).isLessThan(MOST_BYTES);
  }

  private static long allocated() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getCurrentThreadAllocatedBytes();
  }
}
