package dev.riffle.kernels.cuda;

import org.bytedeco.cuda.cudart.CUfunc_st;

/**
 * A compiled kernel. Arguments are given in the order of its parameters, then it is launched:
 *
 * <pre>{@code
 * gpu.kernel("fill").arg(y.address()).arg(count).arg(1f).launch(blocks, 1, 256, 0);
 * }</pre>
 */
final class Kernel {
  /** Parameters that follow one another in several kernels. */
  @FunctionalInterface
  interface Parameters {
    /** Gives these parameters to a kernel, in their order. */
    void addTo(Kernel kernel);
  }

  private final Gpu gpu;
  private final String name;
  private final CUfunc_st function;
  private final int[] sizes; // bytes of each parameter
  private int given;
  private int shared = 48 << 10; // dynamic shared memory allowed so far: what every GPU allows

  Kernel(Gpu gpu, String name, CUfunc_st function, int[] sizes) {
    this.gpu = gpu;
    this.name = name;
    this.function = function;
    this.sizes = sizes;
  }

  String name() {
    return name;
  }

  /** A pointer, or an integer of 64 bits. */
  Kernel arg(long value) {
    return put(8, value);
  }

  /** An {@code int}. */
  Kernel arg(int value) {
    return put(4, value);
  }

  /** A {@code float}. */
  Kernel arg(float value) {
    return put(4, Float.floatToRawIntBits(value));
  }

  /** Several parameters. */
  Kernel args(Parameters parameters) {
    parameters.addTo(this);
    return this;
  }

  private Kernel put(int bytes, long bits) {
    if (given >= sizes.length || sizes[given] != bytes) {
      int at = given;
      given = 0;
      throw new IllegalStateException(
          "Kernel '"
              + name
              + "' was given "
              + bytes
              + " bytes as argument "
              + at
              + " but has "
              + (at < sizes.length
                  ? sizes[at] + " bytes there."
                  : sizes.length + " parameters in all."));
    }
    gpu.argument(given++, bits);
    return this;
  }

  /**
   * Launches the kernel with the arguments given since its last launch. Returns before it has run;
   * a grid of no blocks is nothing to do.
   *
   * @param gridX blocks, up to 2^31 - 1
   * @param gridY blocks, up to 65535
   * @param block threads of a block, up to 1024
   * @param dynamicShared bytes of {@code extern __shared__} memory of a block, up to {@link
   *     Gpu#sharedMemory}
   */
  void launch(int gridX, int gridY, int block, int dynamicShared) {
    int arguments = given;
    given = 0;
    if (arguments != sizes.length) {
      throw new IllegalStateException(
          "Kernel '" + name + "' has " + sizes.length + " parameters but was given " + arguments);
    }
    if (gridX == 0 || gridY == 0) {
      return;
    }
    if (dynamicShared > shared) {
      gpu.allowShared(function, dynamicShared);
      shared = dynamicShared;
    }
    gpu.launch(name, function, gridX, gridY, block, dynamicShared);
  }
}
