package dev.riffle.jobs.registry;

import java.io.IOException;

/**
 * A schema registry cannot be asked, or does not answer as one. The message says what to do and
 * contains no credentials. There is no cause: the message says it all.
 */
public final class RegistryException extends IOException {
  private static final long serialVersionUID = 1;

  RegistryException(String message) {
    super(message);
  }
}
