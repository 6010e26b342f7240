package dev.riffle.kernels.cuda;

import static org.bytedeco.cuda.global.cudart.*;

import dev.riffle.kernels.DeviceException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * One GPU with one stream: operations run in the order of the calls. A GPU is opened on a thread,
 * and all methods are called on that thread only.
 *
 * <p>Launches, copies on the GPU and uploads are asynchronous; downloads and {@link #synchronize}
 * wait. A fault of a kernel is therefore detected after its launch. The message of the exception
 * says so and names the kernels launched since the last wait.
 */
final class Gpu {
  private static final int MOST_ARGUMENTS = 48;
  private static final int REMEMBERED = 8;

  private final Thread owner = Thread.currentThread();
  private final CudaOptions options;
  private final Machine.GpuInfo info;
  private final int multiprocessors;
  private final int sharedMemory;
  private final CUstream_st stream = new CUstream_st();
  private final Pool pool;
  private final Staging staging;
  private final Map<String, Kernel> kernels = new HashMap<>();
  private Products products; // created at first use

  private final LongPointer arguments = new LongPointer(MOST_ARGUMENTS);
  private final LongBuffer argumentValues =
      arguments.asBuffer(); // put() of a pointer would be a JNI call
  private final PointerPointer<LongPointer> parameters = new PointerPointer<>(MOST_ARGUMENTS);
  private static final PointerPointer<LongPointer> NOTHING = null;

  private final String[] launched = new String[REMEMBERED]; // the most recent kernels, for messages
  private long launches; // since the last wait for the stream

  /**
   * Opens a GPU on this thread and compiles kernels for it.
   *
   * @param units compiled one by one
   * @param headers included by units
   * @throws DeviceException if the GPU, the driver or the compiler fails
   */
  static Gpu open(CudaOptions options, List<Source> units, List<Source> headers) {
    Libraries.load(options.libraries());
    Calls.check("cuInit", cuInit(0));
    int[] device = new int[1];
    Calls.check("cuDeviceGet", cuDeviceGet(device, options.device()));
    CUctx_st context = new CUctx_st();
    Calls.check("cuDevicePrimaryCtxRetain", cuDevicePrimaryCtxRetain(context, device[0]));
    Calls.check("cuCtxSetCurrent", cuCtxSetCurrent(context));
    Gpu gpu = new Gpu(options, device[0]);
    Compiler compiler = new Compiler(gpu.capability());
    for (Source unit : units) {
      compiler.compile(unit, headers).forEach(gpu::add);
    }
    return gpu;
  }

  private Gpu(CudaOptions options, int device) {
    this.options = options;
    this.info = Machine.gpu(device);
    this.multiprocessors = Machine.attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device);
    this.sharedMemory =
        Machine.attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, device);
    Calls.check("cuStreamCreate", cuStreamCreate(stream, CU_STREAM_NON_BLOCKING));
    long ceiling = options.ceiling(info.memory());
    this.pool =
        new Pool(
            new GpuMemory(),
            ceiling,
            options.memory() < 0
                ? -options.memory() + "% of the GPU's " + info.memory()
                : "-D" + CudaOptions.MEMORY,
            options.debug());
    this.staging = new Staging(stream);
    for (int i = 0; i < MOST_ARGUMENTS; i++) {
      parameters.put(i, arguments.getPointer(i));
    }
  }

  // -------------------------------------------------------------- properties

  /** Name of the GPU in the driver. */
  String name() {
    return info.name();
  }

  ComputeCapability capability() {
    return info.capability();
  }

  /** Number of multiprocessors; each runs at least one block at a time. */
  int multiprocessors() {
    return multiprocessors;
  }

  /** Maximum bytes of shared memory of a block; at least 99 KiB on every supported GPU. */
  int sharedMemory() {
    return sharedMemory;
  }

  /** Maximum bytes that Riffle allocates on the GPU. */
  long ceiling() {
    return pool.ceiling();
  }

  /** Precision of products. */
  CudaOptions.Precision precision() {
    return options.precision();
  }

  // ----------------------------------------------------------------- memory

  /**
   * Allocates uninitialized memory on the GPU. Its address is a multiple of 256.
   *
   * @throws DeviceException.OutOfMemory if the memory limit or the GPU does not allow it
   */
  Memory allocate(long bytes) {
    onOwner();
    return pool.allocate(bytes);
  }

  /** Copies on the GPU; the two ranges must not overlap. */
  void copy(long from, long to, long bytes) {
    onOwner();
    if (bytes > 0) {
      done("cuMemcpyDtoDAsync", cuMemcpyDtoDAsync(to, from, bytes, stream));
    }
  }

  /** Sets {@code count} words of 4 bytes. */
  void fill(long to, int word, long count) {
    onOwner();
    if (count > 0) {
      done("cuMemsetD32Async", cuMemsetD32Async(to, word, count, stream));
    }
  }

  /** Copies {@code count} floats to the GPU. The array may be changed when this returns. */
  void upload(float[] from, int offset, long to, int count) {
    upload(to, count, (room, first, part) -> room.asFloatBuffer().put(from, offset + first, part));
  }

  /** Copies {@code count} doubles to the GPU, rounded to float. */
  void upload(double[] from, int offset, long to, int count) {
    upload(
        to,
        count,
        (room, first, part) -> {
          for (int i = 0; i < part; i++) {
            room.putFloat((float) from[offset + first + i]);
          }
        });
  }

  /** Copies {@code count} ints to the GPU. */
  void upload(int[] from, int offset, long to, int count) {
    upload(to, count, (room, first, part) -> room.asIntBuffer().put(from, offset + first, part));
  }

  /** Writes values of 4 bytes into staging memory: {@code part} of them from {@code first} on. */
  @FunctionalInterface
  private interface Values {
    void put(ByteBuffer room, int first, int part);
  }

  private void upload(long to, int count, Values values) {
    onOwner();
    for (int done = 0; done < count; ) {
      int part = Math.min(count - done, Staging.PIECE / 4);
      values.put(staging.room(4 * part), done, part);
      send(to + 4L * done, 4 * part);
      done += part;
    }
  }

  /** Copies {@code bytes} bytes to the GPU and advances the position of {@code from}. */
  void upload(ByteBuffer from, long to, int bytes) {
    onOwner();
    for (int done = 0; done < bytes; ) {
      int part = Math.min(bytes - done, Staging.PIECE);
      staging.room(part).put(from.slice(from.position(), part));
      from.position(from.position() + part);
      send(to + done, part);
      done += part;
    }
  }

  /** Copies {@code count} floats from the GPU. */
  void download(long from, float[] to, int offset, int count) {
    onOwner();
    for (int done = 0; done < count; ) {
      int part = Math.min(count - done, Staging.PIECE / 4);
      receive(from + 4L * done, 4 * part).asFloatBuffer().get(to, offset + done, part);
      done += part;
    }
  }

  /** Copies {@code count} floats from the GPU, widened to double. */
  void download(long from, double[] to, int offset, int count) {
    onOwner();
    for (int done = 0; done < count; ) {
      int part = Math.min(count - done, Staging.PIECE / 4);
      ByteBuffer received = receive(from + 4L * done, 4 * part);
      for (int i = 0; i < part; i++) {
        to[offset + done + i] = received.getFloat();
      }
      done += part;
    }
  }

  /** Appends {@code bytes} bytes from the GPU at the position of {@code to}. */
  void download(long from, ByteBuffer to, int bytes) {
    onOwner();
    for (int done = 0; done < bytes; ) {
      int part = Math.min(bytes - done, Staging.PIECE);
      to.put(receive(from + done, part));
      done += part;
    }
  }

  private void send(long to, int bytes) {
    done("cuMemcpyHtoDAsync", cuMemcpyHtoDAsync(to, staging.sent(bytes), bytes, stream));
  }

  private ByteBuffer receive(long from, int bytes) {
    done("cuMemcpyDtoHAsync", cuMemcpyDtoHAsync(staging.arriving(), from, bytes, stream));
    synchronize();
    return staging.arrived(bytes);
  }

  // ---------------------------------------------------------------- kernels

  /**
   * Returns the kernel of this name.
   *
   * @throws IllegalArgumentException if no unit contains it
   */
  Kernel kernel(String kernel) {
    onOwner();
    Kernel found = kernels.get(kernel);
    if (found == null) {
      throw new IllegalArgumentException(
          "No kernel is called '" + kernel + "'; there are " + kernels.keySet() + ".");
    }
    return found;
  }

  private void add(Compiler.Compiled compiled) {
    int[] sizes = compiled.parameters();
    if (sizes.length > MOST_ARGUMENTS) {
      throw new IllegalStateException(
          "Kernel '" + compiled.name() + "' has more than " + MOST_ARGUMENTS + " parameters.");
    }
    Kernel other =
        kernels.put(compiled.name(), new Kernel(this, compiled.name(), compiled.function(), sizes));
    if (other != null) {
      throw new IllegalStateException("Two kernels are called '" + compiled.name() + "'.");
    }
  }

  void argument(int at, long bits) {
    argumentValues.put(at, bits);
  }

  void allowShared(CUfunc_st function, int bytes) {
    Calls.check(
        "cuFuncSetAttribute",
        cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes));
  }

  void launch(String kernel, CUfunc_st function, int gridX, int gridY, int block, int shared) {
    launched[(int) (launches++ % REMEMBERED)] = kernel;
    done(
        "cuLaunchKernel",
        cuLaunchKernel(
            function, gridX, gridY, 1, block, 1, 1, shared, stream, parameters, NOTHING));
    waitIfAsked();
  }

  /** Records a launch that did not go through {@link Kernel}, for messages. */
  void launched(String what) {
    launched[(int) (launches++ % REMEMBERED)] = what;
    waitIfAsked();
  }

  private void waitIfAsked() {
    if (options.debug()) {
      synchronize();
    }
  }

  /** Products with cuBLASLt, on the same stream. */
  Products products() {
    onOwner();
    if (products == null) {
      products = new Products(this, stream);
    }
    return products;
  }

  // ----------------------------------------------------------------- waiting

  /**
   * Waits for all operations on the stream.
   *
   * @throws DeviceException if one of them failed
   */
  void synchronize() {
    onOwner();
    done("cuStreamSynchronize", cuStreamSynchronize(stream));
    launches = 0;
  }

  /** Checks a call that may report a fault of an earlier launch. */
  void done(String call, int result) {
    if (result != CUDA_SUCCESS) {
      throw Calls.failure(call, result, suspects());
    }
  }

  private String suspects() {
    if (launches == 0) {
      return "";
    }
    long first = Math.max(0, launches - REMEMBERED);
    String last =
        IntStream.range(0, (int) (launches - first))
            .mapToObj(i -> launched[(int) ((first + i) % REMEMBERED)])
            .collect(Collectors.joining(", "));
    return " It may tell of what was launched since the GPU was last waited for: "
        + (first > 0 ? first + " kernels, then " : "")
        + last
        + ".";
  }

  private void onOwner() {
    if (Thread.currentThread() != owner) {
      throw new IllegalStateException(
          "The GPU is worked on by thread '"
              + owner.getName()
              + "' but was called on '"
              + Thread.currentThread().getName()
              + "': call the backend through Device.call.");
    }
  }

  /** The GPU's memory. */
  private final class GpuMemory implements Pool.Source {
    private final long[] address = new long[1];

    @Override
    public long take(long bytes) {
      int result = cuMemAlloc(address, bytes);
      if (result == CUDA_ERROR_OUT_OF_MEMORY) {
        return 0;
      }
      done("cuMemAlloc", result);
      return address[0];
    }

    @Override
    public void give(List<Long> addresses) {
      synchronize();
      for (long a : addresses) {
        done("cuMemFree", cuMemFree(a));
      }
    }

    @Override
    public long free() {
      try (SizeTPointer free = new SizeTPointer(1);
          SizeTPointer total = new SizeTPointer(1)) {
        done("cuMemGetInfo", cuMemGetInfo(free, total));
        return free.get();
      }
    }
  }
}
