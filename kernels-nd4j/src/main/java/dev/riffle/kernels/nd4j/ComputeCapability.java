package dev.riffle.kernels.nd4j;

import java.util.List;
import java.util.Optional;

/**
 * What generation a CUDA GPU is of, and whether nd4j-cuda-11.6 1.0.0-M2.1 can run there.
 *
 * <p>Its binaries hold machine code for {@link #BUILT} and no PTX. Machine code for capability x.y
 * runs on GPUs x.z with z {@code >=} y and on no others (CUDA C++ Programming Guide, "Binary
 * Compatibility"); PTX would be compiled for any later GPU.
 */
record ComputeCapability(int major, int minor) {

  /** What machine code there is. */
  static final List<ComputeCapability> BUILT =
      List.of(
          new ComputeCapability(3, 7),
          new ComputeCapability(5, 0),
          new ComputeCapability(5, 2),
          new ComputeCapability(6, 0),
          new ComputeCapability(6, 1),
          new ComputeCapability(7, 0),
          new ComputeCapability(7, 5),
          new ComputeCapability(8, 0),
          new ComputeCapability(8, 6));

  /** Why ND4J cannot run on such a GPU and what to do; empty where it can. */
  Optional<String> refusal() {
    if (BUILT.stream().anyMatch(b -> b.major == major && b.minor <= minor)) {
      return Optional.empty();
    }
    return Optional.of(
        "a GPU of compute capability "
            + this
            + (newest().major < major
                ? " is newer than ND4J: its CUDA binaries hold machine code up to "
                : " is older than ND4J: its CUDA binaries begin with machine code for ")
            + (newest().major < major ? newest() : BUILT.get(0))
            + " and no PTX (Hopper is 9.0). Hide the GPU with CUDA_VISIBLE_DEVICES, or use the"
            + " backend 'cpu'.");
  }

  private static ComputeCapability newest() {
    return BUILT.get(BUILT.size() - 1);
  }

  /** As CUDA writes it: {@code 8.6}. */
  @Override
  public String toString() {
    return major + "." + minor;
  }
}
