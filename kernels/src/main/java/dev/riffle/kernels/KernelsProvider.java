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

  /**
   * Makes the backend; called only when {@link #unavailable} is empty: once per JVM, and once more
   * after each failure of its {@link Backend#device}. Where only a new process brings a device
   * back, {@code unavailable} says so from its failure on.
   */
  Backend create();
}
