package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Backend;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.Mlp;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.PositionNorm;
import dev.riffle.kernels.Positions;
import dev.riffle.kernels.RecurrentLayer;
import dev.riffle.kernels.RowNorm;
import dev.riffle.kernels.SwitchUnitWeights;
import dev.riffle.kernels.Tensor;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The backend {@code cuda}, with one kernel each for what other backends compose. Nothing waits for
 * the GPU but reading from it.
 *
 * <p>A product by our own kernels gives a row the same bits in any batch. Those of cuBLASLt do not;
 * only the backend {@link #forWindows} uses them.
 */
final class CudaKernels extends CudaOperations {
  static final String NAME = "cuda";

  /** Values of work memory that {@link #inTiles} allocates at most. */
  private static final int TILE_VALUES = 1 << 26;

  /** Inputs of a product that {@code fused.cu} takes at a time. */
  private static final int DEEP = 16;

  private final Device device;

  /** The backend whose products are the same for a row in any batch. */
  CudaKernels(Gpu gpu, Device device) {
    this(gpu, device, gpu.multiprocessors());
  }

  /**
   * @param parts of the GPU that compute side by side, over which small products are spread
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
    super(gpu, parts, uploads, attentionPlans, windows);
    this.device = device;
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
  public Optional<Device> device() {
    return Optional.of(device);
  }

  @Override
  public Backend forWindows() {
    return windows ? this : new CudaKernels(gpu, device, parts, uploads, attentionPlans, true);
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

  // ------------------------------------------------------------ a switch unit

  /**
   * The first product writes a and the moments of each 64 of its rows; the second normalizes a as
   * it reads it, and writes the residual to its shuffled position.
   */
  @Override
  public void switchUnit(
      SwitchUnitWeights unit,
      Tensor xs,
      Tensor as,
      IntFunction<Tensor> work,
      Tensor ys,
      Positions positions) {
    CudaLinear expand = mine(unit.expand());
    CudaLinear contract = mine(unit.contract());
    PositionNorm norm = unit.norm();
    int sequences = positions.sequences();
    int pairs = positions.pairs();
    int rows = sequences * pairs;
    int hidden = unit.hidden();
    long x = address(xs);
    long a = address(as);
    if (rows == 0) {
      return;
    }
    boolean fused = !windows || gpu.precision() != CudaOptions.Precision.BF16;
    PackedSequences all = PackedSequences.equal(sequences, pairs);
    int segments = blocks(pairs, SEGMENT);
    try (Memory moments = gpu.allocate(8L * sequences * segments * hidden);
        Memory table = gpu.allocate(12L * sequences * hidden)) {
      if (fused && pairs % SEGMENT == 0) {
        expand(expand, x, a, moments.address(), rows);
      } else {
        product(expand, x, expand.inputs(), a, rows);
        moments(a, segments(all), moments.address(), hidden);
      }
      positionTable(
          moments.address(), Segments.equal(sequences, pairs), norm, table.address(), hidden);
      if (fused) {
        contract(unit, a, table.address(), xs, ys, positions);
        held(norm.offset(), unit.scale(), xs, as, ys);
        return;
      }
      applyTable(table.address(), norm.activation(), a, a, all, hidden);
    }
    Tensor c = work.apply(rows * 2 * unit.width());
    product(contract, a, hidden, address(c), rows);
    residual(unit.scale(), xs, c, ys, positions, unit.width());
    held(norm.offset(), as);
  }

  /** Suffix of the kernels of a switch unit in this precision. */
  private String cores() {
    return exact() ? "" : "_tf32";
  }

  private void expand(CudaLinear w, long x, long a, long moments, int rows) {
    int tile = tile(rows, w.outputs());
    gpu.kernel("expand_" + tile + cores())
        .args(w)
        .arg(x)
        .arg(a)
        .arg(moments)
        .arg(rows)
        .arg(w.inputs())
        .arg(w.outputs())
        .launch(blocks(rows, tile), blocks(w.outputs(), tile), threads(tile), 0);
  }

  private void contract(
      SwitchUnitWeights unit, long a, long table, Tensor x, Tensor y, Positions positions) {
    CudaLinear w = mine(unit.contract());
    int rows = positions.sequences() * positions.pairs();
    int tile = tile(rows, w.outputs());
    gpu.kernel("contract_" + tile + cores())
        .args(w)
        .arg(a)
        .arg(table)
        .arg(unit.norm().activation().ordinal())
        .arg(address(x))
        .arg(address(unit.scale()))
        .arg(address(y))
        .arg(positions.length())
        .arg(unit.width())
        .arg(positions.shuffle().ordinal())
        .arg(rows)
        .arg(w.inputs())
        .launch(blocks(rows, tile), blocks(w.outputs(), tile), threads(tile), 0);
  }

  // -------------------------------------------- rows that stay in shared memory

  /** The parameters of a norm of rows; its kind as {@code common.cuh} numbers them. */
  private static Kernel.Parameters parameters(RowNorm norm) {
    NormWeights weights = norm.weights();
    return kernel ->
        kernel
            .arg(norm.isNone() ? 0L : address(weights.weight()))
            .arg(norm.isNone() ? 0L : address(weights.bias()))
            .arg((float) weights.epsilon());
  }

  /** Floats of a row in shared memory, as {@code fused.cu} lays it out. */
  private static int pitch(int width) {
    return blocks(width, DEEP) * DEEP + 4;
  }

  /**
   * Rows of a warp, 8 or 4: 8 need fewer reads of the weights, 4 spread few rows over more warps. 0
   * where neither fits into the shared memory of a block.
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

  /** One kernel where hidden features and rows are few enough to stay in shared memory. */
  @Override
  public void mlp(Mlp mlp, Tensor xs, Tensor ys, int rows) {
    CudaLinear first = mine(mlp.first());
    CudaLinear second = mine(mlp.second());
    int width = first.inputs();
    int hidden = first.outputs();
    int row = pitch(Math.max(width, hidden));
    int each = exact() && width <= 512 && hidden <= 256 ? rowsOfWarp(rows, row) : 0;
    if (each == 0) {
      super.mlp(mlp, xs, ys, rows);
      return;
    }
    gpu.kernel("mlp_" + each + (hidden <= 128 ? "_128" : "_256"))
        .arg(address(xs))
        .arg(mlp.norm().kind().ordinal())
        .args(parameters(mlp.norm()))
        .args(first)
        .arg(mlp.activation().ordinal())
        .args(second)
        .arg(address(ys))
        .arg(rows)
        .arg(width)
        .arg(hidden)
        .arg(second.outputs())
        .launch(blocks(rows, 8 * each), 1, BLOCK, shared(each, row));
  }

  /** One kernel for rows of up to 512 values. */
  @Override
  public void rollAddNorm(
      Tensor xs, Tensor ys, PackedSequences sequences, int width, int track, RowNorm norm) {
    if (norm.isNone() || width > 512) {
      super.rollAddNorm(xs, ys, sequences, width, track, norm);
      return;
    }
    int rows = sequences.rows();
    if (rows == 0) {
      return;
    }
    long offsets = uploads.of(sequences.offsets());
    gpu.kernel(width <= 256 ? "roll_add_norm_256" : "roll_add_norm_512")
        .arg(address(xs))
        .arg(offsets)
        .arg(address(ys))
        .arg(sequences.count())
        .arg(rows)
        .arg(width)
        .arg(track)
        .arg(norm.kind().ordinal())
        .args(parameters(norm))
        .launch(warps(rows), 1, BLOCK, 0);
    held(xs, ys, norm);
  }

  /**
   * One kernel where each sequence advances by one step; otherwise one kernel per operation, with
   * the same bits: how a sequence is divided into calls must not be visible.
   */
  @Override
  public void advance(
      RecurrentLayer layer,
      Tensor xs,
      PackedSequences sequences,
      Tensor states,
      int groups,
      Workspace work) {
    int rows = Math.multiplyExact(sequences.rows(), groups);
    int d = layer.width();
    int n = layer.lambda().width();
    boolean fits =
        !windows
            && sequences.rows() == sequences.count()
            && d % 4 == 0
            && d <= 128
            && n % 4 == 0
            && n <= 128
            && sequences.oneRowEach();
    int row = pitch(d) + pitch(2 * n);
    int each = fits ? rowsOfWarp(rows, row) : 0;
    if (each == 0) {
      super.advance(layer, xs, sequences, states, groups, work);
      return;
    }
    CudaDiagonal lambda = mine(layer.lambda());
    gpu.kernel("lru_step_" + each)
        .arg(address(xs))
        .arg(layer.norm().kind().ordinal())
        .arg(layer.prenorm() ? 1 : 0)
        .args(parameters(layer.norm()))
        .args(mine(layer.b()))
        .arg(lambda.re().address())
        .arg(lambda.im().address())
        .arg(address(states))
        .args(mine(layer.c()))
        .arg(address(layer.skip()))
        .arg(layer.activation().ordinal())
        .args(mine(layer.gates()))
        .arg(rows)
        .arg(d)
        .arg(n)
        .launch(blocks(rows, 8 * each), 1, BLOCK, shared(each, row));
  }
}
