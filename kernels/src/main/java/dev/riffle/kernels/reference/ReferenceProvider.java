package dev.riffle.kernels.reference;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.KernelsProvider;
import java.util.Optional;

/** Makes the backend {@code reference}. */
public final class ReferenceProvider implements KernelsProvider {
  @Override
  public String name() {
    return ReferenceKernels.NAME;
  }

  @Override
  public Optional<String> unavailable() {
    return Optional.empty();
  }

  @Override
  public Kernels create() {
    return new ReferenceKernels();
  }
}
