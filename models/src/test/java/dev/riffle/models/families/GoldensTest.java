package dev.riffle.models.families;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.models.golden.GoldensContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class GoldensTest extends GoldensContract {
  private static final Path FAMILIES = Path.of("goldens");

  GoldensTest() {
    super(
        "input(_mask)?|lengths|context|context_mask|init_(c|tail)\\.\\d+|hidden_init|prev_x\\.\\d+"
            + "|state_steps|prefix_lengths",
        FAMILIES.toString(),
        "../demo/models/read-classifier");
  }

  @Test
  void noGoldenOfTheFamiliesIsMissing() throws IOException {
    assertThat(goldens().stream().filter(golden -> golden.startsWith(FAMILIES)))
        .hasSizeGreaterThanOrEqualTo(130);
  }
}
