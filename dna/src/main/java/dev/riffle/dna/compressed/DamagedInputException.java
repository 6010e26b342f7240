package dev.riffle.dna.compressed;

import java.io.IOException;

/** Compressed data that cannot be decoded any further. The message names the place. */
public final class DamagedInputException extends IOException {
  private static final long serialVersionUID = 1;

  DamagedInputException(String message) {
    super(message);
  }

  DamagedInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
