package dev.riffle.schemas;

/** Bytes that are no record, or a record that cannot be bytes; the message says what to do. */
public final class CodecException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public CodecException(String message) {
    super(message);
  }

  public CodecException(String message, Throwable cause) {
    super(message, cause);
  }
}
