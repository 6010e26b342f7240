package dev.riffle.models;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.cpu.CpuProvider;
import java.util.stream.Stream;

/**
 * The backends that tests of models run on: all that can work here, and cpu on both its engines.
 */
public final class TestBackends {
  private TestBackends() {}

  public static Stream<Kernels> all() {
    Stream<Kernels> found =
        Backends.names().stream()
            .filter(name -> Backends.unavailable(name).isEmpty())
            .map(Backends::find);
    return Stream.concat(found, Stream.of(CpuProvider.fallback(1)));
  }
}
