package dev.riffle.kernels.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * CUDA C++ of this module.
 *
 * @param name as it is included, and as the compiler names it in messages
 * @param text the source itself
 */
record Source(String name, String text) {
  /** What is compiled, each by itself; names of kernels, {@code extern "C"}, differ in all. */
  private static final List<String> UNITS =
      List.of(
          "rows.cu", "sequences.cu", "products.cu", "switch_units.cu", "fused.cu", "attention.cu");

  /** What units may include. */
  private static final List<String> HEADERS = List.of("common.cuh", "tiles.cuh");

  static List<Source> units() {
    return UNITS.stream().map(Source::resource).toList();
  }

  static List<Source> headers() {
    return HEADERS.stream().map(Source::resource).toList();
  }

  private static Source resource(String name) {
    try (InputStream in = Source.class.getResourceAsStream(name)) {
      return new Source(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("This module's jar does not give its own " + name + ".", e);
    }
  }
}
