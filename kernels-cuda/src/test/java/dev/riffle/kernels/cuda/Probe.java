package dev.riffle.kernels.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Kernels of the tests. */
final class Probe {
  static final Source SOURCE = source();

  private Probe() {}

  private static Source source() {
    try (InputStream in = Probe.class.getResourceAsStream("probe.cu")) {
      return new Source("probe.cu", new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
