package dev.riffle.kernels;

/**
 * A device did not do its work: nothing that it was to write can be used, and the input is not at
 * fault. Whoever streams has to begin again from its last checkpoint, on a backend that is asked
 * for anew ({@link Backends#find}).
 *
 * <p>A backend throws this for all that its device, driver or link does; what is wrong with the
 * arguments of a operation stays an {@link IllegalArgumentException}.
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

  /** The device's memory did not suffice: the same in smaller parts may. The device goes on. */
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
