package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.EnumMap;
import java.util.Map;

/** The backend on the stand-in, or on a card, for tests that call it on any thread. */
final class Card {
  /** One per precision for all tests of a JVM. */
  private static final Map<CudaOptions.Precision, Card> OPENED =
      new EnumMap<>(CudaOptions.Precision.class);

  private final Device device;
  private final Gpu gpu;

  private Card(CudaOptions.Precision precision) {
    StandIn.require();
    CudaOptions options =
        CudaOptions.of(name -> name.equals(CudaOptions.PRECISION) ? precision.name() : null);
    device = new Device("cuda-" + precision);
    gpu = device.call(() -> Gpu.open(options, Source.units(), Source.headers()));
  }

  static CudaKernels kernels() {
    Card card = of(CudaOptions.Precision.FP32);
    return card.device.call(() -> new CudaKernels(card.gpu, card.device));
  }

  /**
   * The backend on a card that it believes to have so many parts: with one it takes large tiles,
   * with many it takes small ones.
   */
  static CudaKernels of(CudaOptions.Precision precision, int parts) {
    Card card = of(precision);
    return card.device.call(() -> new CudaKernels(card.gpu, card.device, parts));
  }

  private static synchronized Card of(CudaOptions.Precision precision) {
    return OPENED.computeIfAbsent(precision, Card::new);
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
