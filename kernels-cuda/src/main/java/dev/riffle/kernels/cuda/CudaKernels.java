package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Arguments;
import dev.riffle.kernels.AttentionSets;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Pairs;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.RecurrentLayer;
import dev.riffle.kernels.RowNorm;
import dev.riffle.kernels.Shuffle;
import dev.riffle.kernels.Tensor;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The operations on a GPU: checks arguments, chooses a kernel and its grid, and launches. Nothing
 * here waits for the GPU but reading from it.
 *
 * <p>A product by our own kernels gives a row the same bits in any batch. Those of cuBLASLt do not,
 * and are taken {@link #forWindows} alone.
 */
final class CudaKernels implements Kernels {
  static final String NAME = "cuda";

  /** Threads of a block where each works by itself. */
  private static final int BLOCK = 256;

  /** Threads of a block of those that walk along sequences: few, so that they spread. */
  private static final int WALKERS = 128;

  /** Rows of a product up to which a warp takes one row. */
  private static final int FEW = 16;

  /** Rows of a product from which on cuBLASLt takes it. */
  private static final int MANY = 32;

  /** Rows of a segment of {@code sequences.cu}, and of moments in {@code products.cu}. */
  private static final int SEGMENT = 64;

  /** Values of work memory that {@link #inTiles} takes at most. */
  private static final int TILE_VALUES = 1 << 26;

  /** Inputs of a product that {@code fused.cu} takes at a time. */
  private static final int DEEP = 16;

  /**
   * y = W x + b.
   *
   * @param turned W as {@code [inputs, ld]}, zeros behind the outputs: for our own kernels
   * @param plain W as {@code [outputs, inputs]}, for cuBLASLt; null where it is not asked
   * @param bias {@code [ld]}, or null
   */
  private record CudaLinear(
      Memory turned, Memory plain, Memory bias, int ld, int outputs, int inputs) implements Linear {

    long biasAddress() {
      return bias == null ? 0 : bias.address();
    }
  }

  /** lambda, real and imaginary parts {@code [width]}. */
  private record CudaDiagonal(Memory re, Memory im, int width) implements Diagonal {}

  private record CudaIndex(Memory entries, Memory constants, int inputs, int outputs)
      implements Index {}

  private final Gpu gpu;
  private final Device device;
  private final int parts;
  private final Uploads uploads;
  private final AttentionPlans attentionPlans;
  private final boolean windows;

  /** The backend whose products are the same for a row in any batch. */
  CudaKernels(Gpu gpu, Device device) {
    this(gpu, device, gpu.multiprocessors());
  }

  /**
   * @param parts of the GPU that work side by side, over which small products are spread
   */
  CudaKernels(Gpu gpu, Device device, int parts) {
    this(gpu, device, parts, new Uploads(gpu), new AttentionPlans(gpu), false);
  }

  private CudaKernels(
      Gpu gpu,
      Device device,
      int parts,
      Uploads uploads,
      AttentionPlans attentionPlans,
      boolean windows) {
    this.gpu = gpu;
    this.device = device;
    this.parts = parts;
    this.uploads = uploads;
    this.attentionPlans = attentionPlans;
    this.windows = windows;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    String precision = gpu.precision() == CudaOptions.Precision.FP32 ? "" : ", windows in ";
    return NAME
        + ": "
        + gpu.name()
        + ", compute capability "
        + gpu.capability()
        + (precision.isEmpty() ? "" : precision + gpu.precision());
  }

  @Override
  public Precision precision() {
    return Precision.FLOAT32;
  }

  @Override
  public Optional<Device> device() {
    return Optional.of(device);
  }

  @Override
  public Kernels forWindows() {
    return windows ? this : new CudaKernels(gpu, device, parts, uploads, attentionPlans, true);
  }

  // ------------------------------------------------------------------ memory

  @Override
  public Tensor allocate(int size) {
    Arguments.count("size", size);
    Memory memory = gpu.allocate(4L * Math.max(1, size));
    gpu.fill(memory.address(), 0, size);
    return new CudaTensor(memory, 0, size);
  }

  @Override
  public Tensor constant(double[] values) {
    return new CudaTensor(onGpu(values), 0, values.length);
  }

  private Memory onGpu(double[] values) {
    Memory memory = gpu.allocate(4L * Math.max(1, values.length));
    gpu.upload(values, 0, memory.address(), values.length);
    return memory;
  }

  @Override
  public void write(float[] from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.length);
    Arguments.range("to", toOffset, count, to.size());
    gpu.upload(from, fromOffset, mine(to).address() + 4L * toOffset, count);
  }

  @Override
  public void write(double[] from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.length);
    Arguments.range("to", toOffset, count, to.size());
    gpu.upload(from, fromOffset, mine(to).address() + 4L * toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, float[] to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.range("to", toOffset, count, to.length);
    gpu.download(mine(from).address() + 4L * fromOffset, to, toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, double[] to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.range("to", toOffset, count, to.length);
    gpu.download(mine(from).address() + 4L * fromOffset, to, toOffset, count);
  }

  /** Bytes go as they lie: hosts of GPUs are little-endian, too. */
  @Override
  public void store(Tensor from, int fromOffset, int count, ByteBuffer to) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.remaining(to, count, precision());
    gpu.download(mine(from).address() + 4L * fromOffset, to, 4 * count);
  }

  @Override
  public void load(ByteBuffer from, Tensor to, int toOffset, int count) {
    Arguments.range("to", toOffset, count, to.size());
    Arguments.remaining(from, count, precision());
    gpu.upload(from, mine(to).address() + 4L * toOffset, 4 * count);
  }

  @Override
  public void copy(Tensor from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.range("to", toOffset, count, to.size());
    long source = mine(from).address() + 4L * fromOffset;
    gpu.copy(source, mine(to).address() + 4L * toOffset, 4L * count);
  }

  @Override
  public void fill(Tensor to, int offset, int count, double value) {
    Arguments.range("to", offset, count, to.size());
    long at = mine(to).address() + 4L * offset;
    gpu.fill(at, Float.floatToRawIntBits((float) value), count);
  }

  // --------------------------------------------------------------- constants

  @Override
  public Linear linear(double[] weight, double[] bias, int outputs, int inputs) {
    Arguments.exactly("weight", weight.length, outputs, inputs);
    if (bias != null) {
      Arguments.exactly("bias", bias.length, 1, outputs);
    }
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
    Arguments.exactly("im", im.length, 1, re.length);
    return new CudaDiagonal(onGpu(re), onGpu(im), re.length);
  }

  @Override
  public Index index(int[] entries, double[] constants, int inputs) {
    Arguments.entries(entries, constants.length, inputs);
    Memory at = gpu.allocate(4L * Math.max(1, entries.length));
    gpu.upload(entries, 0, at.address(), entries.length);
    return new CudaIndex(at, onGpu(constants), inputs, entries.length);
  }

  // ------------------------------------------------------------------- tiles

  /** All rows are one tile as long as its work memory allows it: a launch costs as much as many. */
  @Override
  public void inTiles(int rows, int workWidth, Tile tile) {
    if (rows == 0) {
      return;
    }
    int most = Math.max(1, Math.min(rows, TILE_VALUES / Math.max(1, workWidth)));
    int size = Math.multiplyExact(most, workWidth);
    try (Memory memory = gpu.allocate(4L * Math.max(1, size))) {
      CudaTensor work = new CudaTensor(memory, 0, size);
      for (int first = 0; first < rows; first += most) {
        tile.run(first, Math.min(most, rows - first), work);
      }
    }
  }

  // ---------------------------------------------------------------- products

  @Override
  public void linear(Linear weights, Tensor x, Tensor y, int rows) {
    CudaLinear w = mine(weights);
    long from = rows("x", x, rows, w.inputs);
    product(w, from, w.inputs, rows("y", y, rows, w.outputs), rows);
    held(x, y);
  }

  @Override
  public void convolve(Linear weights, Tensor x, int s, Tensor y, int rows) {
    CudaLinear w = mine(weights);
    Arguments.strided("x", x, rows, s, w.inputs);
    long from = mine(x).address();
    product(w, from, s, rows("y", y, rows, w.outputs), rows);
    held(x, y);
  }

  /** Rows of x are {@code stride} apart. */
  private void product(CudaLinear w, long x, int stride, long y, int rows) {
    if (rows == 0 || w.outputs == 0) {
      return;
    }
    if (windows
        && w.plain != null
        && rows >= MANY
        && stride >= w.inputs
        && byBlas(w, x, stride, y, rows)) {
      return;
    }
    String kernel = "product_8";
    int block = BLOCK;
    int gridX = blocks(rows, 8);
    int gridY = blocks(w.outputs, 32);
    if (rows > FEW) {
      int tile = tile(rows, w.outputs);
      kernel = "product_" + tile;
      block = threads(tile);
      gridX = blocks(rows, tile);
      gridY = blocks(w.outputs, tile);
    }
    gpu.kernel(kernel)
        .arg(w.turned.address())
        .arg(w.ld)
        .arg(w.biasAddress())
        .arg(x)
        .arg(stride)
        .arg(y)
        .arg(Activation.NONE.ordinal())
        .arg(rows)
        .arg(w.inputs)
        .arg(w.outputs)
        .launch(gridX, gridY, block, 0);
  }

  private boolean byBlas(CudaLinear w, long x, int stride, long y, int rows) {
    Products.Epilogue epilogue = w.bias == null ? Products.Epilogue.NONE : Products.Epilogue.BIAS;
    Products.Shape shape =
        new Products.Shape(rows, w.outputs, w.inputs, stride, epilogue, false, gpu.precision());
    long weight = w.plain.address();
    boolean can = gpu.products().can(shape, weight, x, y);
    if (can) {
      gpu.products().multiply(shape, weight, w.biasAddress(), x, y);
    }
    return can;
  }

  /** Rows and columns of a block's tile: the larger as soon as that gives every part work. */
  private int tile(int rows, int outputs) {
    boolean large = outputs > 64 && (long) blocks(rows, 128) * blocks(outputs, 128) >= parts;
    return large ? 128 : 64;
  }

  private static int threads(int tile) {
    return tile == 128 ? 256 : 128;
  }

  // ----------------------------------------------------------- operations on rows

  @Override
  public void activate(Activation f, Tensor xs, Tensor ys, int count) {
    long x = rows("x", xs, 1, count);
    long y = rows("y", ys, 1, count);
    gpu.kernel("activate")
        .arg(f.ordinal())
        .arg(x)
        .arg(y)
        .arg(count)
        .launch(fours(count), 1, BLOCK, 0);
  }

  @Override
  public void addScaled(Tensor ds, Tensor xs, Tensor ys, Activation f, int rows, int width) {
    long d = rows("d", ds, 1, width);
    long x = rows("x", xs, rows, width);
    long y = rows("y", ys, rows, width);
    gpu.kernel("add_scaled")
        .arg(d)
        .arg(x)
        .arg(y)
        .arg(f.ordinal())
        .arg(rows * width)
        .arg(width)
        .launch(fours(rows * width), 1, BLOCK, 0);
  }

  @Override
  public void layerNorm(
      Tensor weights, Tensor biases, double epsilon, Tensor xs, Tensor ys, int rows, int width) {
    long weight = rows("weight", weights, 1, width);
    long bias = rows("bias", biases, 1, width);
    long x = rows("x", xs, rows, width);
    long y = rows("y", ys, rows, width);
    if (width == 0) {
      return;
    }
    String kernel =
        width <= 256 ? "layer_norm_256" : width <= 1024 ? "layer_norm_1024" : "layer_norm_wide";
    gpu.kernel(kernel)
        .arg(weight)
        .arg(bias)
        .arg((float) epsilon)
        .arg(x)
        .arg(y)
        .arg(rows)
        .arg(width)
        .launch(warps(rows), 1, BLOCK, 0);
  }

  @Override
  public void affine(Tensor scales, Tensor shifts, Tensor xs, Tensor ys, int rows, int width) {
    long scale = rows("scale", scales, 1, width);
    long shift = rows("shift", shifts, 1, width);
    long x = rows("x", xs, rows, width);
    long y = rows("y", ys, rows, width);
    gpu.kernel("affine")
        .arg(scale)
        .arg(shift)
        .arg(x)
        .arg(y)
        .arg(rows * width)
        .arg(width)
        .launch(fours(rows * width), 1, BLOCK, 0);
  }

  @Override
  public void gluResidual(Tensor xs, Tensor abs, Tensor ys, int rows, int width) {
    long x = rows("x", xs, rows, width);
    long ab = rows("ab", abs, rows, 2L * width);
    long y = rows("y", ys, rows, width);
    gpu.kernel("glu_residual")
        .arg(x)
        .arg(ab)
        .arg(y)
        .arg(rows * width)
        .arg(width)
        .launch(fours(rows * width), 1, BLOCK, 0);
  }

  @Override
  public void gather(Index index, Tensor xs, Tensor ys, int rows) {
    if (!(index instanceof CudaIndex at)) {
      throw Arguments.foreign(NAME, index);
    }
    long x = rows("x", xs, rows, at.inputs);
    long y = rows("y", ys, rows, at.outputs);
    int count = rows * at.outputs;
    gpu.kernel("gather")
        .arg(at.entries.address())
        .arg(at.constants.address())
        .arg(x)
        .arg(y)
        .arg(count)
        .arg(at.inputs)
        .arg(at.outputs)
        .launch(blocks(count, BLOCK), 1, BLOCK, 0);
  }

  @Override
  public void concat(Tensor as, int aWidth, Tensor bs, int bWidth, Tensor ys, int rows) {
    long a = rows("a", as, rows, aWidth);
    long b = rows("b", bs, rows, bWidth);
    long y = rows("y", ys, rows, (long) aWidth + bWidth);
    int count = rows * (aWidth + bWidth);
    gpu.kernel("concat")
        .arg(a)
        .arg(aWidth)
        .arg(b)
        .arg(bWidth)
        .arg(y)
        .arg(count)
        .launch(blocks(count, BLOCK), 1, BLOCK, 0);
  }

  @Override
  public void logSoftmax(Tensor xs, Tensor ys, int rows, int width) {
    long x = rows("x", xs, rows, width);
    long y = rows("y", ys, rows, width);
    if (width > 1024) {
      gpu.kernel("log_softmax_wide").arg(x).arg(y).arg(width).launch(rows, 1, BLOCK, 0);
    } else {
      gpu.kernel("log_softmax").arg(x).arg(y).arg(rows).arg(width).launch(warps(rows), 1, BLOCK, 0);
    }
  }

  @Override
  public void multiply(Tensor xs, Tensor gs, Tensor ys, int count) {
    long x = rows("x", xs, 1, count);
    long g = rows("g", gs, 1, count);
    long y = rows("y", ys, 1, count);
    gpu.kernel("multiply").arg(x).arg(g).arg(y).arg(count).launch(fours(count), 1, BLOCK, 0);
  }

  @Override
  public void scaleNorm(double scale, double floor, Tensor xs, Tensor ys, int rows, int width) {
    long x = rows("x", xs, rows, width);
    long y = rows("y", ys, rows, width);
    gpu.kernel("scale_norm")
        .arg((float) scale)
        .arg((float) floor)
        .arg(x)
        .arg(y)
        .arg(rows)
        .arg(width)
        .launch(warps(rows), 1, BLOCK, 0);
  }

  @Override
  public void embed(Tensor tables, int[] tokens, Tensor ys, int rows, int width) {
    long table = rows("table", tables, 0, width);
    long y = rows("y", ys, rows, width);
    Arguments.tokens(tokens, rows, tables, width);
    try (Memory at = upload(tokens, rows)) {
      gpu.kernel("embed")
          .arg(table)
          .arg(at.address())
          .arg(y)
          .arg(rows)
          .arg(width)
          .launch(blocks((long) rows * blocks(width, 4), BLOCK), 1, BLOCK, 0);
      held(tables, ys);
    }
  }

  @Override
  public void embeddingBag(
      Tensor tables, int[] entries, Tensor weights, int bag, Tensor ys, int rows, int width) {
    long weight = rows("weights", weights, rows, bag);
    long y = rows("y", ys, rows, width);
    Arguments.tokens(entries, rows * bag, tables, width);
    long table = mine(tables).address();
    try (Memory at = upload(entries, rows * bag)) {
      gpu.kernel("embedding_bag")
          .arg(table)
          .arg(at.address())
          .arg(weight)
          .arg(bag)
          .arg(y)
          .arg(rows)
          .arg(width)
          .launch(blocks((long) rows * blocks(width, 4), BLOCK), 1, BLOCK, 0);
      held(tables, weights, ys);
    }
  }

  @Override
  public void rotary(
      Tensor tables,
      int[] positions,
      Pairs pairs,
      Tensor xs,
      int stride,
      int rows,
      int groups,
      int width) {
    Arguments.strided("x", xs, rows, stride, groups * width);
    Arguments.tokens(positions, rows, tables, width);
    long table = mine(tables).address();
    long x = mine(xs).address();
    long at = uploads.of(positions, rows);
    gpu.kernel("rotary")
        .arg(table)
        .arg(at)
        .arg(pairs == Pairs.INTERLEAVED ? 1 : 0)
        .arg(x)
        .arg(stride)
        .arg(rows)
        .arg(groups)
        .arg(width)
        .launch(blocks((long) rows * groups * (width / 2), BLOCK), 1, BLOCK, 0);
    held(tables, xs);
  }

  @Override
  public void residual(
      Tensor scales,
      Tensor xs,
      Tensor cs,
      Tensor ys,
      int sequences,
      int length,
      int width,
      Shuffle shuffle) {
    int rows = Arguments.positions(sequences, length, shuffle);
    long scale = rows("scale", scales, 2, width);
    long x = rows("x", xs, rows, width);
    long c = rows("c", cs, rows, width);
    long y = rows("y", ys, rows, width);
    gpu.kernel("residual")
        .arg(scale)
        .arg(x)
        .arg(c)
        .arg(y)
        .arg(rows)
        .arg(length)
        .arg(width)
        .arg(shuffle.ordinal())
        .launch(blocks((long) rows * blocks(width, 4), BLOCK), 1, BLOCK, 0);
  }

  // --------------------------------------------------- operations along sequences

  @Override
  public void recurrence(
      Diagonal lambda, Tensor us, int[] starts, int sequences, Tensor states, int groups) {
    CudaDiagonal l = mine(lambda);
    int rows = Arguments.starts(starts, sequences);
    Arguments.count("groups", groups);
    long u = rows("u", us, rows, 2L * groups * l.width);
    long state = rows("state", states, sequences, 2L * groups * l.width);
    if (rows == 0 || groups == 0 || l.width == 0) {
      return;
    }
    long at = startsOrRows(starts, sequences);
    gpu.kernel("recurrence")
        .arg(l.re.address())
        .arg(l.im.address())
        .arg(u)
        .arg(at)
        .arg(sequences)
        .arg(state)
        .arg(groups)
        .arg(l.width)
        .launch(blocks((long) sequences * groups * l.width, WALKERS), 1, WALKERS, 0);
    held(us, states);
  }

  @Override
  public void runningMean(
      Tensor xs, int[] starts, int sequences, long[] counts, Tensor sums, Tensor ys, int width) {
    int rows = Arguments.starts(starts, sequences);
    Arguments.range("counts", 0, sequences, counts.length);
    long x = rows("x", xs, rows, width);
    long sum = rows("sums", sums, sequences, 2L * width);
    long y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    long at = startsOrRows(starts, sequences);
    ByteBuffer bytes = ByteBuffer.allocate(8 * sequences).order(ByteOrder.nativeOrder());
    bytes.asLongBuffer().put(counts, 0, sequences);
    try (Memory steps = gpu.allocate(8L * sequences)) {
      gpu.upload(bytes, steps.address(), 8 * sequences);
      gpu.kernel("running_mean")
          .arg(x)
          .arg(at)
          .arg(sequences)
          .arg(steps.address())
          .arg(sum)
          .arg(y)
          .arg(width)
          .launch(blocks((long) sequences * width, WALKERS), 1, WALKERS, 0);
      held(xs, sums, ys);
    }
  }

  @Override
  public void causalUnfold(
      Tensor xs, int[] starts, int sequences, Tensor tails, Tensor ys, int width, int taps) {
    Arguments.taps(taps);
    int rows = Arguments.starts(starts, sequences);
    long x = rows("x", xs, rows, width);
    long tail = rows("tail", tails, sequences, (long) (taps - 1) * width);
    long y = rows("y", ys, rows, (long) taps * width);
    if (rows == 0 || width == 0) {
      return;
    }
    long at = startsOrRows(starts, sequences);
    int count = rows * taps * width;
    gpu.kernel("causal_unfold")
        .arg(x)
        .arg(at)
        .arg(sequences)
        .arg(tail)
        .arg(y)
        .arg(count)
        .arg(width)
        .arg(taps)
        .launch(blocks(count, BLOCK), 1, BLOCK, 0);
    if (taps > 1) {
      gpu.kernel("causal_unfold_tail")
          .arg(x)
          .arg(at)
          .arg(sequences)
          .arg(tail)
          .arg(width)
          .arg(taps)
          .launch(blocks((long) sequences * width, BLOCK), 1, BLOCK, 0);
    }
    held(xs, tails, ys);
  }

  @Override
  public void foPooling(
      Activation activation,
      double zoneout,
      Tensor zfois,
      int gates,
      int[] starts,
      int sequences,
      Tensor states,
      Tensor ys,
      int width) {
    Arguments.gates(gates);
    int rows = Arguments.starts(starts, sequences);
    long zfoi = rows("zfoi", zfois, rows, (long) gates * width);
    long state = rows("state", states, sequences, width);
    long y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    long at = startsOrRows(starts, sequences);
    gpu.kernel("fo_pooling")
        .arg(activation.ordinal())
        .arg((float) zoneout)
        .arg(zfoi)
        .arg(gates)
        .arg(at)
        .arg(sequences)
        .arg(state)
        .arg(y)
        .arg(width)
        .launch(blocks((long) sequences * width, WALKERS), 1, WALKERS, 0);
    held(zfois, states, ys);
  }

  /** Address of starts; 0 where each sequence is one row. */
  private long startsOrRows(int[] starts, int sequences) {
    return oneRowEach(starts, sequences) ? 0 : uploads.of(starts, sequences + 1);
  }

  private static boolean oneRowEach(int[] starts, int sequences) {
    for (int b = 0; b <= sequences; b++) {
      if (starts[b] != b) {
        return false;
      }
    }
    return true;
  }

  // -------------------------------------------------- statistics of windows

  /** First segment of each sequence, then their number. */
  private static int[] segments(int[] starts, int sequences) {
    int[] segments = new int[sequences + 1];
    for (int b = 0; b < sequences; b++) {
      segments[b + 1] = segments[b] + blocks(starts[b + 1] - starts[b], SEGMENT);
    }
    return segments;
  }

  /** First rows of sequences of equally many. */
  private static int[] equalStarts(int sequences, int rows) {
    int[] starts = new int[sequences + 1];
    for (int b = 0; b < sequences; b++) {
      starts[b + 1] = starts[b] + rows;
    }
    return starts;
  }

  /** Moments {@code [segments, 2, width]} of segments. */
  private void moments(
      long x, long starts, long segments, int sequences, int count, long moments, int width) {
    gpu.kernel("segment_moments")
        .arg(x)
        .arg(starts)
        .arg(segments)
        .arg(sequences)
        .arg(moments)
        .arg(width)
        .launch(count, blocks(width, 32), BLOCK, 0);
  }

  /** The table {@code [sequences, 3, width]} of {@link #positionNorm}. */
  private void positionTable(
      long moments,
      long starts,
      long segments,
      int sequences,
      int rows,
      long offset,
      double epsilon,
      long table,
      int width) {
    gpu.kernel("position_table")
        .arg(moments)
        .arg(starts)
        .arg(segments)
        .arg(sequences)
        .arg(rows)
        .arg(offset)
        .arg(Double.doubleToRawLongBits(epsilon))
        .arg(table)
        .arg(width)
        .launch(blocks((long) sequences * width, 64), 1, 64, 0);
  }

  private void applyTable(
      long table, Activation f, long x, long y, long starts, int sequences, int rows, int width) {
    gpu.kernel("apply_table")
        .arg(table)
        .arg(f.ordinal())
        .arg(x)
        .arg(y)
        .arg(starts)
        .arg(sequences)
        .arg(rows)
        .arg(width)
        .launch(blocks((long) rows * blocks(width, 4), BLOCK), 1, BLOCK, 0);
  }

  @Override
  public void positionNorm(
      Tensor offsets,
      double epsilon,
      Activation f,
      Tensor xs,
      Tensor ys,
      int[] starts,
      int sequences,
      int width) {
    int rows = Arguments.starts(starts, sequences);
    long offset = rows("offset", offsets, 1, width);
    long x = rows("x", xs, rows, width);
    long y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    int[] parts = segments(starts, sequences);
    long first = uploads.of(starts, sequences + 1);
    long segments = uploads.of(parts);
    int count = parts[sequences];
    try (Memory moments = gpu.allocate(8L * count * width);
        Memory table = gpu.allocate(12L * sequences * width)) {
      moments(x, first, segments, sequences, count, moments.address(), width);
      positionTable(
          moments.address(),
          first,
          segments,
          sequences,
          0,
          offset,
          epsilon,
          table.address(),
          width);
      applyTable(table.address(), f, x, y, first, sequences, rows, width);
      held(offsets, xs, ys);
    }
  }

  @Override
  public void groupNorm(
      Tensor weights,
      Tensor biases,
      double epsilon,
      Tensor xs,
      int[] starts,
      int sequences,
      Tensor ys,
      int width,
      int groups) {
    int rows = Arguments.starts(starts, sequences);
    Arguments.parts("groups", groups, width);
    long weight = rows("weight", weights, 1, width);
    long bias = rows("bias", biases, 1, width);
    long x = rows("x", xs, rows, width);
    long y = rows("y", ys, rows, width);
    if (rows == 0) {
      return;
    }
    int[] parts = segments(starts, sequences);
    long first = uploads.of(starts, sequences + 1);
    long segments = uploads.of(parts);
    int count = parts[sequences];
    try (Memory moments = gpu.allocate(8L * count * width);
        Memory columns = gpu.allocate(16L * sequences * width);
        Memory table = gpu.allocate(12L * sequences * width)) {
      moments(x, first, segments, sequences, count, moments.address(), width);
      gpu.kernel("column_moments")
          .arg(moments.address())
          .arg(first)
          .arg(segments)
          .arg(sequences)
          .arg(columns.address())
          .arg(width)
          .launch(blocks((long) sequences * width, 64), 1, 64, 0);
      gpu.kernel("group_table")
          .arg(columns.address())
          .arg(first)
          .arg(sequences)
          .arg(weight)
          .arg(bias)
          .arg(Double.doubleToRawLongBits(epsilon))
          .arg(table.address())
          .arg(width)
          .arg(groups)
          .launch(blocks((long) sequences * groups, 64), 1, 64, 0);
      applyTable(table.address(), Activation.NONE, x, y, first, sequences, rows, width);
      held(weights, biases, xs, ys);
    }
  }

  @Override
  public void mean(Tensor xs, int[] starts, int sequences, Tensor ys, int width) {
    long x = rows("x", xs, Arguments.starts(starts, sequences), width);
    long y = rows("y", ys, sequences, width);
    if (sequences == 0 || width == 0) {
      return;
    }
    int[] parts = segments(starts, sequences);
    long first = uploads.of(starts, sequences + 1);
    long segments = uploads.of(parts);
    int count = parts[sequences];
    try (Memory sums = gpu.allocate(8L * Math.max(1, count) * width)) {
      gpu.kernel("segment_sums")
          .arg(x)
          .arg(first)
          .arg(segments)
          .arg(sequences)
          .arg(sums.address())
          .arg(width)
          .launch(count, blocks(width, 32), BLOCK, 0);
      gpu.kernel("mean")
          .arg(sums.address())
          .arg(first)
          .arg(segments)
          .arg(sequences)
          .arg(y)
          .arg(width)
          .launch(blocks((long) sequences * width, WALKERS), 1, WALKERS, 0);
      held(xs, ys);
    }
  }

  @Override
  public void rollAdd(
      Tensor xs, int[] starts, Tensor ys, int[] yStarts, int sequences, int width, int track) {
    long x = rows("x", xs, Arguments.starts(starts, sequences), width);
    int rows = Arguments.starts(yStarts, sequences);
    long y = rows("y", ys, rows, width);
    Arguments.rotation(starts, yStarts, sequences, width, track);
    if (rows == 0) {
      return;
    }
    long from = uploads.of(starts, sequences + 1);
    long to = uploads.of(yStarts, sequences + 1);
    gpu.kernel("roll_add")
        .arg(x)
        .arg(from)
        .arg(y)
        .arg(to)
        .arg(sequences)
        .arg(rows)
        .arg(width)
        .arg(track)
        .launch(blocks((long) rows * blocks(width, 4), BLOCK), 1, BLOCK, 0);
    held(xs, ys);
  }

  // ------------------------------------------------------------ a switch unit

  /**
   * The first product writes a and the moments of each 64 of its rows; the second norms a as it
   * reads it, and writes the residual where the shuffle takes it.
   */
  @Override
  public void switchUnit(
      Linear expands,
      Tensor offsets,
      double epsilon,
      Activation f,
      Linear contracts,
      Tensor scales,
      Tensor xs,
      Tensor as,
      IntFunction<Tensor> work,
      Tensor ys,
      int sequences,
      int length,
      int width,
      Shuffle shuffle) {
    CudaLinear expand = mine(expands);
    CudaLinear contract = mine(contracts);
    int pairs = length / 2;
    int rows = sequences * pairs;
    int hidden = expand.outputs;
    long offset = rows("offset", offsets, 1, hidden);
    long scale = rows("scale", scales, 2, width);
    long x = rows("x", xs, Arguments.positions(sequences, length, shuffle), width);
    long y = rows("y", ys, sequences * length, width);
    long a = rows("a", as, rows, hidden);
    if (rows == 0) {
      return;
    }
    boolean fused = !windows || gpu.precision() != CudaOptions.Precision.BF16;
    int segments = blocks(pairs, SEGMENT);
    try (Memory moments = gpu.allocate(8L * sequences * segments * hidden);
        Memory table = gpu.allocate(12L * sequences * hidden)) {
      if (fused && pairs % SEGMENT == 0) {
        expand(expand, x, a, moments.address(), rows);
      } else {
        product(expand, x, expand.inputs, a, rows);
        int[] starts = equalStarts(sequences, pairs);
        long first = uploads.of(starts);
        long parts = uploads.of(segments(starts, sequences));
        moments(a, first, parts, sequences, sequences * segments, moments.address(), hidden);
      }
      positionTable(
          moments.address(), 0, 0, sequences, pairs, offset, epsilon, table.address(), hidden);
      if (fused) {
        contract(contract, a, table.address(), f, x, scale, y, length, width, shuffle, rows);
        held(offsets, scales, xs, as, ys);
        return;
      }
      long first = uploads.of(equalStarts(sequences, pairs));
      applyTable(table.address(), f, a, a, first, sequences, rows, hidden);
    }
    Tensor c = work.apply(rows * 2 * width);
    product(contract, a, hidden, rows("c", c, rows, 2L * width), rows);
    residual(scales, xs, c, ys, sequences, length, width, shuffle);
    held(offsets, as);
  }

  /** What the kernels of a switch unit are called in this precision. */
  private String cores() {
    return exact() ? "" : "_tf32";
  }

  private void expand(CudaLinear w, long x, long a, long moments, int rows) {
    int tile = tile(rows, w.outputs);
    gpu.kernel("expand_" + tile + cores())
        .arg(w.turned.address())
        .arg(w.ld)
        .arg(w.biasAddress())
        .arg(x)
        .arg(a)
        .arg(moments)
        .arg(rows)
        .arg(w.inputs)
        .arg(w.outputs)
        .launch(blocks(rows, tile), blocks(w.outputs, tile), threads(tile), 0);
  }

  private void contract(
      CudaLinear w,
      long a,
      long table,
      Activation f,
      long x,
      long scale,
      long y,
      int length,
      int width,
      Shuffle shuffle,
      int rows) {
    int tile = tile(rows, w.outputs);
    gpu.kernel("contract_" + tile + cores())
        .arg(w.turned.address())
        .arg(w.ld)
        .arg(w.biasAddress())
        .arg(a)
        .arg(table)
        .arg(f.ordinal())
        .arg(x)
        .arg(scale)
        .arg(y)
        .arg(length)
        .arg(width)
        .arg(shuffle.ordinal())
        .arg(rows)
        .arg(w.inputs)
        .launch(blocks(rows, tile), blocks(w.outputs, tile), threads(tile), 0);
  }

  // -------------------------------------------- rows that stay in shared memory

  /** Norm of a row as {@code common.cuh} numbers them. */
  private static int kind(RowNorm norm) {
    return norm == null ? 0 : norm.isAffine() ? 2 : 1;
  }

  /** Floats of a row in shared memory, as {@code fused.cu} lays it out. */
  private static int pitch(int width) {
    return blocks(width, DEEP) * DEEP + 4;
  }

  /**
   * Rows of a warp, 8 or 4: 8 take fewer reads of the weights, 4 spread few rows further. 0 where
   * neither fits into a block's shared memory.
   *
   * @param row floats of a row in shared memory
   */
  private int rowsOfWarp(int rows, int row) {
    boolean many = rows >= 48 * parts;
    if (many && shared(8, row) <= gpu.sharedMemory()) {
      return 8;
    }
    return shared(4, row) <= gpu.sharedMemory() ? 4 : 0;
  }

  /** Bytes of shared memory of a block of 8 warps, with two buffers of weights. */
  private static int shared(int rowsOfWarp, int row) {
    return 4 * (2 * DEEP * 256 + 8 * rowsOfWarp * row);
  }

  /** Whether products may be our own where that saves memory traffic. */
  private boolean exact() {
    return !windows || gpu.precision() == CudaOptions.Precision.FP32;
  }

  /** One kernel where hidden values and rows are few enough to stay in shared memory. */
  @Override
  public void mlp(
      RowNorm norm, Linear firsts, Activation f, Linear seconds, Tensor xs, Tensor ys, int rows) {
    CudaLinear first = mine(firsts);
    CudaLinear second = mine(seconds);
    int width = first.inputs;
    int hidden = first.outputs;
    int row = pitch(Math.max(width, hidden));
    int each = exact() && width <= 512 && hidden <= 256 ? rowsOfWarp(rows, row) : 0;
    if (each == 0 || hidden != second.inputs) {
      Kernels.super.mlp(norm, firsts, f, seconds, xs, ys, rows);
      return;
    }
    long x = rows("x", xs, rows, width);
    long y = rows("y", ys, rows, second.outputs);
    long weight = norm == null ? 0 : rows("weight", norm.weight(), 1, width);
    long bias = norm == null ? 0 : rows("bias", norm.bias(), 1, width);
    gpu.kernel("mlp_" + each + (hidden <= 128 ? "_128" : "_256"))
        .arg(x)
        .arg(kind(norm))
        .arg(weight)
        .arg(bias)
        .arg(norm == null ? 0f : (float) norm.epsilon())
        .arg(first.turned.address())
        .arg(first.ld)
        .arg(first.biasAddress())
        .arg(f.ordinal())
        .arg(second.turned.address())
        .arg(second.ld)
        .arg(second.biasAddress())
        .arg(y)
        .arg(rows)
        .arg(width)
        .arg(hidden)
        .arg(second.outputs)
        .launch(blocks(rows, 8 * each), 1, BLOCK, shared(each, row));
  }

  /** One kernel for rows of up to 512 values. */
  @Override
  public void rollAdd(
      Tensor xs, Tensor ys, int[] starts, int sequences, int width, int track, RowNorm norm) {
    if (norm == null || width > 512) {
      Kernels.super.rollAdd(xs, ys, starts, sequences, width, track, norm);
      return;
    }
    int rows = Arguments.starts(starts, sequences);
    long x = rows("x", xs, rows, width);
    long y = rows("y", ys, rows, width);
    Arguments.rotation(starts, starts, sequences, width, track);
    long weight = rows("weight", norm.weight(), 1, width);
    long bias = rows("bias", norm.bias(), 1, width);
    if (rows == 0) {
      return;
    }
    long first = uploads.of(starts, sequences + 1);
    gpu.kernel(width <= 256 ? "roll_add_norm_256" : "roll_add_norm_512")
        .arg(x)
        .arg(first)
        .arg(y)
        .arg(sequences)
        .arg(rows)
        .arg(width)
        .arg(track)
        .arg(kind(norm))
        .arg(weight)
        .arg(bias)
        .arg((float) norm.epsilon())
        .launch(warps(rows), 1, BLOCK, 0);
    held(xs, ys, norm);
  }

  /**
   * One kernel where each sequence takes one step; else the operations one by one, with the same
   * bits: how a sequence is cut into calls must not show.
   */
  @Override
  public void advance(
      RecurrentLayer layer,
      Tensor xs,
      int[] starts,
      int sequences,
      Tensor states,
      int groups,
      Workspace work) {
    CudaLinear b = mine(layer.b());
    CudaLinear c = mine(layer.c());
    CudaLinear gates = mine(layer.gates());
    CudaDiagonal lambda = mine(layer.lambda());
    int steps = Arguments.starts(starts, sequences);
    Arguments.count("groups", groups);
    int rows = Math.multiplyExact(steps, groups);
    int d = b.inputs;
    int n = lambda.width;
    boolean fits =
        !windows
            && steps == sequences
            && d % 4 == 0
            && d <= 128
            && n % 4 == 0
            && n <= 128
            && b.outputs == 2 * n
            && c.inputs == 2 * n
            && c.outputs == d
            && gates.inputs == d
            && gates.outputs == 2 * d
            && oneRowEach(starts, sequences);
    int row = pitch(d) + pitch(2 * n);
    int each = fits ? rowsOfWarp(rows, row) : 0;
    if (each == 0) {
      Kernels.super.advance(layer, xs, starts, sequences, states, groups, work);
      return;
    }
    long x = rows("x", xs, rows, d);
    long state = rows("state", states, sequences, 2L * groups * n);
    long weight = rows("weight", layer.norm().weight(), 1, d);
    long bias = rows("bias", layer.norm().bias(), 1, d);
    long skip = rows("d", layer.skip(), 1, d);
    gpu.kernel("lru_step_" + each)
        .arg(x)
        .arg(kind(layer.norm()))
        .arg(layer.prenorm() ? 1 : 0)
        .arg(weight)
        .arg(bias)
        .arg((float) layer.norm().epsilon())
        .arg(b.turned.address())
        .arg(b.ld)
        .arg(b.biasAddress())
        .arg(lambda.re.address())
        .arg(lambda.im.address())
        .arg(state)
        .arg(c.turned.address())
        .arg(c.ld)
        .arg(c.biasAddress())
        .arg(skip)
        .arg(layer.activation().ordinal())
        .arg(gates.turned.address())
        .arg(gates.ld)
        .arg(gates.biasAddress())
        .arg(rows)
        .arg(d)
        .arg(n)
        .launch(blocks(rows, 8 * each), 1, BLOCK, shared(each, row));
  }

  // --------------------------------------------------------------- attention

  @Override
  public void attend(
      AttentionSets windows,
      double scale,
      Tensor qs,
      Tensor ks,
      Tensor vs,
      int stride,
      Tensor ys,
      int yStride,
      int rows,
      int width) {
    Arguments.attention(windows, qs, ks, vs, stride, ys, yStride, rows, width);
    long q = mine(qs).address();
    long k = mine(ks).address();
    long v = mine(vs).address();
    long y = mine(ys).address();
    if (rows == 0 || width == 0) {
      return;
    }
    AttentionPlans.Plan plan = attentionPlans.of(windows, rows);
    try (Memory o = gpu.allocate(4L * Math.max(1, plan.count()) * width)) {
      gpu.kernel("attend")
          .arg(plan.tiles().address())
          .arg(plan.queries().address())
          .arg(plan.queryStarts().address())
          .arg(plan.keys().address())
          .arg(plan.keyStarts().address())
          .arg(plan.queryTimes().address())
          .arg(plan.keyTimes().address())
          .arg((float) windows.ownRow())
          .arg((float) scale)
          .arg(q)
          .arg(k)
          .arg(v)
          .arg(stride)
          .arg(o.address())
          .arg(width)
          .launch(plan.blocks(), blocks(width, 128), 128, 0);
      gpu.kernel("attended")
          .arg(o.address())
          .arg(plan.places().address())
          .arg(plan.placeStarts().address())
          .arg((float) windows.epsilon())
          .arg(y)
          .arg(yStride)
          .arg(rows)
          .arg(width)
          .launch(blocks((long) rows * width, BLOCK), 1, BLOCK, 0);
      held(qs, ks, vs, ys);
    }
  }

  // ----------------------------------------------------------------- helpers

  /**
   * Keeps tensors from the collector up to here, where memory was taken since their addresses were:
   * that of tensors which nobody holds any more is given out again.
   */
  private static void held(Object... tensors) {
    Reference.reachabilityFence(tensors);
  }

  /** Values that go over once: they hardly come again. */
  private Memory upload(int[] values, int count) {
    Memory memory = gpu.allocate(4L * Math.max(1, count));
    gpu.upload(values, 0, memory.address(), count);
    return memory;
  }

  private static int blocks(long count, int each) {
    return Math.toIntExact((count + each - 1) / each);
  }

  /** Blocks whose threads take four values each. */
  private static int fours(int count) {
    return blocks(count, 4 * BLOCK);
  }

  /** Blocks whose warps take a row each. */
  private static int warps(int rows) {
    return blocks(rows, BLOCK / 32);
  }

  /** Address of a tensor that holds so many rows. */
  private static long rows(String name, Tensor tensor, int rows, long width) {
    Arguments.holds(name, tensor, rows, width);
    return mine(tensor).address();
  }

  private static CudaTensor mine(Tensor tensor) {
    if (tensor instanceof CudaTensor mine) {
      return mine;
    }
    throw Arguments.foreign(NAME, tensor);
  }

  private static CudaLinear mine(Linear weights) {
    if (weights instanceof CudaLinear mine) {
      return mine;
    }
    throw Arguments.foreign(NAME, weights);
  }

  private static CudaDiagonal mine(Diagonal lambda) {
    if (lambda instanceof CudaDiagonal mine) {
      return mine;
    }
    throw Arguments.foreign(NAME, lambda);
  }
}
