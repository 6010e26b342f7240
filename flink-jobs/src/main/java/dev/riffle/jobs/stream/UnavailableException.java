package dev.riffle.jobs.stream;

/**
 * What a job needs to decode a record is not available; the record itself may be right. So it does
 * not become a dead letter: the attempt fails, Flink restarts the job as {@code restart-attempts}
 * says, and the record is read again.
 */
public final class UnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * @param message what is missing and what to do; there is no cause, so that it is the last one of
   *     every stack trace
   */
  public UnavailableException(String message) {
    super(message);
  }
}
