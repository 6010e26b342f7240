package dev.riffle.cli.shared;

/** A command could not do what was asked; the message is for people and names the cure. */
public final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1;

  public Failure(String message) {
    super(message);
  }

  public Failure(String message, Throwable cause) {
    super(message, cause);
  }
}
