package dev.riffle.kernels;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The one thread on which a backend's device works. A backend that needs one makes one and names it
 * ({@link Kernels#device}); as there is one backend of a name in a JVM, all tasks of all jobs share
 * that thread.
 *
 * <pre>
 *   caller 1 --call--+
 *   caller 2 --call--+--> queue, in order of arrival --> thread of the device
 *   caller 3 --call--+
 * </pre>
 *
 * <p>A caller waits for its result. So there are never more requests than callers, and a device
 * that is behind slows them down. A caller that is interrupted takes its request back if it still
 * waits, and otherwise stays until it is done, because the request writes into the caller's memory.
 *
 * <p>A device has failed as soon as a request throws a {@link DeviceException} other than {@link
 * DeviceException.OutOfMemory}. Then every other request, waiting or new, fails for this reason;
 * all other exceptions affect only their caller.
 */
public final class Device {
  private final String name;
  private final ThreadPoolExecutor executor;
  private volatile Thread thread;
  private volatile DeviceException failure;

  /**
   * @param name names the thread, and the device in messages
   */
  public Device(String name) {
    this.name = name;
    this.executor =
        new ThreadPoolExecutor(
            1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::newThread);
  }

  /** A thread that keeps nothing of the job on whose behalf it happens to be made. */
  @SuppressWarnings("removal") // a thread inherits the protection domains of its maker's callers
  private Thread newThread(Runnable work) {
    return AccessController.doPrivileged(
        (PrivilegedAction<Thread>)
            () -> {
              Thread made = new Thread(null, work, "riffle-device-" + name, 0, false);
              made.setDaemon(true);
              made.setContextClassLoader(Device.class.getClassLoader());
              thread = made;
              return made;
            });
  }

  /** Why this device has failed; empty while it works. */
  public Optional<DeviceException> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * Runs work on the thread of the kernels' device and waits for it; on the caller's own where they
   * have none.
   */
  public static <T> T call(Kernels kernels, Supplier<T> work) {
    Optional<Device> device = kernels.device();
    return device.isPresent() ? device.get().call(work) : work.get();
  }

  /**
   * Runs work on the device's thread and waits for it. Work that calls this method again runs at
   * once.
   *
   * @return what the work returns
   * @throws DeviceException if the device fails, had failed before, or the caller is interrupted
   *     while it waits (it stays marked as interrupted)
   */
  public <T> T call(Supplier<T> work) {
    if (Thread.currentThread() == thread) {
      return work.get();
    }
    FutureTask<T> request = new FutureTask<>(() -> run(work));
    executor.execute(request);
    return await(request);
  }

  private <T> T run(Supplier<T> work) {
    if (failure != null) {
      throw new DeviceException(
          "Device '" + name + "' has failed before and takes no more work: " + failure.getMessage(),
          failure);
    }
    try {
      return work.get();
    } catch (DeviceException.OutOfMemory e) {
      throw e;
    } catch (DeviceException e) {
      failure = e;
      executor.allowCoreThreadTimeOut(true); // the thread ends when all callers have the reason
      throw e;
    }
  }

  private <T> T await(FutureTask<T> request) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return request.get();
        } catch (InterruptedException e) {
          interrupted = true;
          if (executor.remove(request)) {
            throw new DeviceException("Interrupted while waiting for device '" + name + "'.", e);
          }
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) e.getCause(); // a Supplier throws nothing else
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
