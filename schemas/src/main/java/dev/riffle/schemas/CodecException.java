package dev.riffle.schemas;

/** A value cannot be decoded, or a record cannot be encoded; the message says what to do. */
public final class CodecException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public CodecException(String message) {
    super(message);
  }

  public CodecException(String message, Throwable cause) {
    super(message, cause);
  }
}
