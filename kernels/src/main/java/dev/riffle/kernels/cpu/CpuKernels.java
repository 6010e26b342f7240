package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.ArrayBackend;
import dev.riffle.kernels.AttentionSets;
import dev.riffle.kernels.Bags;
import dev.riffle.kernels.FoGates;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.PositionNorm;
import dev.riffle.kernels.Positions;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.QueryKeyValue;
import dev.riffle.kernels.RotaryPositions;
import dev.riffle.kernels.Strided;
import dev.riffle.kernels.SwitchUnitWeights;
import dev.riffle.kernels.Tensor;
import java.util.Arrays;
import java.util.function.IntFunction;

/** Moves numbers, shares work between threads, and leaves the loops to an {@link Engine}. */
final class CpuKernels extends ArrayBackend {
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

  /** An operation on some of its rows. */
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

  @Override
  public boolean owns(Object made) {
    return made instanceof FloatTensor
        || made instanceof Engine.Packed
        || made instanceof Engine.Lambda
        || made instanceof CpuIndex;
  }

  // ------------------------------------------------------------------ memory

  @Override
  public Tensor allocate(int size) {
    return new FloatTensor(new float[size], 0, size);
  }

  @Override
  public Tensor constant(double[] values) {
    return new FloatTensor(floats(values), 0, values.length);
  }

  @Override
  public void write(float[] from, int fromOffset, Tensor to, int toOffset, int count) {
    System.arraycopy(from, fromOffset, mine(to).data(), mine(to).base() + toOffset, count);
  }

  @Override
  public void write(double[] from, int fromOffset, Tensor to, int toOffset, int count) {
    float[] data = mine(to).data();
    int at = mine(to).base() + toOffset;
    for (int i = 0; i < count; i++) {
      data[at + i] = (float) from[fromOffset + i];
    }
  }

  @Override
  public void read(Tensor from, int fromOffset, float[] to, int toOffset, int count) {
    System.arraycopy(mine(from).data(), mine(from).base() + fromOffset, to, toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, double[] to, int toOffset, int count) {
    float[] data = mine(from).data();
    int at = mine(from).base() + fromOffset;
    for (int i = 0; i < count; i++) {
      to[toOffset + i] = data[at + i];
    }
  }

  @Override
  public void fill(Tensor to, int offset, int count, double value) {
    int first = mine(to).base() + offset;
    Arrays.fill(mine(to).data(), first, first + count, (float) value);
  }

  // --------------------------------------------------------------- constants

  @Override
  public Linear linear(double[] weight, double[] bias, int outputs, int inputs) {
    float[] b = bias == null ? null : floats(bias);
    return engine.pack(floats(weight), inputs, 1, b, outputs, inputs);
  }

  @Override
  public Diagonal diagonal(double[] re, double[] im) {
    return new Engine.Lambda(floats(re), floats(im));
  }

  @Override
  public Index index(int[] entries, double[] constants, int inputs) {
    return new CpuIndex(entries.clone(), floats(constants), inputs);
  }

  // ----------------------------------------------------------------- threads

  /** True if one thread does as well, or there is no other: views and parts cost time, too. */
  private boolean alone(int rows, long cost) {
    return pool.size() == 1 || rows * cost < 2 * PART;
  }

  /**
   * Runs an operation whose rows are independent, in parts that the worker pool shares.
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
    return x.slice(first * width, count * width);
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
    Engine.Packed w = (Engine.Packed) weights;
    apply(w, mine(x), w.inputs(), mine(y), rows);
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
          FloatTensor from = x.slice(first * stride, x.size() - first * stride);
          w.apply(from, stride, some(y, first, n, w.outputs()), n);
        });
  }

  @Override
  public void activate(Activation f, Tensor x, Tensor y, int count) {
    FloatTensor xs = mine(x);
    FloatTensor ys = mine(y);
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
    FloatTensor ys = mine(y);
    engine.addScaled(mine(d), mine(x), ys, rows, width);
    if (f != Activation.NONE) {
      engine.activate(f, ys, ys, rows * width);
    }
  }

  @Override
  public void layerNorm(NormWeights norm, Tensor x, Tensor y, int rows, int width) {
    FloatTensor w = mine(norm.weight());
    FloatTensor b = mine(norm.bias());
    FloatTensor xs = mine(x);
    FloatTensor ys = mine(y);
    float epsilon = (float) norm.epsilon();
    if (alone(rows, width)) {
      engine.layerNorm(w, b, epsilon, xs, ys, rows, width);
      return;
    }
    share(
        rows,
        width,
        (first, n) -> {
          FloatTensor from = some(xs, first, n, width);
          engine.layerNorm(w, b, epsilon, from, some(ys, first, n, width), n, width);
        });
  }

  @Override
  public void affine(Tensor scales, Tensor shifts, Tensor xs, Tensor ys, int rows, int width) {
    FloatTensor scale = mine(scales);
    FloatTensor shift = mine(shifts);
    FloatTensor x = mine(xs);
    FloatTensor y = mine(ys);
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
    engine.gluResidual(mine(x), mine(ab), mine(y), rows, width);
  }

  @Override
  public void recurrence(
      Diagonal lambda, Tensor us, PackedSequences sequences, Tensor states, int groups) {
    Engine.Lambda l = (Engine.Lambda) lambda;
    FloatTensor u = mine(us);
    FloatTensor state = mine(states);
    int group = 2 * l.width();
    int row = groups * group;
    for (int b = 0; b < sequences.count(); b++) {
      // h_(t-1) is in the state before the first row, and in the previous row afterwards
      float[] h = state.data();
      int hAt = state.base() + b * row;
      for (int t = sequences.start(b); t < sequences.end(b); t++) {
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
    CpuIndex at = (CpuIndex) index;
    FloatTensor x = mine(xs);
    FloatTensor y = mine(ys);
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
    FloatTensor a = mine(as);
    FloatTensor b = mine(bs);
    FloatTensor y = mine(ys);
    for (int r = 0; r < rows; r++) {
      int yAt = y.base() + r * (aWidth + bWidth);
      System.arraycopy(a.data(), a.base() + r * aWidth, y.data(), yAt, aWidth);
      System.arraycopy(b.data(), b.base() + r * bWidth, y.data(), yAt + aWidth, bWidth);
    }
  }

  @Override
  public void runningMean(
      Tensor xs, PackedSequences sequences, long[] counts, Tensor sums, Tensor ys, int width) {
    FloatTensor x = mine(xs);
    FloatTensor sum = mine(sums);
    FloatTensor y = mine(ys);
    for (int b = 0; b < sequences.count(); b++) {
      int sumAt = sum.base() + b * 2 * width;
      for (int t = sequences.start(b); t < sequences.end(b); t++) {
        float steps = counts[b] + (t - sequences.start(b)) + 1;
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
    FloatTensor x = mine(xs);
    FloatTensor y = mine(ys);
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
      Tensor xs, PackedSequences sequences, Tensor tails, Tensor ys, int width, int taps) {
    int before = (taps - 1) * width; // numbers of a tail
    FloatTensor x = mine(xs);
    FloatTensor tail = mine(tails);
    FloatTensor y = mine(ys);
    for (int b = 0; b < sequences.count(); b++) {
      int xAt = x.base() + sequences.start(b) * width;
      int tailAt = tail.base() + b * before;
      int steps = sequences.length(b);
      for (int t = 0; t < steps; t++) {
        int yAt = y.base() + (sequences.start(b) + t) * taps * width;
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
      FoGates fo, Tensor zfois, PackedSequences sequences, Tensor states, Tensor ys, int width) {
    FloatTensor zfoi = mine(zfois);
    FloatTensor state = mine(states);
    FloatTensor y = mine(ys);
    for (int b = 0; b < sequences.count(); b++) {
      for (int t = sequences.start(b); t < sequences.end(b); t++) {
        FloatTensor z = zfoi.slice(t * fo.count() * width, width);
        FloatTensor foi = zfoi.slice((t * fo.count() + 1) * width, (fo.count() - 1) * width);
        engine.activate(fo.activation(), z, z, z.size());
        engine.activate(Activation.SIGMOID, foi, foi, foi.size());
        engine.forget(
            fo,
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
    Engine.Packed w = (Engine.Packed) weights;
    FloatTensor x = mine(xs);
    FloatTensor y = mine(ys);
    apply(w, x, s, y, rows);
  }

  @Override
  public void positionNorm(
      PositionNorm norm, Tensor xs, Tensor ys, PackedSequences sequences, int width) {
    FloatTensor x = mine(xs);
    FloatTensor y = mine(ys);
    PositionMoments moments = new PositionMoments(norm, engine, pool);
    for (int b = 0; b < sequences.count(); b++) {
      int n = sequences.length(b);
      if (n > 0) {
        FloatTensor from = some(x, sequences.start(b), n, width);
        FloatTensor to = some(y, sequences.start(b), n, width);
        PositionMoments.Scaling scaling = moments.measure(from, n, width, (first, count) -> {});
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
      Tensor scales, Tensor xs, Tensor cs, Tensor ys, Positions positions, int width) {
    FloatTensor scale = mine(scales);
    FloatTensor x = mine(xs);
    FloatTensor c = mine(cs);
    FloatTensor y = mine(ys);
    share(
        positions.rows(),
        width,
        (first, n) -> new Residual(scale, x, y, positions, width).add(c, first * width, first, n));
  }

  /** The residual of a switch unit, of some positions at a time. */
  private final class Residual {
    private final FloatTensor scale;
    private final FloatTensor x;
    private final FloatTensor y;
    private final Positions positions;
    private final int width;

    Residual(FloatTensor scale, FloatTensor x, FloatTensor y, Positions positions, int width) {
      this.scale = scale;
      this.x = x;
      this.y = y;
      this.positions = positions;
      this.width = width;
    }

    /** Adds the candidates of {@code n} positions, which begin at {@code cAt} of c. */
    void add(FloatTensor c, int cAt, int first, int n) {
      int length = positions.length();
      for (int row = first; row < first + n; row++) {
        int i = row % length;
        int to = row - i + positions.shuffle().destination(i, length);
        engine.scaleAndAdd(
            scale.data(),
            scale.base() + (i & 1) * width,
            x.data(),
            x.base() + row * width,
            c.data(),
            c.base() + cAt + (row - first) * width,
            y.data(),
            y.base() + to * width,
            width);
      }
    }
  }

  /** The rows of a are made and measured block by block, and used up tile by tile. */
  @Override
  public void switchUnit(
      SwitchUnitWeights unit,
      Tensor xs,
      Tensor as,
      IntFunction<Tensor> work,
      Tensor ys,
      Positions positions) {
    Engine.Packed expand = (Engine.Packed) unit.expand();
    Engine.Packed contract = (Engine.Packed) unit.contract();
    int pairs = positions.pairs();
    int pair = expand.inputs();
    int hidden = expand.outputs();
    FloatTensor scale = mine(unit.scale());
    FloatTensor x = mine(xs);
    FloatTensor y = mine(ys);
    FloatTensor a = mine(as);
    PositionMoments moments = new PositionMoments(unit.norm(), engine, pool);
    int tile = Math.max(FEWEST_OF_TILE, Math.min(2 * TILE, TILE_VALUES / hidden / 8 * 8));
    FloatTensor[] tiles = new FloatTensor[pool.size()];
    for (int b = 0; b < positions.sequences() && pairs > 0; b++) {
      FloatTensor from = some(x, b * pairs, pairs, pair);
      FloatTensor mid = some(a, b * pairs, pairs, hidden);
      FloatTensor to = some(y, b * pairs, pairs, pair);
      Residual residual = new Residual(scale, from, to, positions, unit.width());
      PositionMoments.Scaling scaling =
          moments.measure(
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
            FloatTensor c = tiles[member].slice(tile * hidden, n * pair);
            scaling.apply(some(mid, first, n, hidden), h, n);
            contract.apply(h, hidden, c, n);
            residual.add(c, 0, 2 * first, 2 * n);
          });
    }
  }

  // ------------------------------------------------- operations on whole windows

  @Override
  public void embed(Tensor tables, int[] tokens, Tensor ys, int rows, int width) {
    FloatTensor table = mine(tables);
    FloatTensor y = mine(ys);
    for (int r = 0; r < rows; r++) {
      int from = table.base() + tokens[r] * width;
      System.arraycopy(table.data(), from, y.data(), y.base() + r * width, width);
    }
  }

  @Override
  public void mean(Tensor xs, PackedSequences sequences, Tensor ys, int width) {
    FloatTensor x = mine(xs);
    FloatTensor y = mine(ys);
    double[] sum = new double[width];
    for (int b = 0; b < sequences.count(); b++) {
      int rows = sequences.length(b);
      Arrays.fill(sum, 0);
      sumRows(x.data(), x.base() + sequences.start(b) * width, rows, sum);
      for (int j = 0; j < width; j++) {
        y.data()[y.base() + b * width + j] = (float) (sum[j] / rows);
      }
    }
  }

  @Override
  public void groupNorm(
      NormWeights norm, int groups, Tensor xs, PackedSequences sequences, Tensor ys, int width) {
    FloatTensor weight = mine(norm.weight());
    FloatTensor bias = mine(norm.bias());
    FloatTensor x = mine(xs);
    FloatTensor y = mine(ys);
    // sums over rows by feature, in double and so without a care for their number; then by group
    double[] mean = new double[width];
    double[] scale = new double[width];
    for (int b = 0; b < sequences.count(); b++) {
      int n = sequences.length(b);
      int at = sequences.start(b) * width;
      Arrays.fill(mean, 0);
      sumRows(x.data(), x.base() + at, n, mean);
      meanOfGroups(mean, n, groups);
      Arrays.fill(scale, 0);
      sumSquares(x.data(), x.base() + at, n, mean, scale);
      meanOfGroups(scale, n, groups);
      for (int j = 0; j < width; j++) {
        scale[j] = weight.data()[weight.base() + j] / Math.sqrt(scale[j] + norm.epsilon());
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
      Tensor xs,
      PackedSequences xSequences,
      Tensor ys,
      PackedSequences ySequences,
      int width,
      int track) {
    FloatTensor x = mine(xs);
    FloatTensor y = mine(ys);
    for (int b = 0; b < xSequences.count(); b++) {
      int n = xSequences.length(b);
      int xAt = x.base() + xSequences.start(b) * width;
      int yAt = y.base() + ySequences.start(b) * width;
      share(
          ySequences.length(b),
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
  public void embeddingBag(Tensor tables, Bags bags, Tensor ys, int rows, int width) {
    FloatTensor y = mine(ys);
    FloatTensor table = mine(tables);
    for (int r = 0; r < rows; r++) {
      engine.bag(table, bags, r, y.data(), y.base() + r * width, width);
    }
  }

  @Override
  public void multiply(Tensor xs, Tensor gs, Tensor ys, int count) {
    FloatTensor x = mine(xs);
    FloatTensor g = mine(gs);
    FloatTensor y = mine(ys);
    for (int i = 0; i < count; i++) {
      y.data()[y.base() + i] = x.data()[x.base() + i] * g.data()[g.base() + i];
    }
  }

  @Override
  public void scaleNorm(double scale, double floor, Tensor xs, Tensor ys, int rows, int width) {
    FloatTensor x = mine(xs);
    FloatTensor y = mine(ys);
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
  public void rotary(RotaryPositions rotation, Strided strided, int rows, int groups, int width) {
    FloatTensor table = mine(rotation.table());
    FloatTensor x = mine(strided.tensor());
    float[] data = x.data();
    for (int r = 0; r < rows; r++) {
      int sinAt = table.base() + rotation.positions()[r] * width;
      for (int g = 0; g < groups; g++) {
        int at = x.base() + r * strided.stride() + g * width;
        for (int j = 0; j < width / 2; j++) {
          float sin = table.data()[sinAt + j];
          float cos = table.data()[sinAt + width / 2 + j];
          int first = at + rotation.pairs().first(j);
          int second = at + rotation.pairs().second(j, width);
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
      AttentionSets sets, double scale, QueryKeyValue qkv, Strided y, int rows, int width) {
    Attention attention = new Attention(sets, (float) scale, qkv, width, engine, pool);
    attention.attend(mine(y.tensor()), y.stride(), rows);
  }

  private static FloatTensor mine(Tensor tensor) {
    return (FloatTensor) tensor;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
