package dev.riffle.kernels.nd4j;

import dev.riffle.kernels.Backend;
import dev.riffle.kernels.DeviceException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.Supplier;

/**
 * Wraps the operations and turns what ND4J throws into a {@link DeviceException}. Exceptions about
 * arguments pass through.
 */
record Guard(Nd4jKernels kernels) implements InvocationHandler {

  /** Returns the backend behind a guard. */
  static Backend around(Nd4jKernels kernels) {
    return (Backend)
        Proxy.newProxyInstance(
            Guard.class.getClassLoader(), new Class<?>[] {Backend.class}, new Guard(kernels));
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    try {
      Object result = method.invoke(kernels, arguments);
      return result instanceof Nd4jKernels others ? around(others) : result;
    } catch (InvocationTargetException e) {
      // a tile may throw its caller's exception; exceptions of operations are already converted
      throw method.getName().equals("inTiles")
          ? e.getCause()
          : told(method.getName(), e.getCause());
    }
  }

  /** Calls ND4J and tells what it throws. */
  static <T> T telling(String operation, Supplier<T> call) {
    try {
      return call.get();
    } catch (RuntimeException | Error thrown) {
      Throwable told = told(operation, thrown);
      if (told instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) told;
    }
  }

  /** What to throw in the place of what ND4J threw. */
  static Throwable told(String operation, Throwable thrown) {
    if (thrown instanceof IllegalArgumentException || thrown instanceof IndexOutOfBoundsException) {
      return thrown;
    }
    String said = String.valueOf(thrown.getMessage());
    // outside the heap: JavaCPP and ND4J name bytes and allocation, the heap says "Java heap space"
    if (said.matches("(?is).*(alloc|bytes|out of memory).*")) {
      return new DeviceException.OutOfMemory(
          "ND4J had no memory for '"
              + operation
              + "': "
              + said
              + ". Send smaller batches or shorter windows, or raise"
              + " -Dorg.bytedeco.javacpp.maxbytes and maxphysicalbytes (see docs/backends.md).",
          thrown);
    }
    if (thrown instanceof RuntimeException || thrown instanceof LinkageError) {
      return new DeviceException("ND4J failed in '" + operation + "': " + said, thrown);
    }
    return thrown;
  }
}
