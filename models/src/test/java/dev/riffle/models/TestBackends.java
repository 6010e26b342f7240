package dev.riffle.models;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import java.util.stream.Stream;

/** The backends that tests of models run on: all that can work here. */
public final class TestBackends {
  private TestBackends() {}

  public static Stream<Kernels> all() {
    return Backends.names().stream()
        .filter(name -> Backends.unavailable(name).isEmpty())
        .map(Backends::find);
  }
}
