package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** The backend on the stand-in, or on a card, for tests that call it on any thread. */
final class Card {
  private static CudaKernels kernels;

  private Card() {}

  /** One for all tests of a JVM. */
  static synchronized CudaKernels kernels() {
    if (kernels == null) {
      kernels = open(CudaOptions.of(name -> null));
    }
    return kernels;
  }

  /** Another, with options of its own. */
  static CudaKernels open(CudaOptions options) {
    StandIn.require();
    Device device = new Device("cuda");
    return device.call(
        () -> new CudaKernels(Gpu.open(options, Source.units(), Source.headers()), device));
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
