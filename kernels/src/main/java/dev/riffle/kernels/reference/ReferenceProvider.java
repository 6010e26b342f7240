package dev.riffle.kernels.reference;

import dev.riffle.kernels.Backend;
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
  public Backend create() {
    return new ReferenceKernels();
  }
}
