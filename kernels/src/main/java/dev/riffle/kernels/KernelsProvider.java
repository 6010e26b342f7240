package dev.riffle.kernels;

import java.util.Optional;

/**
 * How a backend makes itself known: named in {@code
 * META-INF/services/dev.riffle.kernels.KernelsProvider} of its own jar.
 */
public interface KernelsProvider {
  /** Name of the backend. */
  String name();

  /** Why this backend cannot work on this machine and what to do about it; empty when it can. */
  Optional<String> unavailable();

  /** The backend; called once per JVM, and only when {@link #unavailable} is empty. */
  Kernels create();
}
