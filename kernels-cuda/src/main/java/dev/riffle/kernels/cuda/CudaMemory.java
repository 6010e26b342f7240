package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Backend;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.Tensor;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;

/** The memory and the constants of the backend {@code cuda}, and what its operations share. */
abstract class CudaMemory implements Backend {
  /** Threads of a block where each works by itself. */
  static final int BLOCK = 256;

  /**
   * y = W x + b.
   *
   * @param turned W as {@code [inputs, ld]}, zeros after the outputs: for our own kernels
   * @param plain W as {@code [outputs, inputs]}, for cuBLASLt; null where cuBLASLt is not used
   * @param bias {@code [ld]}, or null
   */
  record CudaLinear(Memory turned, Memory plain, Memory bias, int ld, int outputs, int inputs)
      implements Linear, Kernel.Parameters {

    /** Its weights as our own kernels take them. */
    @Override
    public void addTo(Kernel kernel) {
      kernel.arg(turned.address()).arg(ld).arg(biasAddress());
    }

    long biasAddress() {
      return bias == null ? 0 : bias.address();
    }
  }

  /** lambda, real and imaginary parts {@code [width]}. */
  record CudaDiagonal(Memory re, Memory im, int width) implements Diagonal {}

  record CudaIndex(Memory entries, Memory constants, int inputs, int outputs) implements Index {}

  final Gpu gpu;
  final Uploads uploads;
  final boolean windows;

  /**
   * @param windows whether products may be those of cuBLASLt
   */
  CudaMemory(Gpu gpu, Uploads uploads, boolean windows) {
    this.gpu = gpu;
    this.uploads = uploads;
    this.windows = windows;
  }

  @Override
  public Precision precision() {
    return Precision.FLOAT32;
  }

  @Override
  public boolean owns(Object made) {
    return made instanceof CudaTensor
        || made instanceof CudaLinear
        || made instanceof CudaDiagonal
        || made instanceof CudaIndex;
  }

  // ------------------------------------------------------------------ memory

  @Override
  public Tensor allocate(int size) {
    Memory memory = gpu.allocate(4L * Math.max(1, size));
    gpu.fill(memory.address(), 0, size);
    return new CudaTensor(memory, 0, size);
  }

  @Override
  public Tensor constant(double[] values) {
    return new CudaTensor(onGpu(values), 0, values.length);
  }

  final Memory onGpu(double[] values) {
    Memory memory = gpu.allocate(4L * Math.max(1, values.length));
    gpu.upload(values, 0, memory.address(), values.length);
    return memory;
  }

  @Override
  public void write(float[] from, int fromOffset, Tensor to, int toOffset, int count) {
    gpu.upload(from, fromOffset, address(to) + 4L * toOffset, count);
  }

  @Override
  public void write(double[] from, int fromOffset, Tensor to, int toOffset, int count) {
    gpu.upload(from, fromOffset, address(to) + 4L * toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, float[] to, int toOffset, int count) {
    gpu.download(address(from) + 4L * fromOffset, to, toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, double[] to, int toOffset, int count) {
    gpu.download(address(from) + 4L * fromOffset, to, toOffset, count);
  }

  /** Bytes go as they lie: hosts of GPUs are little-endian, too. */
  @Override
  public void store(Tensor from, int fromOffset, int count, ByteBuffer to) {
    gpu.download(address(from) + 4L * fromOffset, to, 4 * count);
  }

  @Override
  public void load(ByteBuffer from, Tensor to, int toOffset, int count) {
    gpu.upload(from, address(to) + 4L * toOffset, 4 * count);
  }

  @Override
  public void copy(Tensor from, int fromOffset, Tensor to, int toOffset, int count) {
    long source = address(from) + 4L * fromOffset;
    gpu.copy(source, address(to) + 4L * toOffset, 4L * count);
  }

  @Override
  public void fill(Tensor to, int offset, int count, double value) {
    long at = address(to) + 4L * offset;
    gpu.fill(at, Float.floatToRawIntBits((float) value), count);
  }

  // --------------------------------------------------------------- constants

  @Override
  public Linear linear(double[] weight, double[] bias, int outputs, int inputs) {
    int ld = Math.max(4, (outputs + 3) / 4 * 4);
    float[] turned = new float[Math.multiplyExact(inputs, ld)];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        turned[i * ld + o] = (float) weight[o * inputs + i];
      }
    }
    Memory onGpu = gpu.allocate(4L * Math.max(1, turned.length));
    gpu.upload(turned, 0, onGpu.address(), turned.length);
    Memory plain = windows && weight.length > 0 ? onGpu(weight) : null;
    return new CudaLinear(
        onGpu, plain, bias == null ? null : onGpu(padded(bias, ld)), ld, outputs, inputs);
  }

  private static double[] padded(double[] values, int size) {
    double[] all = new double[size];
    System.arraycopy(values, 0, all, 0, values.length);
    return all;
  }

  @Override
  public Diagonal diagonal(double[] re, double[] im) {
    return new CudaDiagonal(onGpu(re), onGpu(im), re.length);
  }

  @Override
  public Index index(int[] entries, double[] constants, int inputs) {
    Memory at = gpu.allocate(4L * Math.max(1, entries.length));
    gpu.upload(entries, 0, at.address(), entries.length);
    return new CudaIndex(at, onGpu(constants), inputs, entries.length);
  }

  // ----------------------------------------------------------------- helpers

  /**
   * Keeps tensors reachable up to here, where memory was allocated after their addresses were read:
   * the memory of unreachable tensors is reused.
   */
  @SuppressWarnings("ReachabilityFenceUsage") // callers place it after the launch
  static void held(Object... tensors) {
    Reference.reachabilityFence(tensors);
  }

  /** Uploads values that are unlikely to be used again. */
  final Memory upload(int[] values, int count) {
    Memory memory = gpu.allocate(4L * Math.max(1, count));
    gpu.upload(values, 0, memory.address(), count);
    return memory;
  }

  static int blocks(long count, int each) {
    return Math.toIntExact((count + each - 1) / each);
  }

  /** Blocks whose threads take four values each. */
  static int fours(int count) {
    return blocks(count, 4 * BLOCK);
  }

  /** Blocks whose warps take a row each. */
  static int warps(int rows) {
    return blocks(rows, BLOCK / 32);
  }

  static long address(Tensor tensor) {
    return ((CudaTensor) tensor).address();
  }

  static CudaLinear mine(Linear weights) {
    return (CudaLinear) weights;
  }

  static CudaDiagonal mine(Diagonal lambda) {
    return (CudaDiagonal) lambda;
  }
}
