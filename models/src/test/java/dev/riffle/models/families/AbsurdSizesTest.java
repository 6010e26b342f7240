package dev.riffle.models.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.weights.ModelDirectory;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sizes in {@code config.json} that no model can have are refused before they take memory. */
class AbsurdSizesTest {
  private static final Path MODELS = Path.of("..", "demo", "jobs", "models");
  private static final long MOST_BYTES = 8 << 20;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          lru | {'n_layers': 4097} | 'n_layers' must be a whole number from 1 to 4096
          lru | {'n_layers': 4096, 'd_hidden': 16777216} | 'n_layers' 4096 x 'd_model' 8 x 'd_hidden' 16777216 need 549755813888 weights
          lru | {'d_model': 1, 'n_layers': 4096, 'd_hidden': 65536} | need 4294967296 bytes of state for each key
          lru | {'d_output': 16777216, 'multidim': 256} | 'd_output' 16777216 x 'multidim' 256 need
          lru | {'d_hidden': 16777216, 'd_model': 16} | tensor 'params/encoder/encoder/kernel' has shape
          qrnn | {'num_layers': 4097} | 'num_layers' must be a whole number from 1 to 4096
          qrnn | {'hidden_size': 16777216} | 'hidden_size' 16777216 x 'hidden_size' 16777216 need
          qrnn | {'kernel_size': 16777216} | tensor 'layers.0.z_conv.weight' has shape
          qrnn | {'kernel_size': [16777216, 16777216, 16777216], 'input_size': 16777216} | tensor 'layers.0.z_conv.weight' has shape
          rse | {'n_blocks': 16777216} | 'n_blocks' must be a whole number from 1 to 4096
          rse | {'num_units': 16777216} | tensor 'steps_recursive/forward/cand1/c/CvK' has shape
          rse | {'length': 16777216, 'n_blocks': 4097} | 'n_blocks' must be
          routing-transformer | {'depth': 65536} | 'depth' must be a whole number from 1 to 4096
          routing-transformer | {'heads': 16777216, 'dim_head': 16777216} | need
          routing-transformer | {'num_tokens': 16777216, 'emb_dim': 1024} | 'num_tokens' 16777216 x 'emb_dim' 1024 need
          routing-transformer | {'kind': 'rt', 'dim': 16777216, 'heads': 1, 'dim_head': 2} | holds no tensor
          routing-transformer | {'n_local_attn_heads': 1, 'local_attn_window_size': 16777216} | 'max_seq_len' must be less
          routing-transformer | {'n_local_attn_heads': 1, 'max_seq_len': 16777216} | 'max_seq_len' must be less
          chordmixer | {'track_size': 16777216} | tensor 'embedding.weight' has shape
          chordmixer | {'hidden_size': 16777216} | has shape
          chordmixer | {'input_size': 16777216, 'max_seq_len': 16777216} | tensor 'embedding.weight' has shape
          """)
  void theyAreRefusedBeforeTheyTakeMemory(String family, String changes, String message) {
    Settings changed = Settings.parse(changes.replace('\'', '"'), "config.json");
    ModelDirectory good = ModelDirectory.read(MODELS.resolve(family).resolve("1"));
    Families.describe(good, Backends.find("reference"), 0);
    ModelDirectory bad =
        new ModelDirectory(
            good.path(),
            good.name(),
            good.version(),
            family,
            good.config().with(changed),
            good.weights(),
            good.provenance(),
            good.fingerprint());
    long before = allocated();
    assertThatThrownBy(() -> Families.describe(bad, Backends.find("reference"), 0))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
    assertThat(allocated() - before).isLessThan(MOST_BYTES);
  }

  private static long allocated() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getCurrentThreadAllocatedBytes();
  }
}
