package dev.riffle.kernels;

import java.util.Optional;

/**
 * What a backend implements. Models do not call it: they call {@link Kernels}, which checks every
 * argument and then calls the backend. An implementation may assume that all arguments are as
 * {@link Operations} describes them, and that tensors and constants are its own.
 *
 * <p>One object serves any number of threads; a tensor is used by one thread at a time. A backend
 * that computes on a {@link #device} is called on the thread of that device only.
 */
public interface Backend extends Constants, FusedOperations {

  /** Name under which this backend is chosen, such as {@code cpu}. */
  String name();

  /** One line for users: what computes, such as {@code cpu: Vector API, 16 float lanes}. */
  String description();

  /** Precision of tensors and of stored state. */
  Precision precision();

  /** The device on whose thread tensors and constants are made and used; empty for none. */
  default Optional<Device> device() {
    return Optional.empty();
  }

  /** This backend for models that compute whole windows, see {@link Kernels#forWindows}. */
  default Backend forWindows() {
    return this;
  }

  /** Whether this backend made this tensor or constant. */
  boolean owns(Object made);
}
