package dev.riffle.kernels;

/**
 * A device failed. Its output must not be used, and the input is not the cause. A stream must
 * restart from its last checkpoint, on a backend from a new call of {@link Backends#find}.
 *
 * <p>A backend throws this for every fault of its device, driver or link. Invalid arguments of an
 * operation are an {@link IllegalArgumentException}.
 */
public class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * @param message the operation, the error that the device reported, and what to do
   * @param cause exception of the binding; may be null
   */
  public DeviceException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The device ran out of memory: smaller parts may fit. The device continues to work. */
  public static final class OutOfMemory extends DeviceException {
    private static final long serialVersionUID = 1;

    /**
     * @param message requested and available bytes, as far as the device reports them
     * @param cause exception of the binding; may be null
     */
    public OutOfMemory(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
