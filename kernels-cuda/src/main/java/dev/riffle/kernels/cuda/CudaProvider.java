package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Backend;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.KernelsProvider;
import java.util.Optional;

/**
 * Makes the backend {@code cuda} on the GPU that {@value CudaOptions#DEVICE} names. All of it runs
 * on one thread, the {@link Device}'s, so that tasks and jobs of a JVM share the GPU.
 */
public final class CudaProvider implements KernelsProvider {
  private Device device; // the last one made

  @Override
  public String name() {
    return CudaKernels.NAME;
  }

  @Override
  public synchronized Optional<String> unavailable() {
    if (device != null && device.failure().isPresent()) {
      return Optional.of(
          "its GPU has failed and comes back only in a new process ("
              + device.failure().get().getMessage()
              + "). Restart this JVM; on a cluster, the TaskManager.");
    }
    return Machine.look().problem();
  }

  @Override
  public synchronized Backend create() {
    Device made = new Device(CudaKernels.NAME);
    device = made;
    return made.call(
        () ->
            new CudaKernels(
                Gpu.open(CudaOptions.ofSystem(), Source.units(), Source.headers()), made));
  }
}
