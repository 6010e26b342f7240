package dev.riffle.kernels.cuda;

import java.util.Optional;

/** What generation a GPU is of: 8.0 is Ampere, 8.9 Ada, 9.0 Hopper, 10.0 and 12.0 Blackwell. */
record ComputeCapability(int major, int minor) {
  /** The oldest that is taken: kernels and products are written with Ampere in mind. */
  static final ComputeCapability LEAST = new ComputeCapability(8, 0);

  /** Why such a GPU is not taken and what to do; empty where it is. */
  Optional<String> refusal() {
    if (number() >= LEAST.number()) {
      return Optional.empty();
    }
    return Optional.of(
        "a GPU of compute capability "
            + this
            + " is older than this backend, which begins with "
            + LEAST
            + " (Ampere). Use the backend 'cpu', choose another GPU with CUDA_VISIBLE_DEVICES or -D"
            + CudaOptions.DEVICE
            + ", or, for 3.7 to 8.9, take 'nd4j' in its profile 'cuda' (docs/backends.md).");
  }

  /** As compilers write it: 90. */
  int number() {
    return 10 * major + minor;
  }

  /** As CUDA writes it: {@code 9.0}. */
  @Override
  public String toString() {
    return major + "." + minor;
  }
}
