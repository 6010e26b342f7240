package dev.riffle.kernels.nd4j;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.AttentionSets;
import dev.riffle.kernels.Backend;
import dev.riffle.kernels.Bags;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.PositionNorm;
import dev.riffle.kernels.Positions;
import dev.riffle.kernels.QueryKeyValue;
import dev.riffle.kernels.RotaryPositions;
import dev.riffle.kernels.Shuffle;
import dev.riffle.kernels.Strided;
import dev.riffle.kernels.Tensor;
import java.util.Arrays;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.reduce.same.Max;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMax;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.factory.Nd4j;

/** The backend {@code nd4j}: the operations on whole windows, composed of ND4J's operations. */
final class Nd4jKernels extends Nd4jOperations {
  static final String NAME = "nd4j";

  private final String description;
  private final Device device;

  /**
   * @param description what computes
   * @param device where a GPU computes; null for none
   * @param byRow whether a row of a product has the same bits in any batch
   */
  Nd4jKernels(String description, Device device, boolean byRow) {
    super(byRow);
    this.description = description;
    this.device = device;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return NAME + ": " + description;
  }

  @Override
  public Optional<Device> device() {
    return Optional.ofNullable(device);
  }

  @Override
  public Backend forWindows() {
    return byRow ? new Nd4jKernels(description, device, false) : this;
  }

  // ------------------------------------------------------------------- tiles

  /** Tiles are larger than elsewhere: a call of ND4J costs as much as some thousand values. */
  @Override
  public void inTiles(int rows, int workWidth, Tile tile) {
    int most = (int) Math.max(1, Math.min(rows, 4L * BLOCK / Math.max(1, workWidth)));
    try (Work work = new Work()) {
      int size = Math.max(1, Math.multiplyExact(most, workWidth));
      ArrayTensor own = Guard.telling("inTiles", () -> work.take(size));
      for (int first = 0; first < rows; first += most) {
        tile.run(first, Math.min(most, rows - first), own);
      }
    }
  }

  // ------------------------------------------- windows: every position at once

  @Override
  public void convolve(Linear weights, Tensor xs, int s, Tensor ys, int rows) {
    ArrayLinear w = mine(weights);
    linear(w, mine(xs), s, mine(ys), rows);
  }

  @Override
  public void positionNorm(
      PositionNorm norm, Tensor xs, Tensor ys, PackedSequences sequences, int width) {
    int rows = sequences.rows();
    ArrayTensor offset = mine(norm.offset());
    ArrayTensor x = mine(xs);
    ArrayTensor y = mine(ys);
    if (rows == 0 || width == 0) {
      return;
    }
    try (Work work = new Work()) {
      int most = block(width, rows);
      ArrayTensor block = work.take(most * width);
      ArrayTensor spare = work.take(most * width);
      Sums sums = Sums.take(work, most, width);
      INDArray total = sums.total();
      INDArray mean = work.array(DataType.FLOAT, width);
      INDArray scale = work.array(DataType.FLOAT, width);
      for (int b = 0; b < sequences.count(); b++) {
        int n = sequences.length(b);
        if (n == 0) {
          continue;
        }
        long begin = (long) sequences.start(b) * width;
        INDArray firstRow = x.vector(begin, width);
        // mean = first + 1/n sum_t (x_t - first): a channel that never changes has no variance
        for (int t = 0; t < n; t += most) {
          int m = Math.min(most, n - t);
          INDArray d = block.matrix(0, m, width);
          run(new BroadcastSubOp(x.matrix(begin + (long) t * width, m, width), firstRow, d, 1));
          sums.add(d, t == 0);
        }
        mean.assign(total.divi(n));
        mean.addi(firstRow);
        // 1/n sum_t z_t^2, z = 2 (x - mean) + offset
        for (int t = 0; t < n; t += most) {
          int m = Math.min(most, n - t);
          INDArray z = block.matrix(0, m, width);
          shifted(x.matrix(begin + (long) t * width, m, width), mean, offset, width, z);
          z.muli(z);
          sums.add(z, t == 0);
        }
        scale.assign(total.divi(n).addi(norm.epsilon()));
        run(new Sqrt(scale, scale));
        // y = f(z / scale)
        for (int t = 0; t < n; t += most) {
          int m = Math.min(most, n - t);
          long at = begin + (long) t * width;
          INDArray z = block.matrix(0, m, width);
          shifted(x.matrix(at, m, width), mean, offset, width, z);
          INDArray target = y.matrix(at, m, width);
          run(new BroadcastDivOp(z, scale, target, 1));
          if (norm.activation() != Activation.NONE) {
            activate(norm.activation(), target, target, spare.matrix(0, m, width));
          }
        }
      }
    }
  }

  /** z = 2 (x - mean) + offset. */
  private static void shifted(
      INDArray x, INDArray mean, ArrayTensor offset, int width, INDArray z) {
    run(new BroadcastSubOp(x, mean, z, 1));
    z.muli(2);
    run(new BroadcastAddOp(z, offset.vector(0, width), z, 1));
  }

  @Override
  public void residual(
      Tensor scales, Tensor xs, Tensor cs, Tensor ys, Positions positions, int width) {
    int rows = positions.rows();
    ArrayTensor scale = mine(scales);
    ArrayTensor x = mine(xs);
    ArrayTensor c = mine(cs);
    ArrayTensor y = mine(ys);
    if (rows == 0 || width == 0) {
      return;
    }
    boolean moves = positions.shuffle() != Shuffle.NONE && positions.length() > 2;
    int[] sources = new int[positions.length()];
    for (int j = 0; j < positions.length(); j++) {
      sources[positions.shuffle().destination(j, positions.length())] = j;
    }
    int size = positions.length() * width;
    try (Work work = new Work()) {
      ArrayTensor spare = moves ? work.take(size) : null;
      for (int b = 0; b < positions.sequences(); b++) {
        long at = (long) b * size;
        ArrayTensor to = moves ? spare : y;
        long toAt = moves ? 0 : at;
        // scale_(i mod 2) (.) x_i, two positions as one row; then a last one by itself
        int pairs = positions.length() / 2;
        if (pairs > 0) {
          INDArray pair = x.matrix(at, pairs, 2L * width);
          INDArray both = scale.vector(0, 2L * width);
          run(new BroadcastMulOp(pair, both, to.matrix(toAt, pairs, 2L * width), 1));
        }
        if (positions.length() % 2 == 1) {
          long last = (positions.length() - 1L) * width;
          x.vector(at + last, width).muli(scale.vector(0, width), to.vector(toAt + last, width));
        }
        to.vector(toAt, size).addi(c.vector(at, size));
        if (moves) {
          Nd4j.pullRows(
              spare.matrix(0, positions.length(), width),
              y.matrix(at, positions.length(), width),
              1,
              sources);
        }
      }
    }
  }

  // ------------------------------------------------- operations on whole windows

  @Override
  public void embed(Tensor tables, int[] tokens, Tensor ys, int rows, int width) {
    ArrayTensor table = mine(tables);
    ArrayTensor y = mine(ys);
    if (rows > 0) {
      int[] named = Arrays.copyOf(tokens, rows);
      int entries = table.size() / width;
      Nd4j.pullRows(table.matrix(0, entries, width), y.matrix(0, rows, width), 1, named);
    }
  }

  @Override
  public void mean(Tensor xs, PackedSequences sequences, Tensor ys, int width) {
    int rows = sequences.rows();
    ArrayTensor x = mine(xs);
    ArrayTensor y = mine(ys);
    if (sequences.count() == 0 || width == 0) {
      return;
    }
    try (Work work = new Work()) {
      int most = block(width, Math.max(1, rows));
      Sums sums = Sums.take(work, most, width);
      for (int b = 0; b < sequences.count(); b++) {
        int n = sequences.length(b);
        INDArray target = y.vector((long) b * width, width);
        if (n == 0) {
          target.assign(Float.NaN);
          continue;
        }
        for (int t = 0; t < n; t += most) {
          long at = (long) (sequences.start(b) + t) * width;
          sums.add(x.matrix(at, Math.min(most, n - t), width), t == 0);
        }
        target.assign(sums.total().divi(n));
      }
    }
  }

  @Override
  public void groupNorm(
      NormWeights norm, int groups, Tensor xs, PackedSequences sequences, Tensor ys, int width) {
    int rows = sequences.rows();
    ArrayTensor weight = mine(norm.weight());
    ArrayTensor bias = mine(norm.bias());
    ArrayTensor x = mine(xs);
    ArrayTensor y = mine(ys);
    if (rows == 0) {
      return;
    }
    try (Work work = new Work()) {
      int most = block(width, rows);
      ArrayTensor block = work.take(most * width);
      Sums sums = Sums.take(work, most, width);
      INDArray total = sums.total();
      INDArray mean = work.array(DataType.FLOAT, width);
      INDArray rest = work.array(DataType.FLOAT, width);
      INDArray scale = work.array(DataType.FLOAT, width);
      for (int b = 0; b < sequences.count(); b++) {
        int n = sequences.length(b);
        if (n == 0) {
          continue;
        }
        long begin = (long) sequences.start(b) * width;
        for (int t = 0; t < n; t += most) {
          sums.add(x.matrix(begin + (long) t * width, Math.min(most, n - t), width), t == 0);
        }
        meanOfGroups(total, n, groups, work);
        // the mean in two floats, so that what is far from zero keeps its digits
        mean.assign(total);
        total.subi(sums.part().assign(mean));
        rest.assign(total);
        for (int t = 0; t < n; t += most) {
          INDArray d = block.matrix(0, Math.min(most, n - t), width);
          centred(x, begin + (long) t * width, mean, rest, d);
          d.muli(d);
          sums.add(d, t == 0);
        }
        meanOfGroups(total, n, groups, work);
        scale.assign(total.addi(norm.epsilon()));
        run(new Sqrt(scale, scale));
        // y = (x - mean) / sqrt(variance + epsilon) (.) weight + bias
        for (int t = 0; t < n; t += most) {
          INDArray d = block.matrix(0, Math.min(most, n - t), width);
          long at = begin + (long) t * width;
          centred(x, at, mean, rest, d);
          run(new BroadcastDivOp(d, scale, d, 1));
          run(new BroadcastMulOp(d, weight.vector(0, width), d, 1));
          INDArray target = y.matrix(at, d.size(0), width);
          run(new BroadcastAddOp(d, bias.vector(0, width), target, 1));
        }
      }
    }
  }

  /** d = (x - mean) - rest. */
  private static void centred(ArrayTensor x, long at, INDArray mean, INDArray rest, INDArray d) {
    run(new BroadcastSubOp(x.matrix(at, d.size(0), d.size(1)), mean, d, 1));
    run(new BroadcastSubOp(d, rest, d, 1));
  }

  /** Replaces the sum of each feature over n rows by the mean of its group. */
  private static void meanOfGroups(INDArray sums, int n, int groups, Work work) {
    long size = sums.length() / groups;
    sums.divi((double) n * size);
    if (size > 1) {
      INDArray byGroup = sums.reshape('c', groups, size);
      INDArray mean = rowSums(byGroup, work.array(DataType.DOUBLE, groups));
      byGroup.assign(0);
      byGroup.addi(column(mean));
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
    ArrayTensor x = mine(xs);
    int rows = ySequences.rows();
    ArrayTensor y = mine(ys);
    if (rows == 0) {
      return;
    }
    // y_t += x_((t + o) mod n), o = 0, 1, 2, 4, 8, ... by track; a row is taken for its tracks
    int tracks = width / track;
    try (Work work = new Work()) {
      int most = block(width, rows);
      ArrayTensor rotated = work.take(most * width);
      for (int b = 0; b < xSequences.count(); b++) {
        int n = xSequences.length(b);
        int count = ySequences.length(b);
        for (int t = 0; t < count; t += most) {
          int m = Math.min(most, count - t);
          int[] from = new int[m * tracks];
          for (int i = 0; i < from.length; i++) {
            int k = i % tracks;
            long o = k == 0 ? 0 : 1L << (k - 1);
            from[i] = (int) ((t + i / tracks + o) % n) * tracks + k;
          }
          INDArray all = x.matrix((long) xSequences.start(b) * width, (long) n * tracks, track);
          Nd4j.pullRows(all, rotated.matrix(0, from.length, track), 1, from);
          y.vector((long) (ySequences.start(b) + t) * width, (long) m * width)
              .addi(rotated.vector(0, (long) m * width));
        }
      }
    }
  }

  // ------------------------------------------------- embeddings and attention

  @Override
  public void embeddingBag(Tensor tables, Bags bags, Tensor ys, int rows, int width) {
    ArrayTensor weight = mine(bags.weights());
    ArrayTensor y = mine(ys);
    ArrayTensor table = mine(tables);
    if (rows == 0) {
      return;
    }
    INDArray target = y.matrix(0, rows, width);
    target.assign(0);
    try (Work work = new Work()) {
      INDArray pulled = work.array(DataType.FLOAT, rows, width);
      INDArray source = table.matrix(0, table.size() / width, width);
      // y_r = sum_i weights[r, i] table[entries[r, i]]
      for (int i = 0; i < bags.size(); i++) {
        int[] named = new int[rows];
        for (int r = 0; r < rows; r++) {
          named[r] = bags.entries()[r * bags.size() + i];
        }
        Nd4j.pullRows(source, pulled, 1, named);
        pulled.muli(weight.strided(i, new long[] {rows, 1}, bags.size(), 1));
        target.addi(pulled);
      }
    }
  }

  @Override
  public void multiply(Tensor xs, Tensor gs, Tensor ys, int count) {
    ArrayTensor x = mine(xs);
    ArrayTensor g = mine(gs);
    ArrayTensor y = mine(ys);
    if (count > 0) {
      x.vector(0, count).muli(g.vector(0, count), y.vector(0, count));
    }
  }

  @Override
  public void scaleNorm(double scale, double floor, Tensor xs, Tensor ys, int rows, int width) {
    // y = x (scale / max(|x|, floor))
    inBlocks(
        xs,
        ys,
        rows,
        width,
        (work, most) -> {
          INDArray wide = work.array(DataType.DOUBLE, most * (long) width);
          INDArray lengths = work.array(DataType.DOUBLE, most);
          INDArray factors = work.array(DataType.FLOAT, most);
          return (x, y, first) -> {
            INDArray d = Sums.first(wide, x.size(0), width).assign(x);
            INDArray c = Sums.first(lengths, x.size(0));
            d.muli(d);
            rowSums(d, c);
            run(new Sqrt(c, c));
            run(new ScalarMax(c, null, c, floor));
            c.rdivi(scale);
            INDArray factor = Sums.first(factors, x.size(0)).assign(c);
            x.muli(column(factor), y);
          };
        });
  }

  @Override
  public void rotary(RotaryPositions rotation, Strided strided, int rows, int groups, int width) {
    ArrayTensor table = mine(rotation.table());
    ArrayTensor x = mine(strided.tensor());
    int half = width / 2;
    if (rows == 0 || half == 0) {
      return;
    }
    try (Work work = new Work()) {
      ArrayTensor pulled = work.take(rows * width);
      int[] named = Arrays.copyOf(rotation.positions(), rows);
      INDArray source = table.matrix(0, table.size() / width, width);
      Nd4j.pullRows(source, pulled.matrix(0, rows, width), 1, named);
      long[] shape = {rows, half};
      INDArray sin = work.array(DataType.FLOAT, shape).assign(pulled.strided(0, shape, width, 1));
      INDArray cos =
          work.array(DataType.FLOAT, shape).assign(pulled.strided(half, shape, width, 1));
      INDArray c = work.array(DataType.FLOAT, shape);
      INDArray s = work.array(DataType.FLOAT, shape);
      INDArray turned = work.array(DataType.FLOAT, shape);
      int apart = rotation.pairs().first(1) - rotation.pairs().first(0);
      for (int g = 0; g < groups; g++) {
        INDArray a =
            x.strided((long) g * width + rotation.pairs().first(0), shape, strided.stride(), apart);
        INDArray b =
            x.strided(
                (long) g * width + rotation.pairs().second(0, width),
                shape,
                strided.stride(),
                apart);
        // (a, b) -> (a cos - b sin, b cos + a sin)
        cos.muli(a, c);
        sin.muli(b, s);
        c.subi(s, turned);
        cos.muli(b, c);
        sin.muli(a, s);
        c.addi(s);
        a.assign(turned);
        b.assign(c);
      }
    }
  }

  @Override
  public void attend(
      AttentionSets sets, double scale, QueryKeyValue qkv, Strided target, int rows, int width) {
    ArrayTensor q = mine(qkv.q());
    ArrayTensor k = mine(qkv.k());
    ArrayTensor v = mine(qkv.v());
    ArrayTensor y = mine(target.tensor());
    if (rows == 0 || width == 0) {
      return;
    }
    try (Work all = new Work()) {
      INDArray sums = all.array(DataType.FLOAT, rows, width).assign(0);
      for (int w = 0; w < sets.size(); w++) {
        int first = sets.queryStarts()[w];
        int[] queries = Arrays.copyOfRange(sets.queries(), first, sets.queryStarts()[w + 1]);
        int[] keys = Arrays.copyOfRange(sets.keys(), sets.keyStarts()[w], sets.keyStarts()[w + 1]);
        if (queries.length > 0 && keys.length > 0) {
          try (Work work = new Work()) {
            ArrayTensor o = attend(sets, scale, queries, keys, q, k, v, qkv.stride(), width, work);
            run(
                DynamicCustomOp.builder("scatter_add")
                    .addInputs(
                        sums,
                        work.keep(Nd4j.createFromArray(queries)),
                        o.matrix(0, queries.length, width))
                    .addBooleanArguments(true)
                    .addOutputs(sums)
                    .build());
          }
        }
      }
      double[] divisors = sets.divisors(rows);
      float[] factors = new float[rows];
      for (int r = 0; r < rows; r++) {
        factors[r] = divisors[r] == 0 ? 0 : (float) (1 / divisors[r]);
      }
      INDArray factor = all.keep(Nd4j.createFromArray(factors));
      INDArray to = y.strided(0, new long[] {rows, width}, target.stride(), 1);
      sums.muli(column(factor), to);
    }
  }

  /** The answers of one window's queries, {@code [queries, width]}. */
  private ArrayTensor attend(
      AttentionSets windows,
      double scale,
      int[] queries,
      int[] keys,
      ArrayTensor q,
      ArrayTensor k,
      ArrayTensor v,
      int stride,
      int width,
      Work work) {
    ArrayTensor own = pulled(q, queries, stride, width, work);
    ArrayTensor seen = pulled(k, keys, stride, width, work);
    ArrayTensor values = pulled(v, keys, stride, width, work);
    int size = Math.multiplyExact(queries.length, keys.length);
    ArrayTensor logits = work.take(size);
    INDArray turned = seen.matrix(0, keys.length, width);
    int together = byRow ? 1 : ALL;
    product(own, width, queries.length, turned, width, true, together, logits, keys.length);
    INDArray p = logits.matrix(0, queries.length, keys.length);
    p.muli(scale);
    // what is hidden takes the place of its product
    boolean[] hidden = new boolean[size];
    float[] instead = new float[size];
    boolean any = false;
    for (int i = 0; i < size; i++) {
      double logit = windows.logit(queries[i / keys.length], keys[i % keys.length], Double.NaN);
      hidden[i] = !Double.isNaN(logit);
      instead[i] = (float) logit;
      any |= hidden[i];
    }
    if (any) {
      INDArray mask = work.keep(Nd4j.createFromArray(hidden));
      INDArray given = work.keep(Nd4j.createFromArray(instead));
      INDArray flat = logits.vector(0, size);
      run(DynamicCustomOp.builder("select").addInputs(mask, given, flat).addOutputs(flat).build());
    }
    // p = exp(l - m) / sum(exp(l - m)), m = max l
    INDArray c = work.array(DataType.FLOAT, queries.length);
    reduce(new Max(p, c, 1), c);
    p.subi(column(c));
    run(new Exp(p, p));
    rowSums(p, c);
    p.divi(column(c));
    ArrayTensor o = work.take(queries.length * width);
    INDArray matrix = values.matrix(0, keys.length, width);
    product(logits, keys.length, queries.length, matrix, keys.length, false, together, o, width);
    return o;
  }

  /** Rows that lie {@code stride} apart, gathered. */
  private static ArrayTensor pulled(
      ArrayTensor from, int[] rows, int stride, int width, Work work) {
    long last = Arrays.stream(rows).max().orElse(0);
    ArrayTensor to = work.take(rows.length * width);
    INDArray source = from.strided(0, new long[] {last + 1, width}, stride, 1);
    Nd4j.pullRows(source, to.matrix(0, rows.length, width), 1, rows);
    return to;
  }
}
