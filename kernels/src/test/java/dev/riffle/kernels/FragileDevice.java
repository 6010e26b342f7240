package dev.riffle.kernels;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;

/**
 * A backend behind a {@link Device}, as one of a GPU is: it computes what the backend computes,
 * insists on the device's thread, and fails or runs out of memory when told to.
 */
public final class FragileDevice implements InvocationHandler {
  private static final List<String> ANY_THREAD =
      List.of("name", "description", "precision", "owns");

  private final Backend backend;
  private final Device device;
  private final Kernels kernels;
  private volatile int callsToFailure = Integer.MAX_VALUE;
  private volatile int largestTensor = Integer.MAX_VALUE;
  private volatile int calls;

  /**
   * @param kernels what computes
   */
  public FragileDevice(Kernels kernels) {
    this.backend = kernels.backend();
    this.device = new Device("fragile");
    this.kernels =
        new Kernels(
            (Backend)
                Proxy.newProxyInstance(
                    Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, this));
  }

  /** The backend on its device. */
  public Kernels kernels() {
    return kernels;
  }

  /** The device. */
  public Device device() {
    return device;
  }

  /** Calls that reached the device so far. */
  public int calls() {
    return calls;
  }

  /** Lets the device fail at so many calls from now; 1 is the next. */
  public void failAfter(int calls) {
    callsToFailure = calls;
  }

  /** Lets the device have no room for a tensor of more values. */
  public void largestTensor(int values) {
    largestTensor = values;
  }

  /** Returns when a thread has asked a device for something and waits for it. */
  @SuppressWarnings("ThreadPriorityCheck") // nothing signals that a thread waits
  public static void untilWaiting(Thread caller) {
    while (caller.getState() != Thread.State.WAITING
        || Arrays.stream(caller.getStackTrace())
            .noneMatch(at -> at.getClassName().equals(FutureTask.class.getName()))) {
      if (!caller.isAlive() || Thread.interrupted()) {
        throw new AssertionError(caller + " does not wait for a device.");
      }
      Thread.yield();
    }
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    if (method.getName().equals("device")) {
      return Optional.of(device);
    }
    if (method.getName().equals("forWindows")) {
      return proxy;
    }
    if (!ANY_THREAD.contains(method.getName())) {
      touch(method, arguments);
    }
    try {
      return method.invoke(backend, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the thread of the device writes
  private void touch(Method method, Object[] arguments) {
    if (!Thread.currentThread().getName().equals("riffle-device-fragile")) {
      throw new AssertionError(method + " was called on " + Thread.currentThread());
    }
    calls++;
    if (callsToFailure != Integer.MAX_VALUE && --callsToFailure <= 0) {
      throw new DeviceException("The device fell off the bus.", null);
    }
    if (method.getName().equals("allocate") && (int) arguments[0] > largestTensor) {
      throw new DeviceException.OutOfMemory(
          "No room for " + arguments[0] + " values; " + largestTensor + " fit.", null);
    }
  }
}
