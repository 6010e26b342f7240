package dev.riffle.kernels.nd4j;

import dev.riffle.kernels.Backend;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.KernelsProvider;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.factory.Nd4jBackend;
import org.nd4j.nativeblas.NativeOps;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * Makes the backend {@code nd4j}, of whichever ND4J is on the class path: nd4j-native (profile
 * {@code cpu}) or nd4j-cuda-11.6 (profile {@code cuda}). A CUDA GPU is worked on from one thread,
 * the {@link Device}; the CPU from the callers' own.
 */
public final class Nd4jProvider implements KernelsProvider {
  private Device device; // the last one made

  @Override
  public String name() {
    return Nd4jKernels.NAME;
  }

  @Override
  public synchronized Optional<String> unavailable() {
    if (device != null && device.failure().isPresent()) {
      return Optional.of(
          "its CUDA device has failed and comes back only in a new process ("
              + device.failure().get().getMessage()
              + "). Restart this JVM; on a cluster, the TaskManager.");
    }
    try {
      return gpus();
    } catch (Nd4jBackend.NoAvailableBackendException | LinkageError | RuntimeException e) {
      return Optional.of(
          "ND4J does not load here ("
              + innermost(e)
              + "). Its natives are shipped for Linux on x86-64: on the class path must be"
              + " nd4j-native and openblas, or nd4j-cuda-11.6 on a host with CUDA 11, each with its"
              + " classifier linux-x86_64; and the directory of -Dorg.bytedeco.javacpp.cachedir"
              + " needs 400 MiB.");
    }
  }

  /** Why ND4J cannot use a GPU of this machine; empty if it can or if there is no GPU. */
  private static Optional<String> gpus() throws Nd4jBackend.NoAvailableBackendException {
    NativeOps ops = ops();
    for (int gpu = 0; gpu < ops.getAvailableDevices(); gpu++) {
      Optional<String> refusal =
          new ComputeCapability(ops.getDeviceMajor(gpu), ops.getDeviceMinor(gpu)).refusal();
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    return Optional.empty();
  }

  /** Loads ND4J's natives without computing: on an unsupported GPU even the first sum fails. */
  private static NativeOps ops() throws Nd4jBackend.NoAvailableBackendException {
    System.setProperty("org.nd4j.log.initialization", "false"); // it would log at every start
    Nd4jBackend.load();
    return NativeOpsHolder.getInstance().getDeviceNativeOps();
  }

  @Override
  public synchronized Backend create() {
    boolean cuda = NativeOpsHolder.getInstance().getDeviceNativeOps().getAvailableDevices() > 0;
    device = cuda ? new Device(Nd4jKernels.NAME) : null;
    return Guard.around(new Nd4jKernels(description(), device, true));
  }

  private static String description() {
    Map<Object, Object> reported = Map.copyOf(Nd4j.getExecutioner().getEnvironmentInformation());
    return String.format(
        "ND4J 1.0.0-M2.1 on %s, BLAS %s with %s threads",
        reported.get("backend"), reported.get("blas.vendor"), reported.get("blas.threads"));
  }

  private static Throwable innermost(Throwable e) {
    return e.getCause() == null ? e : innermost(e.getCause());
  }
}
