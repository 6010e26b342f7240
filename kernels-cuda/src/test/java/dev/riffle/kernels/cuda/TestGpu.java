package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Backend;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.EnumMap;
import java.util.Map;

/** The backend on the emulator, or on a GPU, for tests that call it on any thread. */
final class TestGpu {
  /** One per precision for all tests of a JVM. */
  private static final Map<CudaOptions.Precision, TestGpu> OPENED =
      new EnumMap<>(CudaOptions.Precision.class);

  private final Device device;
  private final Gpu gpu;

  private TestGpu(CudaOptions.Precision precision) {
    Emulator.require();
    CudaOptions options =
        CudaOptions.of(name -> name.equals(CudaOptions.PRECISION) ? precision.name() : null);
    device = new Device("cuda-" + precision);
    gpu = device.call(() -> Gpu.open(options, Source.units(), Source.headers()));
  }

  static CudaKernels kernels() {
    TestGpu opened = of(CudaOptions.Precision.FP32);
    return opened.device.call(() -> new CudaKernels(opened.gpu, opened.device));
  }

  /**
   * The backend on a GPU that it believes to have so many parts: with one it takes large tiles,
   * with many it takes small ones.
   */
  static CudaKernels of(CudaOptions.Precision precision, int parts) {
    TestGpu opened = of(precision);
    return opened.device.call(() -> new CudaKernels(opened.gpu, opened.device, parts));
  }

  private static synchronized TestGpu of(CudaOptions.Precision precision) {
    return OPENED.computeIfAbsent(precision, TestGpu::new);
  }

  /** The same kernels, each call of which runs on their device's thread. */
  static Kernels anyThread(Backend kernels) {
    Device device = kernels.device().orElseThrow();
    return new Kernels(
        (Backend)
            Proxy.newProxyInstance(
                TestGpu.class.getClassLoader(),
                new Class<?>[] {Backend.class},
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
                        })));
  }
}
