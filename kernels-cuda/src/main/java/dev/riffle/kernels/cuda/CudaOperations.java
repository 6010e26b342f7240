package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.AttentionSets;
import dev.riffle.kernels.Bags;
import dev.riffle.kernels.FoGates;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Pairs;
import dev.riffle.kernels.PositionNorm;
import dev.riffle.kernels.Positions;
import dev.riffle.kernels.QueryKeyValue;
import dev.riffle.kernels.RotaryPositions;
import dev.riffle.kernels.Strided;
import dev.riffle.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The operations of the backend {@code cuda}, one kernel or a few each: chooses a kernel and its
 * grid, and launches it.
 */
abstract class CudaOperations extends CudaMemory {
  /** Threads of a block of kernels that walk along sequences: few, so that they spread. */
  static final int WALKERS = 128;

  /** Rows of a product up to which a warp takes one row. */
  private static final int FEW = 16;

  /** Rows of a product from which on cuBLASLt takes it. */
  private static final int MANY = 32;

  /** Rows of a segment of {@code sequences.cu}, and of moments in {@code switch_units.cu}. */
  static final int SEGMENT = 64;

  final int parts;
  final AttentionPlans attentionPlans;

  /**
   * @param parts of the GPU that compute side by side, over which small products are spread
   */
  CudaOperations(
      Gpu gpu, int parts, Uploads uploads, AttentionPlans attentionPlans, boolean windows) {
    super(gpu, uploads, windows);
    this.parts = parts;
    this.attentionPlans = attentionPlans;
  }

  // ---------------------------------------------------------------- products

  @Override
  public void linear(Linear weights, Tensor x, Tensor y, int rows) {
    CudaLinear w = mine(weights);
    long from = address(x);
    product(w, from, w.inputs(), address(y), rows);
    held(x, y);
  }

  @Override
  public void convolve(Linear weights, Tensor x, int s, Tensor y, int rows) {
    CudaLinear w = mine(weights);
    long from = address(x);
    product(w, from, s, address(y), rows);
    held(x, y);
  }

  /** Rows of x are {@code stride} apart. */
  final void product(CudaLinear w, long x, int stride, long y, int rows) {
    if (rows == 0 || w.outputs() == 0) {
      return;
    }
    if (windows
        && w.plain() != null
        && rows >= MANY
        && stride >= w.inputs()
        && byBlas(w, x, stride, y, rows)) {
      return;
    }
    String kernel = "product_8";
    int block = BLOCK;
    int gridX = blocks(rows, 8);
    int gridY = blocks(w.outputs(), 32);
    if (rows > FEW) {
      int tile = tile(rows, w.outputs());
      kernel = "product_" + tile;
      block = threads(tile);
      gridX = blocks(rows, tile);
      gridY = blocks(w.outputs(), tile);
    }
    gpu.kernel(kernel)
        .args(w)
        .arg(x)
        .arg(stride)
        .arg(y)
        .arg(Activation.NONE.ordinal())
        .arg(rows)
        .arg(w.inputs())
        .arg(w.outputs())
        .launch(gridX, gridY, block, 0);
  }

  private boolean byBlas(CudaLinear w, long x, int stride, long y, int rows) {
    Products.Epilogue epilogue = w.bias() == null ? Products.Epilogue.NONE : Products.Epilogue.BIAS;
    Products.Shape shape =
        new Products.Shape(rows, w.outputs(), w.inputs(), stride, epilogue, false, gpu.precision());
    long weight = w.plain().address();
    boolean can = gpu.products().can(shape, weight, x, y);
    if (can) {
      gpu.products().multiply(shape, weight, w.biasAddress(), x, y);
    }
    return can;
  }

  /** Rows and columns of a block's tile: the larger as soon as that gives every part work. */
  final int tile(int rows, int outputs) {
    boolean large = outputs > 64 && (long) blocks(rows, 128) * blocks(outputs, 128) >= parts;
    return large ? 128 : 64;
  }

  static int threads(int tile) {
    return tile == 128 ? 256 : 128;
  }

  // ----------------------------------------------------------- operations on rows

  @Override
  public void activate(Activation f, Tensor xs, Tensor ys, int count) {
    long x = address(xs);
    long y = address(ys);
    gpu.kernel("activate")
        .arg(f.ordinal())
        .arg(x)
        .arg(y)
        .arg(count)
        .launch(fours(count), 1, BLOCK, 0);
  }

  @Override
  public void addScaled(Tensor ds, Tensor xs, Tensor ys, Activation f, int rows, int width) {
    long d = address(ds);
    long x = address(xs);
    long y = address(ys);
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
  public void layerNorm(NormWeights norm, Tensor xs, Tensor ys, int rows, int width) {
    long weight = address(norm.weight());
    long bias = address(norm.bias());
    long x = address(xs);
    long y = address(ys);
    if (width == 0) {
      return;
    }
    String kernel =
        width <= 256 ? "layer_norm_256" : width <= 1024 ? "layer_norm_1024" : "layer_norm_wide";
    gpu.kernel(kernel)
        .arg(weight)
        .arg(bias)
        .arg((float) norm.epsilon())
        .arg(x)
        .arg(y)
        .arg(rows)
        .arg(width)
        .launch(warps(rows), 1, BLOCK, 0);
  }

  @Override
  public void affine(Tensor scales, Tensor shifts, Tensor xs, Tensor ys, int rows, int width) {
    long scale = address(scales);
    long shift = address(shifts);
    long x = address(xs);
    long y = address(ys);
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
    long x = address(xs);
    long ab = address(abs);
    long y = address(ys);
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
    CudaIndex at = (CudaIndex) index;
    long x = address(xs);
    long y = address(ys);
    int count = rows * at.outputs();
    gpu.kernel("gather")
        .arg(at.entries().address())
        .arg(at.constants().address())
        .arg(x)
        .arg(y)
        .arg(count)
        .arg(at.inputs())
        .arg(at.outputs())
        .launch(blocks(count, BLOCK), 1, BLOCK, 0);
  }

  @Override
  public void concat(Tensor as, int aWidth, Tensor bs, int bWidth, Tensor ys, int rows) {
    long a = address(as);
    long b = address(bs);
    long y = address(ys);
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
    long x = address(xs);
    long y = address(ys);
    if (width > 1024) {
      gpu.kernel("log_softmax_wide").arg(x).arg(y).arg(width).launch(rows, 1, BLOCK, 0);
    } else {
      gpu.kernel("log_softmax").arg(x).arg(y).arg(rows).arg(width).launch(warps(rows), 1, BLOCK, 0);
    }
  }

  @Override
  public void multiply(Tensor xs, Tensor gs, Tensor ys, int count) {
    long x = address(xs);
    long g = address(gs);
    long y = address(ys);
    gpu.kernel("multiply").arg(x).arg(g).arg(y).arg(count).launch(fours(count), 1, BLOCK, 0);
  }

  @Override
  public void scaleNorm(double scale, double floor, Tensor xs, Tensor ys, int rows, int width) {
    long x = address(xs);
    long y = address(ys);
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
    long table = address(tables);
    long y = address(ys);
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
  public void embeddingBag(Tensor tables, Bags bags, Tensor ys, int rows, int width) {
    long weight = address(bags.weights());
    long y = address(ys);
    long table = address(tables);
    try (Memory at = upload(bags.entries(), rows * bags.size())) {
      gpu.kernel("embedding_bag")
          .arg(table)
          .arg(at.address())
          .arg(weight)
          .arg(bags.size())
          .arg(y)
          .arg(rows)
          .arg(width)
          .launch(blocks((long) rows * blocks(width, 4), BLOCK), 1, BLOCK, 0);
      held(tables, bags.weights(), ys);
    }
  }

  @Override
  public void rotary(RotaryPositions rotation, Strided strided, int rows, int groups, int width) {
    long table = address(rotation.table());
    long x = address(strided.tensor());
    long at = uploads.of(rotation.positions(), rows);
    gpu.kernel("rotary")
        .arg(table)
        .arg(at)
        .arg(rotation.pairs() == Pairs.INTERLEAVED ? 1 : 0)
        .arg(x)
        .arg(strided.stride())
        .arg(rows)
        .arg(groups)
        .arg(width)
        .launch(blocks((long) rows * groups * (width / 2), BLOCK), 1, BLOCK, 0);
    held(rotation.table(), strided.tensor());
  }

  @Override
  public void residual(
      Tensor scales, Tensor xs, Tensor cs, Tensor ys, Positions positions, int width) {
    int rows = positions.rows();
    long scale = address(scales);
    long x = address(xs);
    long c = address(cs);
    long y = address(ys);
    gpu.kernel("residual")
        .arg(scale)
        .arg(x)
        .arg(c)
        .arg(y)
        .arg(rows)
        .arg(positions.length())
        .arg(width)
        .arg(positions.shuffle().ordinal())
        .launch(blocks((long) rows * blocks(width, 4), BLOCK), 1, BLOCK, 0);
  }

  // --------------------------------------------------- operations along sequences

  @Override
  public void recurrence(
      Diagonal lambda, Tensor us, PackedSequences sequences, Tensor states, int groups) {
    CudaDiagonal l = mine(lambda);
    int rows = sequences.rows();
    long u = address(us);
    long state = address(states);
    if (rows == 0 || groups == 0 || l.width() == 0) {
      return;
    }
    long at = startsOrRows(sequences);
    gpu.kernel("recurrence")
        .arg(l.re().address())
        .arg(l.im().address())
        .arg(u)
        .arg(at)
        .arg(sequences.count())
        .arg(state)
        .arg(groups)
        .arg(l.width())
        .launch(blocks((long) sequences.count() * groups * l.width(), WALKERS), 1, WALKERS, 0);
    held(us, states);
  }

  @Override
  public void runningMean(
      Tensor xs, PackedSequences sequences, long[] counts, Tensor sums, Tensor ys, int width) {
    int rows = sequences.rows();
    long x = address(xs);
    long sum = address(sums);
    long y = address(ys);
    if (rows == 0 || width == 0) {
      return;
    }
    long at = startsOrRows(sequences);
    ByteBuffer bytes = ByteBuffer.allocate(8 * sequences.count()).order(ByteOrder.nativeOrder());
    bytes.asLongBuffer().put(counts, 0, sequences.count());
    try (Memory steps = gpu.allocate(8L * sequences.count())) {
      gpu.upload(bytes, steps.address(), 8 * sequences.count());
      gpu.kernel("running_mean")
          .arg(x)
          .arg(at)
          .arg(sequences.count())
          .arg(steps.address())
          .arg(sum)
          .arg(y)
          .arg(width)
          .launch(blocks((long) sequences.count() * width, WALKERS), 1, WALKERS, 0);
      held(xs, sums, ys);
    }
  }

  @Override
  public void causalUnfold(
      Tensor xs, PackedSequences sequences, Tensor tails, Tensor ys, int width, int taps) {
    int rows = sequences.rows();
    long x = address(xs);
    long tail = address(tails);
    long y = address(ys);
    if (rows == 0 || width == 0) {
      return;
    }
    long at = startsOrRows(sequences);
    int count = rows * taps * width;
    gpu.kernel("causal_unfold")
        .arg(x)
        .arg(at)
        .arg(sequences.count())
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
          .arg(sequences.count())
          .arg(tail)
          .arg(width)
          .arg(taps)
          .launch(blocks((long) sequences.count() * width, BLOCK), 1, BLOCK, 0);
    }
    held(xs, tails, ys);
  }

  @Override
  public void foPooling(
      FoGates fo, Tensor zfois, PackedSequences sequences, Tensor states, Tensor ys, int width) {
    int rows = sequences.rows();
    long zfoi = address(zfois);
    long state = address(states);
    long y = address(ys);
    if (rows == 0 || width == 0) {
      return;
    }
    long at = startsOrRows(sequences);
    gpu.kernel("fo_pooling")
        .arg(fo.activation().ordinal())
        .arg((float) fo.zoneout())
        .arg(zfoi)
        .arg(fo.count())
        .arg(at)
        .arg(sequences.count())
        .arg(state)
        .arg(y)
        .arg(width)
        .launch(blocks((long) sequences.count() * width, WALKERS), 1, WALKERS, 0);
    held(zfois, states, ys);
  }

  /** Address of the offsets; 0 where each sequence is one row. */
  private long startsOrRows(PackedSequences sequences) {
    return sequences.oneRowEach() ? 0 : uploads.of(sequences.offsets());
  }

  // -------------------------------------------------- statistics of windows

  /** Uploads the segments of sequences. */
  final Segments segments(PackedSequences sequences) {
    int[] first = new int[sequences.count() + 1];
    for (int b = 0; b < sequences.count(); b++) {
      first[b + 1] = first[b] + blocks(sequences.length(b), SEGMENT);
    }
    long offsets = uploads.of(sequences.offsets());
    return new Segments(offsets, uploads.of(first), sequences.count(), 0, first[sequences.count()]);
  }

  /**
   * The segments that sequences are divided into; the sums of a segment do not depend on what else
   * is computed.
   *
   * @param offsets address of the offsets of the sequences; 0 where all have {@code rows} rows
   * @param first address of the first segment of each sequence; 0 likewise
   * @param sequences number of sequences
   * @param rows of each sequence where all have as many; otherwise 0
   * @param count number of segments
   */
  record Segments(long offsets, long first, int sequences, int rows, int count)
      implements Kernel.Parameters {

    /** The segments of sequences of {@code rows} rows each. */
    static Segments equal(int sequences, int rows) {
      return new Segments(0, 0, sequences, rows, sequences * blocks(rows, SEGMENT));
    }

    @Override
    public void addTo(Kernel kernel) {
      kernel.arg(offsets).arg(first).arg(sequences);
    }
  }

  /** Moments {@code [segments, 2, width]} of segments. */
  final void moments(long x, Segments segments, long moments, int width) {
    gpu.kernel("segment_moments")
        .arg(x)
        .args(segments)
        .arg(moments)
        .arg(width)
        .launch(segments.count(), blocks(width, 32), BLOCK, 0);
  }

  /** The table {@code [sequences, 3, width]} of {@link #positionNorm}. */
  final void positionTable(
      long moments, Segments segments, PositionNorm norm, long table, int width) {
    gpu.kernel("position_table")
        .arg(moments)
        .args(segments)
        .arg(segments.rows())
        .arg(address(norm.offset()))
        .arg(Double.doubleToRawLongBits(norm.epsilon()))
        .arg(table)
        .arg(width)
        .launch(blocks((long) segments.sequences() * width, 64), 1, 64, 0);
  }

  /** y = f(x) with the table of each sequence. */
  final void applyTable(
      long table, Activation f, long x, long y, PackedSequences sequences, int width) {
    long offsets = uploads.of(sequences.offsets());
    int rows = sequences.rows();
    gpu.kernel("apply_table")
        .arg(table)
        .arg(f.ordinal())
        .arg(x)
        .arg(y)
        .arg(offsets)
        .arg(sequences.count())
        .arg(rows)
        .arg(width)
        .launch(blocks((long) rows * blocks(width, 4), BLOCK), 1, BLOCK, 0);
  }

  @Override
  public void positionNorm(
      PositionNorm norm, Tensor xs, Tensor ys, PackedSequences sequences, int width) {
    if (sequences.rows() == 0 || width == 0) {
      return;
    }
    long x = address(xs);
    long y = address(ys);
    Segments segments = segments(sequences);
    try (Memory moments = gpu.allocate(8L * segments.count() * width);
        Memory table = gpu.allocate(12L * sequences.count() * width)) {
      moments(x, segments, moments.address(), width);
      positionTable(moments.address(), segments, norm, table.address(), width);
      applyTable(table.address(), norm.activation(), x, y, sequences, width);
      held(norm.offset(), xs, ys);
    }
  }

  @Override
  public void groupNorm(
      NormWeights norm, int groups, Tensor xs, PackedSequences sequences, Tensor ys, int width) {
    if (sequences.rows() == 0) {
      return;
    }
    long x = address(xs);
    long y = address(ys);
    Segments segments = segments(sequences);
    int count = sequences.count();
    try (Memory moments = gpu.allocate(8L * segments.count() * width);
        Memory columns = gpu.allocate(16L * count * width);
        Memory table = gpu.allocate(12L * count * width)) {
      moments(x, segments, moments.address(), width);
      gpu.kernel("column_moments")
          .arg(moments.address())
          .args(segments)
          .arg(columns.address())
          .arg(width)
          .launch(blocks((long) count * width, 64), 1, 64, 0);
      gpu.kernel("group_table")
          .arg(columns.address())
          .arg(segments.offsets())
          .arg(count)
          .arg(address(norm.weight()))
          .arg(address(norm.bias()))
          .arg(Double.doubleToRawLongBits(norm.epsilon()))
          .arg(table.address())
          .arg(width)
          .arg(groups)
          .launch(blocks((long) count * groups, 64), 1, 64, 0);
      applyTable(table.address(), Activation.NONE, x, y, sequences, width);
      held(norm.weight(), norm.bias(), xs, ys);
    }
  }

  @Override
  public void mean(Tensor xs, PackedSequences sequences, Tensor ys, int width) {
    if (sequences.count() == 0 || width == 0) {
      return;
    }
    long x = address(xs);
    long y = address(ys);
    Segments segments = segments(sequences);
    try (Memory sums = gpu.allocate(8L * Math.max(1, segments.count()) * width)) {
      gpu.kernel("segment_sums")
          .arg(x)
          .args(segments)
          .arg(sums.address())
          .arg(width)
          .launch(segments.count(), blocks(width, 32), BLOCK, 0);
      gpu.kernel("mean")
          .arg(sums.address())
          .args(segments)
          .arg(y)
          .arg(width)
          .launch(blocks((long) sequences.count() * width, WALKERS), 1, WALKERS, 0);
      held(xs, ys);
    }
  }

  @Override
  public void rollAdd(
      Tensor xs, PackedSequences from, Tensor ys, PackedSequences to, int width, int track) {
    long x = address(xs);
    int rows = to.rows();
    long y = address(ys);
    if (rows == 0) {
      return;
    }
    long xOffsets = uploads.of(from.offsets());
    long yOffsets = uploads.of(to.offsets());
    gpu.kernel("roll_add")
        .arg(x)
        .arg(xOffsets)
        .arg(y)
        .arg(yOffsets)
        .arg(from.count())
        .arg(rows)
        .arg(width)
        .arg(track)
        .launch(blocks((long) rows * blocks(width, 4), BLOCK), 1, BLOCK, 0);
    held(xs, ys);
  }

  // --------------------------------------------------------------- attention

  @Override
  public void attend(
      AttentionSets sets, double scale, QueryKeyValue qkv, Strided target, int rows, int width) {
    long q = address(qkv.q());
    long k = address(qkv.k());
    long v = address(qkv.v());
    long y = address(target.tensor());
    if (rows == 0 || width == 0) {
      return;
    }
    AttentionPlans.Plan plan = attentionPlans.of(sets, rows);
    try (Memory o = gpu.allocate(4L * Math.max(1, plan.count()) * width)) {
      gpu.kernel("attend")
          .arg(plan.tiles().address())
          .arg(plan.queries().address())
          .arg(plan.queryStarts().address())
          .arg(plan.keys().address())
          .arg(plan.keyStarts().address())
          .arg(plan.queryTimes().address())
          .arg(plan.keyTimes().address())
          .arg((float) sets.ownRow())
          .arg((float) scale)
          .arg(q)
          .arg(k)
          .arg(v)
          .arg(qkv.stride())
          .arg(o.address())
          .arg(width)
          .launch(plan.blocks(), blocks(width, 128), 128, 0);
      gpu.kernel("attended")
          .arg(o.address())
          .arg(plan.places().address())
          .arg(plan.placeStarts().address())
          .arg((float) sets.epsilon())
          .arg(y)
          .arg(target.stride())
          .arg(rows)
          .arg(width)
          .launch(blocks((long) rows * width, BLOCK), 1, BLOCK, 0);
      held(qkv.q(), qkv.k(), qkv.v(), target.tensor());
    }
  }
}
