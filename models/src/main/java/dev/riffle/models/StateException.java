package dev.riffle.models;

/** State bytes that this model cannot continue; the message says what to do. */
public final class StateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public StateException(String message) {
    super(message);
  }

  /** Of a state whose first byte is another version, or that has no byte. */
  static StateException version(ModelInfo info, byte version, byte[] stored) {
    return new StateException(
        String.format(
            "Model %s reads states of version %d, but %s came; take the release that wrote it, or"
                + " begin the sequence anew.",
            info.label(),
            version,
            stored.length == 0 ? "no byte" : "version " + Byte.toUnsignedInt(stored[0])));
  }

  /** Of a state that has another size. */
  static StateException size(ModelInfo info, long expected, byte[] stored) {
    return new StateException(
        String.format(
            "The state has %d bytes, model %s needs %d: another model wrote it; go on with that"
                + " one, or begin the sequence anew.",
            stored.length, info.label(), expected));
  }
}
