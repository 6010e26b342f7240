package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Precision;

/** Thrown for a state that the model cannot continue. The message says what to do. */
public final class StateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public StateException(String message) {
    super(message);
  }

  /** Creates the exception for a state of another version, or without bytes. */
  static StateException version(ModelInfo info, byte version, byte[] stored) {
    return new StateException(
        String.format(
            "Model %s reads states of version %d, but %s came. Use the release that wrote the state,"
                + " or restart the sequence.",
            info.label(),
            version,
            stored.length == 0 ? "no byte" : "version " + Byte.toUnsignedInt(stored[0])));
  }

  /** Creates the exception for a state of another size. */
  static StateException size(ModelInfo info, long expected, byte[] stored) {
    return new StateException(
        String.format(
            "The state has %d bytes, model %s needs %d. Another model wrote the state: use that"
                + " model, or restart the sequence.",
            stored.length, info.label(), expected));
  }

  /** Creates the exception for a state that a backend of another precision wrote. */
  static StateException precision(ModelInfo info, Kernels kernels, byte bytes) {
    Precision precision = kernels.precision();
    return new StateException(
        String.format(
            "The state holds numbers of %d bytes, but backend '%s' of model %s computes with %d"
                + " (%s). Use the backend that wrote the state, or restart the sequence.",
            bytes, kernels.name(), info.label(), precision.bytes(), precision));
  }

  /** Creates the exception for bytes that this model cannot have written. */
  static StateException foreign(ModelInfo info, byte[] stored) {
    return new StateException(
        String.format(
            "The %d bytes are not a state of model %s. Another model wrote the state: use that"
                + " model, or restart the sequence.",
            stored.length, info.label()));
  }
}
