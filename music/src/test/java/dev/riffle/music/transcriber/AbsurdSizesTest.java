package dev.riffle.music.transcriber;

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
  private static final Path MODEL = Path.of("..", "demo", "models", "lru-transcriber", "1.1");
  private static final long MOST_BYTES = 16 << 20; // some weights are read first

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "windows" : [ 2048, 4096 ] | "windows" : [ 2048, 1073741824 ] | tensor 'frontend.window_1073741824'
          "bins" : 294 | "bins" : 16777216 | tensor 'frontend.bank_2048' has shape
          "pitches" : 88 | "pitches" : 16777216 | tensor 'pitch_bias' has shape [88, 3], expected [16777216, 3]
          "layers" : 3 | "layers" : 4097 | 'lru.layers' must be a whole number from 1 to 4096
          "rate" : 16000 | "rate" : 16777216 | 'audio.rate' must be from 8000 to 192000
          "kernel" : 5 | "kernel" : 16777216 | has shape
          "norm_epsilon" : 1.0E-6 | "norm_epsilon" : -1.0E-6 | 'lru.norm_epsilon' must be 0 or more, but is -1.0E-6
          "epsilon" : 3.0E-5 | "epsilon" : -1e300 | 'spectrum.epsilon' must be 0 or more
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
