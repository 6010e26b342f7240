package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Arguments;
import dev.riffle.kernels.AttentionSets;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Pairs;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.Shuffle;
import dev.riffle.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntFunction;

/** Checks arguments, moves numbers, and leaves the rest to an {@link Engine}. */
final class CpuKernels implements Kernels {
  static final String NAME = "cpu";

  private record CpuIndex(int[] entries, float[] constants, int inputs) implements Index {
    @Override
    public int outputs() {
      return entries.length;
    }
  }

  /** Operations that are worth a part of their own: some ten microseconds. */
  private static final long PART = 1 << 15;

  /** A product's multiply-adds that take as long as one operation on values in memory. */
  private static final int PRODUCT = 16;

  /** Rows of a part, at least; parts of products share their weights' way into the cache. */
  private static final int FEWEST = 16;

  /** Rows of {@link #inTiles}. */
  private static final int TILE = 128;

  /** Rows and hidden values of a tile of {@link #switchUnit}. */
  private static final int FEWEST_OF_TILE = 64;

  private static final int TILE_VALUES = 1 << 15;

  /** Rows of a window that {@link #rollAdd} takes, track by track, while they are in the cache. */
  private static final int ROTATED = 64;

  /** A operation on some of its rows. */
  @FunctionalInterface
  private interface Rows {
    void run(int first, int rows);
  }

  private final Engine engine;
  private final WorkerPool pool;

  /**
   * @param threads that may work on one operation, 1 or more
   */
  CpuKernels(Engine engine, int threads) {
    this.engine = engine;
    this.pool = new WorkerPool(threads);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    String threads = pool.size() == 1 ? "" : ", " + pool.size() + " threads";
    return NAME + ": " + engine.description() + threads;
  }

  @Override
  public Precision precision() {
    return Precision.FLOAT32;
  }

  // ------------------------------------------------------------------ memory

  @Override
  public Tensor allocate(int size) {
    Arguments.count("size", size);
    return new FloatTensor(new float[size], 0, size);
  }

  @Override
  public Tensor constant(double[] values) {
    return new FloatTensor(floats(values), 0, values.length);
  }

  @Override
  public void write(float[] from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.length);
    Arguments.range("to", toOffset, count, to.size());
    System.arraycopy(from, fromOffset, mine(to).data(), mine(to).base() + toOffset, count);
  }

  @Override
  public void write(double[] from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.length);
    Arguments.range("to", toOffset, count, to.size());
    float[] data = mine(to).data();
    int at = mine(to).base() + toOffset;
    for (int i = 0; i < count; i++) {
      data[at + i] = (float) from[fromOffset + i];
    }
  }

  @Override
  public void read(Tensor from, int fromOffset, float[] to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.range("to", toOffset, count, to.length);
    System.arraycopy(mine(from).data(), mine(from).base() + fromOffset, to, toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, double[] to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.range("to", toOffset, count, to.length);
    float[] data = mine(from).data();
    int at = mine(from).base() + fromOffset;
    for (int i = 0; i < count; i++) {
      to[toOffset + i] = data[at + i];
    }
  }

  @Override
  public void store(Tensor from, int fromOffset, int count, ByteBuffer to) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.remaining(to, count, precision());
    to.duplicate()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .put(mine(from).data(), mine(from).base() + fromOffset, count);
    to.position(to.position() + count * precision().bytes());
  }

  @Override
  public void load(ByteBuffer from, Tensor to, int toOffset, int count) {
    Arguments.range("to", toOffset, count, to.size());
    Arguments.remaining(from, count, precision());
    from.duplicate()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(mine(to).data(), mine(to).base() + toOffset, count);
    from.position(from.position() + count * precision().bytes());
  }

  @Override
  public void copy(Tensor from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.size());
    write(mine(from).data(), mine(from).base() + fromOffset, to, toOffset, count);
  }

  @Override
  public void fill(Tensor to, int offset, int count, double value) {
    Arguments.range("to", offset, count, to.size());
    int first = mine(to).base() + offset;
    Arrays.fill(mine(to).data(), first, first + count, (float) value);
  }

  // --------------------------------------------------------------- constants

  @Override
  public Linear linear(double[] weight, double[] bias, int outputs, int inputs) {
    Arguments.exactly("weight", weight.length, outputs, inputs);
    if (bias != null) {
      Arguments.exactly("bias", bias.length, 1, outputs);
    }
    float[] b = bias == null ? null : floats(bias);
    return engine.pack(floats(weight), inputs, 1, b, outputs, inputs);
  }

  @Override
  public Diagonal diagonal(double[] re, double[] im) {
    Arguments.exactly("im", im.length, 1, re.length);
    return new Engine.Lambda(floats(re), floats(im));
  }

  @Override
  public Index index(int[] entries, double[] constants, int inputs) {
    Arguments.entries(entries, constants.length, inputs);
    return new CpuIndex(entries.clone(), floats(constants), inputs);
  }

  // ----------------------------------------------------------------- threads

  /** True if one thread does as well, or there is no other: views and parts cost time, too. */
  private boolean alone(int rows, long cost) {
    return pool.size() == 1 || rows * cost < 2 * PART;
  }

  /**
   * Runs a operation whose rows are independent, in parts that the worker pool shares.
   *
   * @param cost operations of a row
   */
  private void share(int rows, long cost, Rows operation) {
    if (alone(rows, cost)) {
      operation.run(0, rows);
      return;
    }
    int part = (int) Math.max(FEWEST, (PART / Math.max(1, cost) + 7) / 8 * 8);
    pool.run(
        (rows + part - 1) / part,
        (member, i) -> operation.run(i * part, Math.min(part, rows - i * part)));
  }

  /** The rows {@code first .. first + count - 1} of {@code width} values. */
  private static FloatTensor some(FloatTensor x, int first, int count, int width) {
    return x.view(first * width, count * width);
  }

  @Override
  public void inTiles(int rows, int workWidth, Tile tile) {
    int tiles = (rows + TILE - 1) / TILE;
    Tensor[] work = new Tensor[pool.size()]; // any member may come for one of a few tiles
    pool.run(
        tiles,
        (member, i) -> {
          if (work[member] == null) {
            work[member] = allocate(Math.min(rows, TILE) * workWidth);
          }
          tile.run(i * TILE, Math.min(TILE, rows - i * TILE), work[member]);
        });
  }

  // ------------------------------------------------------------------- operations

  @Override
  public void linear(Linear weights, Tensor x, Tensor y, int rows) {
    if (!(weights instanceof Engine.Packed w)) {
      throw Arguments.foreign(NAME, weights);
    }
    apply(w, rows("x", x, rows, w.inputs()), w.inputs(), rows("y", y, rows, w.outputs()), rows);
  }

  private void apply(Engine.Packed w, FloatTensor x, int stride, FloatTensor y, int rows) {
    long cost = (long) w.inputs() * w.outputs() / PRODUCT;
    if (alone(rows, cost)) {
      w.apply(x, stride, y, rows);
      return;
    }
    share(
        rows,
        cost,
        (first, n) -> {
          FloatTensor from = x.view(first * stride, x.size() - first * stride);
          w.apply(from, stride, some(y, first, n, w.outputs()), n);
        });
  }

  @Override
  public void activate(Activation f, Tensor x, Tensor y, int count) {
    FloatTensor xs = rows("x", x, 1, count);
    FloatTensor ys = rows("y", y, 1, count);
    if (alone(count, 1)) {
      engine.activate(f, xs, ys, count);
      return;
    }
    share(
        count,
        1,
        (first, n) -> engine.activate(f, some(xs, first, n, 1), some(ys, first, n, 1), n));
  }

  @Override
  public void addScaled(Tensor d, Tensor x, Tensor y, Activation f, int rows, int width) {
    FloatTensor ys = rows("y", y, rows, width);
    engine.addScaled(rows("d", d, 1, width), rows("x", x, rows, width), ys, rows, width);
    if (f != Activation.NONE) {
      engine.activate(f, ys, ys, rows * width);
    }
  }

  @Override
  public void layerNorm(
      Tensor weight, Tensor bias, double epsilon, Tensor x, Tensor y, int rows, int width) {
    FloatTensor w = rows("weight", weight, 1, width);
    FloatTensor b = rows("bias", bias, 1, width);
    FloatTensor xs = rows("x", x, rows, width);
    FloatTensor ys = rows("y", y, rows, width);
    if (alone(rows, width)) {
      engine.layerNorm(w, b, (float) epsilon, xs, ys, rows, width);
      return;
    }
    share(
        rows,
        width,
        (first, n) -> {
          FloatTensor from = some(xs, first, n, width);
          engine.layerNorm(w, b, (float) epsilon, from, some(ys, first, n, width), n, width);
        });
  }

  @Override
  public void affine(Tensor scales, Tensor shifts, Tensor xs, Tensor ys, int rows, int width) {
    FloatTensor scale = rows("scale", scales, 1, width);
    FloatTensor shift = rows("shift", shifts, 1, width);
    FloatTensor x = rows("x", xs, rows, width);
    FloatTensor y = rows("y", ys, rows, width);
    for (int r = 0; r < rows; r++) {
      int xAt = x.base() + r * width;
      int yAt = y.base() + r * width;
      for (int j = 0; j < width; j++) {
        y.data()[yAt + j] =
            x.data()[xAt + j] * scale.data()[scale.base() + j] + shift.data()[shift.base() + j];
      }
    }
  }

  @Override
  public void gluResidual(Tensor x, Tensor ab, Tensor y, int rows, int width) {
    engine.gluResidual(
        rows("x", x, rows, width),
        rows("ab", ab, rows, 2L * width),
        rows("y", y, rows, width),
        rows,
        width);
  }

  @Override
  public void recurrence(
      Diagonal lambda, Tensor us, int[] starts, int sequences, Tensor states, int groups) {
    if (!(lambda instanceof Engine.Lambda l)) {
      throw Arguments.foreign(NAME, lambda);
    }
    int rows = Arguments.starts(starts, sequences);
    Arguments.count("groups", groups);
    FloatTensor u = rows("u", us, rows, 2L * groups * l.width());
    FloatTensor state = rows("state", states, sequences, 2L * groups * l.width());
    int group = 2 * l.width();
    int row = groups * group;
    for (int b = 0; b < sequences; b++) {
      // h_(t-1) stands in the state before the first row, and in the row before from then on
      float[] h = state.data();
      int hAt = state.base() + b * row;
      for (int t = starts[b]; t < starts[b + 1]; t++) {
        int uAt = u.base() + t * row;
        for (int g = 0; g < groups; g++) {
          engine.step(l, h, hAt + g * group, u.data(), uAt + g * group);
        }
        h = u.data();
        hAt = uAt;
      }
      System.arraycopy(h, hAt, state.data(), state.base() + b * row, row);
    }
  }

  @Override
  public void gather(Index index, Tensor xs, Tensor ys, int rows) {
    if (!(index instanceof CpuIndex at)) {
      throw Arguments.foreign(NAME, index);
    }
    FloatTensor x = rows("x", xs, rows, at.inputs);
    FloatTensor y = rows("y", ys, rows, at.outputs());
    for (int r = 0; r < rows; r++) {
      int xAt = x.base() + r * at.inputs;
      int yAt = y.base() + r * at.outputs();
      for (int j = 0; j < at.entries.length; j++) {
        int entry = at.entries[j];
        y.data()[yAt + j] = entry >= 0 ? x.data()[xAt + entry] : at.constants[-entry - 1];
      }
    }
  }

  @Override
  public void concat(Tensor as, int aWidth, Tensor bs, int bWidth, Tensor ys, int rows) {
    FloatTensor a = rows("a", as, rows, aWidth);
    FloatTensor b = rows("b", bs, rows, bWidth);
    FloatTensor y = rows("y", ys, rows, (long) aWidth + bWidth);
    for (int r = 0; r < rows; r++) {
      int yAt = y.base() + r * (aWidth + bWidth);
      System.arraycopy(a.data(), a.base() + r * aWidth, y.data(), yAt, aWidth);
      System.arraycopy(b.data(), b.base() + r * bWidth, y.data(), yAt + aWidth, bWidth);
    }
  }

  @Override
  public void runningMean(
      Tensor xs, int[] starts, int sequences, long[] counts, Tensor sums, Tensor ys, int width) {
    int rows = Arguments.starts(starts, sequences);
    Arguments.range("counts", 0, sequences, counts.length);
    FloatTensor x = rows("x", xs, rows, width);
    FloatTensor sum = rows("sums", sums, sequences, 2L * width);
    FloatTensor y = rows("y", ys, rows, width);
    for (int b = 0; b < sequences; b++) {
      int sumAt = sum.base() + b * 2 * width;
      for (int t = starts[b]; t < starts[b + 1]; t++) {
        float steps = counts[b] + (t - starts[b]) + 1;
        for (int j = 0; j < width; j++) {
          float due = x.data()[x.base() + t * width + j] - sum.data()[sumAt + width + j];
          float before = sum.data()[sumAt + j];
          float after = before + due;
          sum.data()[sumAt + j] = after;
          sum.data()[sumAt + width + j] = after - before - due;
          y.data()[y.base() + t * width + j] = after / steps;
        }
      }
    }
  }

  @Override
  public void logSoftmax(Tensor xs, Tensor ys, int rows, int width) {
    FloatTensor x = rows("x", xs, rows, width);
    FloatTensor y = rows("y", ys, rows, width);
    for (int r = 0; r < rows; r++) {
      int xAt = x.base() + r * width;
      int yAt = y.base() + r * width;
      float max = Float.NEGATIVE_INFINITY;
      for (int j = 0; j < width; j++) {
        max = Math.max(max, x.data()[xAt + j]);
      }
      double sum = 0;
      for (int j = 0; j < width; j++) {
        sum += Math.exp(x.data()[xAt + j] - max);
      }
      double log = Math.log(sum);
      for (int j = 0; j < width; j++) {
        y.data()[yAt + j] = (float) (x.data()[xAt + j] - max - log);
      }
    }
  }

  // --------------------------------------------- sequences with gates and lags

  @Override
  public void causalUnfold(
      Tensor xs, int[] starts, int sequences, Tensor tails, Tensor ys, int width, int taps) {
    Arguments.taps(taps);
    int rows = Arguments.starts(starts, sequences);
    int before = (taps - 1) * width; // numbers of a tail
    FloatTensor x = rows("x", xs, rows, width);
    FloatTensor tail = rows("tail", tails, sequences, (long) (taps - 1) * width);
    FloatTensor y = rows("y", ys, rows, (long) taps * width);
    for (int b = 0; b < sequences; b++) {
      int xAt = x.base() + starts[b] * width;
      int tailAt = tail.base() + b * before;
      int steps = starts[b + 1] - starts[b];
      for (int t = 0; t < steps; t++) {
        int yAt = y.base() + (starts[b] + t) * taps * width;
        int old = Math.max(0, before - t * width); // numbers that the tail still gives
        System.arraycopy(tail.data(), tailAt + before - old, y.data(), yAt, old);
        int from = xAt + t * width - (before - old);
        System.arraycopy(x.data(), from, y.data(), yAt + old, before - old + width);
      }
      int kept = Math.max(0, before - steps * width);
      System.arraycopy(tail.data(), tailAt + before - kept, tail.data(), tailAt, kept);
      int last = xAt + steps * width - (before - kept);
      System.arraycopy(x.data(), last, tail.data(), tailAt + kept, before - kept);
    }
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
    FloatTensor zfoi = rows("zfoi", zfois, rows, (long) gates * width);
    FloatTensor state = rows("state", states, sequences, width);
    FloatTensor y = rows("y", ys, rows, width);
    for (int b = 0; b < sequences; b++) {
      for (int t = starts[b]; t < starts[b + 1]; t++) {
        FloatTensor z = zfoi.view(t * gates * width, width);
        FloatTensor foi = zfoi.view((t * gates + 1) * width, (gates - 1) * width);
        engine.activate(activation, z, z, z.size());
        engine.activate(Activation.SIGMOID, foi, foi, foi.size());
        engine.forget(
            gates,
            (float) zoneout,
            zfoi.data(),
            z.base(),
            state.data(),
            state.base() + b * width,
            y.data(),
            y.base() + t * width,
            width);
      }
    }
  }

  // ------------------------------------------- windows: every position at once

  @Override
  public void convolve(Linear weights, Tensor xs, int s, Tensor ys, int rows) {
    if (!(weights instanceof Engine.Packed w)) {
      throw Arguments.foreign(NAME, weights);
    }
    Arguments.strided("x", xs, rows, s, w.inputs());
    FloatTensor x = mine(xs);
    FloatTensor y = rows("y", ys, rows, w.outputs());
    apply(w, x, s, y, rows);
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
    FloatTensor offset = rows("offset", offsets, 1, width);
    FloatTensor x = rows("x", xs, rows, width);
    FloatTensor y = rows("y", ys, rows, width);
    PositionNorm norm = new PositionNorm(offset, epsilon, f, engine, pool);
    for (int b = 0; b < sequences; b++) {
      int n = starts[b + 1] - starts[b];
      if (n > 0) {
        FloatTensor from = some(x, starts[b], n, width);
        FloatTensor to = some(y, starts[b], n, width);
        PositionNorm.Scaling scaling = norm.measure(from, n, width, (first, count) -> {});
        share(
            n,
            width,
            (first, count) ->
                scaling.apply(
                    some(from, first, count, width), some(to, first, count, width), count));
      }
    }
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
    FloatTensor scale = rows("scale", scales, 2, width);
    FloatTensor x = rows("x", xs, rows, width);
    FloatTensor c = rows("c", cs, rows, width);
    FloatTensor y = rows("y", ys, rows, width);
    share(
        rows,
        width,
        (first, n) ->
            residual(scale, x, some(c, first, n, width), y, first, n, length, width, shuffle));
  }

  /** The positions {@code first .. first + n - 1}, of which c begins with the first. */
  private void residual(
      FloatTensor scale,
      FloatTensor x,
      FloatTensor c,
      FloatTensor y,
      int first,
      int n,
      int length,
      int width,
      Shuffle shuffle) {
    for (int row = first; row < first + n; row++) {
      int i = row % length;
      int to = row - i + shuffle.destination(i, length);
      engine.scaleAndAdd(
          scale.data(),
          scale.base() + (i & 1) * width,
          x.data(),
          x.base() + row * width,
          c.data(),
          c.base() + (row - first) * width,
          y.data(),
          y.base() + to * width,
          width);
    }
  }

  /** The rows of a are made and measured block by block, and used up tile by tile. */
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
    if (!(expands instanceof Engine.Packed expand)) {
      throw Arguments.foreign(NAME, expands);
    }
    if (!(contracts instanceof Engine.Packed contract)) {
      throw Arguments.foreign(NAME, contracts);
    }
    int pairs = length / 2;
    int pair = expand.inputs();
    int hidden = expand.outputs();
    FloatTensor offset = rows("offset", offsets, 1, hidden);
    FloatTensor scale = rows("scale", scales, 2, width);
    FloatTensor x = rows("x", xs, Arguments.positions(sequences, length, shuffle), width);
    FloatTensor y = rows("y", ys, sequences * length, width);
    FloatTensor a = rows("a", as, sequences * pairs, hidden);
    PositionNorm norm = new PositionNorm(offset, epsilon, f, engine, pool);
    int tile = Math.max(FEWEST_OF_TILE, Math.min(2 * TILE, TILE_VALUES / hidden / 8 * 8));
    FloatTensor[] tiles = new FloatTensor[pool.size()];
    for (int b = 0; b < sequences && pairs > 0; b++) {
      FloatTensor from = some(x, b * pairs, pairs, pair);
      FloatTensor mid = some(a, b * pairs, pairs, hidden);
      FloatTensor to = some(y, b * pairs, pairs, pair);
      PositionNorm.Scaling scaling =
          norm.measure(
              mid,
              pairs,
              hidden,
              (first, n) ->
                  expand.apply(some(from, first, n, pair), pair, some(mid, first, n, hidden), n));
      pool.run(
          (pairs + tile - 1) / tile,
          (member, i) -> {
            if (tiles[member] == null) {
              tiles[member] = mine(allocate(tile * (hidden + pair)));
            }
            int first = i * tile;
            int n = Math.min(tile, pairs - first);
            FloatTensor h = some(tiles[member], 0, n, hidden);
            FloatTensor c = tiles[member].view(tile * hidden, n * pair);
            scaling.apply(some(mid, first, n, hidden), h, n);
            contract.apply(h, hidden, c, n);
            residual(scale, from, c, to, 2 * first, 2 * n, length, width, shuffle);
          });
    }
  }

  // ------------------------------------------------- operations on whole windows

  @Override
  public void embed(Tensor tables, int[] tokens, Tensor ys, int rows, int width) {
    FloatTensor table = rows("table", tables, 0, width);
    FloatTensor y = rows("y", ys, rows, width);
    Arguments.tokens(tokens, rows, table, width);
    for (int r = 0; r < rows; r++) {
      int from = table.base() + tokens[r] * width;
      System.arraycopy(table.data(), from, y.data(), y.base() + r * width, width);
    }
  }

  @Override
  public void mean(Tensor xs, int[] starts, int sequences, Tensor ys, int width) {
    FloatTensor x = rows("x", xs, Arguments.starts(starts, sequences), width);
    FloatTensor y = rows("y", ys, sequences, width);
    double[] sum = new double[width];
    for (int b = 0; b < sequences; b++) {
      int rows = starts[b + 1] - starts[b];
      Arrays.fill(sum, 0);
      sumRows(x.data(), x.base() + starts[b] * width, rows, sum);
      for (int j = 0; j < width; j++) {
        y.data()[y.base() + b * width + j] = (float) (sum[j] / rows);
      }
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
    FloatTensor weight = rows("weight", weights, 1, width);
    FloatTensor bias = rows("bias", biases, 1, width);
    FloatTensor x = rows("x", xs, rows, width);
    FloatTensor y = rows("y", ys, rows, width);
    // sums over rows by feature, in double and so without a care for their number; then by group
    double[] mean = new double[width];
    double[] scale = new double[width];
    for (int b = 0; b < sequences; b++) {
      int n = starts[b + 1] - starts[b];
      int at = starts[b] * width;
      Arrays.fill(mean, 0);
      sumRows(x.data(), x.base() + at, n, mean);
      meanOfGroups(mean, n, groups);
      Arrays.fill(scale, 0);
      sumSquares(x.data(), x.base() + at, n, mean, scale);
      meanOfGroups(scale, n, groups);
      for (int j = 0; j < width; j++) {
        scale[j] = weight.data()[weight.base() + j] / Math.sqrt(scale[j] + epsilon);
      }
      for (int t = 0; t < n; t++) {
        int xAt = x.base() + at + t * width;
        int yAt = y.base() + at + t * width;
        for (int j = 0; j < width; j++) {
          double centred = x.data()[xAt + j] - mean[j];
          y.data()[yAt + j] = (float) (centred * scale[j] + bias.data()[bias.base() + j]);
        }
      }
    }
  }

  /** sum_j += x_tj over rows. */
  private static void sumRows(float[] x, int xAt, int rows, double[] sum) {
    for (int t = 0; t < rows; t++) {
      int at = xAt + t * sum.length;
      for (int j = 0; j < sum.length; j++) {
        sum[j] += x[at + j];
      }
    }
  }

  /** sum_j += (x_tj - mean_j)^2 over rows. */
  private static void sumSquares(float[] x, int xAt, int rows, double[] mean, double[] sum) {
    for (int t = 0; t < rows; t++) {
      int at = xAt + t * sum.length;
      for (int j = 0; j < sum.length; j++) {
        double difference = x[at + j] - mean[j];
        sum[j] += difference * difference;
      }
    }
  }

  /** Replaces the sum of each feature over n rows by the mean of its group. */
  private static void meanOfGroups(double[] sums, int n, int groups) {
    int size = sums.length / groups;
    for (int first = 0; first < sums.length; first += size) {
      double sum = 0;
      for (int j = first; j < first + size; j++) {
        sum += sums[j];
      }
      Arrays.fill(sums, first, first + size, sum / ((double) n * size));
    }
  }

  @Override
  public void rollAdd(
      Tensor xs, int[] starts, Tensor ys, int[] yStarts, int sequences, int width, int track) {
    FloatTensor x = rows("x", xs, Arguments.starts(starts, sequences), width);
    FloatTensor y = rows("y", ys, Arguments.starts(yStarts, sequences), width);
    Arguments.rotation(starts, yStarts, sequences, width, track);
    for (int b = 0; b < sequences; b++) {
      int n = starts[b + 1] - starts[b];
      int xAt = x.base() + starts[b] * width;
      int yAt = y.base() + yStarts[b] * width;
      share(
          yStarts[b + 1] - yStarts[b],
          width,
          (first, rows) -> {
            for (int t = first; t < first + rows; t += ROTATED) {
              int end = Math.min(first + rows, t + ROTATED);
              rotate(x.data(), xAt, n, y.data(), yAt, t, end, width, track);
            }
          });
    }
  }

  /** The rows {@code first .. end - 1} of one sequence, track by track. */
  private void rotate(
      float[] x, int xAt, int n, float[] y, int yAt, int first, int end, int width, int track) {
    for (int i = 0; i < width / track; i++) {
      int offset = i == 0 ? 0 : 1 << (i - 1);
      for (int t = first; t < end; ) {
        int from = (int) (((long) t + offset) % n);
        int rows = Math.min(end - t, n - from); // until x goes round
        engine.addColumns(x, xAt + from * width, y, yAt + t * width, i * track, track, width, rows);
        t += rows;
      }
    }
  }

  // ------------------------------------------------- embeddings and attention

  @Override
  public void embeddingBag(
      Tensor tables, int[] entries, Tensor weights, int bag, Tensor ys, int rows, int width) {
    FloatTensor weight = rows("weights", weights, rows, bag);
    FloatTensor y = rows("y", ys, rows, width);
    Arguments.tokens(entries, rows * bag, tables, width);
    FloatTensor table = mine(tables);
    for (int r = 0; r < rows; r++) {
      engine.bag(
          table.data(),
          table.base(),
          entries,
          r * bag,
          weight.data(),
          weight.base() + r * bag,
          bag,
          y.data(),
          y.base() + r * width,
          width);
    }
  }

  @Override
  public void multiply(Tensor xs, Tensor gs, Tensor ys, int count) {
    FloatTensor x = rows("x", xs, 1, count);
    FloatTensor g = rows("g", gs, 1, count);
    FloatTensor y = rows("y", ys, 1, count);
    for (int i = 0; i < count; i++) {
      y.data()[y.base() + i] = x.data()[x.base() + i] * g.data()[g.base() + i];
    }
  }

  @Override
  public void scaleNorm(double scale, double floor, Tensor xs, Tensor ys, int rows, int width) {
    FloatTensor x = rows("x", xs, rows, width);
    FloatTensor y = rows("y", ys, rows, width);
    for (int r = 0; r < rows; r++) {
      double squares = 0;
      for (int j = 0; j < width; j++) {
        double value = x.data()[x.base() + r * width + j];
        squares += value * value;
      }
      float factor = (float) (scale / Math.max(Math.sqrt(squares), floor));
      for (int j = 0; j < width; j++) {
        y.data()[y.base() + r * width + j] = x.data()[x.base() + r * width + j] * factor;
      }
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
    FloatTensor table = mine(tables);
    FloatTensor x = mine(xs);
    float[] data = x.data();
    for (int r = 0; r < rows; r++) {
      int sinAt = table.base() + positions[r] * width;
      for (int g = 0; g < groups; g++) {
        int at = x.base() + r * stride + g * width;
        for (int j = 0; j < width / 2; j++) {
          float sin = table.data()[sinAt + j];
          float cos = table.data()[sinAt + width / 2 + j];
          int first = at + pairs.first(j);
          int second = at + pairs.second(j, width);
          float a = data[first];
          float b = data[second];
          data[first] = a * cos - b * sin;
          data[second] = b * cos + a * sin;
        }
      }
    }
  }

  @Override
  public void attend(
      AttentionSets windows,
      double scale,
      Tensor q,
      Tensor k,
      Tensor v,
      int stride,
      Tensor y,
      int yStride,
      int rows,
      int width) {
    Arguments.attention(windows, q, k, v, stride, y, yStride, rows, width);
    FloatTensor to = mine(y);
    Attention attention =
        new Attention(
            windows, (float) scale, mine(q), mine(k), mine(v), stride, width, engine, pool);
    attention.attend(to, yStride, rows);
  }

  private static FloatTensor rows(String name, Tensor tensor, int rows, long width) {
    Arguments.holds(name, tensor, rows, width);
    return mine(tensor);
  }

  private static FloatTensor mine(Tensor tensor) {
    if (tensor instanceof FloatTensor mine) {
      return mine;
    }
    throw Arguments.foreign(NAME, tensor);
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
