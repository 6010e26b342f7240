package dev.riffle.models;

/** State bytes that this model cannot continue; the message says what to do. */
public final class StateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public StateException(String message) {
    super(message);
  }
}
