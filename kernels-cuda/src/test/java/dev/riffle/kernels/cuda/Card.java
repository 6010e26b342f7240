package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** The backend on the stand-in, or on a card, for tests that call it on any thread. */
final class Card {
  private static Device device;
  private static Gpu gpu;

  private Card() {}

  /** One for all tests of a JVM. */
  static synchronized CudaKernels kernels() {
    open();
    return device.call(() -> new CudaKernels(gpu, device));
  }

  /** The same card, which believes to have so many parts: a few large tiles, or many small ones. */
  static synchronized CudaKernels ofParts(int parts) {
    open();
    return device.call(() -> new CudaKernels(gpu, device, parts));
  }

  private static void open() {
    StandIn.require();
    if (gpu == null) {
      device = new Device("cuda");
      gpu =
          device.call(
              () -> Gpu.open(CudaOptions.of(name -> null), Source.units(), Source.headers()));
    }
  }

  /** The same kernels, each call of which runs on their device's thread. */
  static Kernels anyThread(Kernels kernels) {
    Device device = kernels.device().orElseThrow();
    return (Kernels)
        Proxy.newProxyInstance(
            Card.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (proxy, method, arguments) ->
                device.call(
                    () -> {
                      try {
                        return method.invoke(kernels, arguments);
                      } catch (InvocationTargetException e) {
                        if (e.getCause() instanceof RuntimeException own) {
                          throw own;
                        }
                        throw new AssertionError(e.getCause());
                      } catch (IllegalAccessException e) {
                        throw new AssertionError(e);
                      }
                    }));
  }
}
