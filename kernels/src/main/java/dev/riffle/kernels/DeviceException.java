package dev.riffle.kernels;

/**
 * A device failed: nothing that it was to write can be used, and the input is not the cause. A
 * stream must restart from its last checkpoint, on a backend from a new call of {@link
 * Backends#find}.
 *
 * <p>A backend throws this for all that its device, driver or link does; what is wrong with the
 * arguments of an operation stays an {@link IllegalArgumentException}.
 */
public class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * @param message what the device was to do, what it said, and what to do now
   * @param cause what its binding threw; null for none
   */
  public DeviceException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The device ran out of memory: smaller parts may fit. The device continues to work. */
  public static final class OutOfMemory extends DeviceException {
    private static final long serialVersionUID = 1;

    /**
     * @param message how much was asked for and how much there is, as far as the device tells
     * @param cause what its binding threw; null for none
     */
    public OutOfMemory(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
