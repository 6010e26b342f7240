package dev.riffle.kernels.nd4j;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.FoGates;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.reduce.same.Max;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Log;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.factory.Nd4j;

/** The operations on rows and along sequences, composed of ND4J's operations. */
abstract class Nd4jOperations extends Nd4jMemory {
  Nd4jOperations(boolean byRow) {
    super(byRow);
  }

  // ---------------------------------------------------------- blocks of rows

  /** An operation on a block of rows of x and y; {@code first} is the first row of the block. */
  @FunctionalInterface
  interface RowBlock {
    void run(INDArray x, INDArray y, int first);
  }

  /** Takes the work memory of an operation for blocks of up to {@code most} rows. */
  @FunctionalInterface
  interface BlockOperation {
    RowBlock prepare(Work work, int most);
  }

  /** Runs an operation on rows of x and y {@code [rows, width]}, a block of rows at a time. */
  static void inBlocks(Tensor xs, Tensor ys, int rows, int width, BlockOperation operation) {
    if (rows == 0 || width == 0) {
      return;
    }
    ArrayTensor x = mine(xs);
    ArrayTensor y = mine(ys);
    try (Work work = new Work()) {
      int most = block(width, rows);
      RowBlock block = operation.prepare(work, most);
      for (int r = 0; r < rows; r += most) {
        int n = Math.min(most, rows - r);
        long at = (long) r * width;
        block.run(x.matrix(at, n, width), y.matrix(at, n, width), r);
      }
    }
  }

  // -------------------------------------------------------------------- rows

  @Override
  public void activate(Activation f, Tensor xs, Tensor ys, int count) {
    activate(f, mine(xs), mine(ys), count);
  }

  @Override
  public void addScaled(Tensor ds, Tensor xs, Tensor ys, Activation f, int rows, int width) {
    // y = f(y + d (.) x)
    inBlocks(
        xs,
        ys,
        rows,
        width,
        (work, most) -> {
          INDArray d = mine(ds).vector(0, width);
          ArrayTensor spare = work.take(most * width);
          return (x, y, first) -> {
            INDArray t = spare.matrix(0, x.size(0), width);
            run(new BroadcastMulOp(x, d, t, 1));
            y.addi(t);
            if (f != Activation.NONE) {
              activate(f, y, y, t);
            }
          };
        });
  }

  @Override
  public void layerNorm(NormWeights norm, Tensor xs, Tensor ys, int rows, int width) {
    inBlocks(
        xs,
        ys,
        rows,
        width,
        (work, most) -> {
          INDArray weight = mine(norm.weight()).vector(0, width);
          INDArray bias = mine(norm.bias()).vector(0, width);
          ArrayTensor centred = work.take(most * width);
          ArrayTensor squares = work.take(most * width);
          ArrayTensor column = work.take(most);
          return (x, y, first) -> {
            long n = x.size(0);
            INDArray d = centred.matrix(0, n, width);
            INDArray s = squares.matrix(0, n, width);
            INDArray c = column.vector(0, n);
            // d = x - mean, and once more, as the first mean is rounded
            rowSums(x, c).divi(width);
            x.subi(column(c), d);
            rowSums(d, c).divi(width);
            d.subi(column(c));
            // y = d / sqrt(mean(d^2) + epsilon) (.) weight + bias
            d.muli(d, s);
            rowSums(s, c).divi(width).addi(norm.epsilon());
            run(new Sqrt(c, c));
            d.divi(column(c));
            run(new BroadcastMulOp(d, weight, d, 1));
            run(new BroadcastAddOp(d, bias, y, 1));
          };
        });
  }

  @Override
  public void affine(Tensor scales, Tensor shifts, Tensor xs, Tensor ys, int rows, int width) {
    ArrayTensor scale = mine(scales);
    ArrayTensor shift = mine(shifts);
    ArrayTensor x = mine(xs);
    ArrayTensor y = mine(ys);
    if (rows == 0 || width == 0) {
      return;
    }
    // y = x (.) scale + shift
    INDArray target = y.matrix(0, rows, width);
    run(new BroadcastMulOp(x.matrix(0, rows, width), scale.vector(0, width), target, 1));
    run(new BroadcastAddOp(target, shift.vector(0, width), target, 1));
  }

  @Override
  public void gluResidual(Tensor xs, Tensor abs, Tensor ys, int rows, int width) {
    // y = x + a (.) sigmoid(b)
    inBlocks(
        xs,
        ys,
        rows,
        width,
        (work, most) -> {
          ArrayTensor ab = mine(abs);
          ArrayTensor spare = work.take(most * width);
          return (x, y, first) -> {
            long[] shape = {x.size(0), width};
            long at = 2L * first * width;
            INDArray t = spare.matrix(0, x.size(0), width);
            t.assign(ab.strided(at + width, shape, 2L * width, 1));
            run(new Sigmoid(t, t));
            t.muli(ab.strided(at, shape, 2L * width, 1));
            x.addi(t, y);
          };
        });
  }

  @Override
  public void gather(Index index, Tensor xs, Tensor ys, int rows) {
    ArrayIndex at = (ArrayIndex) index;
    ArrayTensor x = mine(xs);
    ArrayTensor y = mine(ys);
    if (rows == 0 || at.outputs() == 0) {
      return;
    }
    try (Work work = new Work()) {
      INDArray table;
      if (at.constants() == null) {
        table = x.matrix(0, rows, at.inputs());
      } else {
        long constants = at.constants().length();
        int width = Math.toIntExact(at.inputs() + constants);
        ArrayTensor wide = work.take(Math.multiplyExact(rows, width));
        if (at.inputs() > 0) {
          wide.strided(0, new long[] {rows, at.inputs()}, width, 1)
              .assign(x.matrix(0, rows, at.inputs()));
        }
        INDArray right = wide.strided(at.inputs(), new long[] {rows, constants}, width, 1);
        right.assign(0);
        run(new BroadcastAddOp(right, at.constants(), right, 1));
        table = wide.matrix(0, rows, width);
      }
      run(
          DynamicCustomOp.builder("gather")
              .addInputs(table, at.columns())
              .addIntegerArguments(1)
              .addOutputs(y.matrix(0, rows, at.outputs()))
              .build());
    }
  }

  @Override
  public void concat(Tensor as, int aWidth, Tensor bs, int bWidth, Tensor ys, int rows) {
    ArrayTensor a = mine(as);
    ArrayTensor b = mine(bs);
    ArrayTensor y = mine(ys);
    long width = (long) aWidth + bWidth;
    if (rows > 0 && aWidth > 0) {
      y.strided(0, new long[] {rows, aWidth}, width, 1).assign(a.matrix(0, rows, aWidth));
    }
    if (rows > 0 && bWidth > 0) {
      y.strided(aWidth, new long[] {rows, bWidth}, width, 1).assign(b.matrix(0, rows, bWidth));
    }
  }

  @Override
  public void logSoftmax(Tensor xs, Tensor ys, int rows, int width) {
    inBlocks(
        xs,
        ys,
        rows,
        width,
        (work, most) -> {
          ArrayTensor spare = work.take(most * width);
          ArrayTensor column = work.take(most);
          return (x, y, first) -> {
            INDArray t = spare.matrix(0, x.size(0), width);
            INDArray c = column.vector(0, x.size(0));
            // y = x - m; y = y - log(sum_j exp(y_j)), m = max_j x_j
            reduce(new Max(x, c, 1), c);
            x.subi(column(c), y);
            run(new Exp(y, t));
            rowSums(t, c);
            run(new Log(c, c));
            y.subi(column(c));
          };
        });
  }

  // --------------------------------------------------------- along sequences

  @Override
  public void recurrence(
      Diagonal lambda, Tensor us, PackedSequences sequences, Tensor states, int groups) {
    ArrayDiagonal l = (ArrayDiagonal) lambda;
    int rows = sequences.rows();
    long row = 2L * groups * l.width();
    ArrayTensor u = mine(us);
    ArrayTensor state = mine(states);
    if (rows == 0 || row == 0) {
      return;
    }
    Runs runs = Runs.of(sequences);
    try (Work work = new Work()) {
      INDArray t = work.array(DataType.FLOAT, runs.together(), groups, l.width());
      for (int first = 0; first < sequences.count(); first += runs.together()) {
        int steps = sequences.length(first);
        // h_(t-1) is in the state before the first row, and in the previous row afterwards
        ArrayTensor h = state;
        long hAt = first * row;
        long hStride = row;
        for (int s = 0; s < steps; s++) {
          long uAt = (sequences.start(first) + s) * row;
          long uStride = steps * row;
          INDArray re = part(u, uAt, uStride, runs.together(), groups, l.width());
          INDArray im = part(u, uAt + l.width(), uStride, runs.together(), groups, l.width());
          INDArray hRe = part(h, hAt, hStride, runs.together(), groups, l.width());
          INDArray hIm = part(h, hAt + l.width(), hStride, runs.together(), groups, l.width());
          // u += lambda (.) h, where (a + ib)(c + id) = ac - bd + i(ad + bc)
          run(new BroadcastMulOp(hRe, l.re(), t, 2));
          re.addi(t);
          run(new BroadcastMulOp(hIm, l.im(), t, 2));
          re.subi(t);
          run(new BroadcastMulOp(hIm, l.re(), t, 2));
          im.addi(t);
          run(new BroadcastMulOp(hRe, l.im(), t, 2));
          im.addi(t);
          h = u;
          hAt = uAt;
          hStride = uStride;
        }
        if (steps > 0) {
          long[] shape = {runs.together(), row};
          state.strided(first * row, shape, row, 1).assign(h.strided(hAt, shape, hStride, 1));
        }
      }
    }
  }

  /** Real or imaginary parts of one step of some sequences, {@code [sequences, groups, width]}. */
  private static INDArray part(
      ArrayTensor h, long at, long stride, int sequences, int groups, int width) {
    return h.strided(at, new long[] {sequences, groups, width}, stride, 2L * width, 1);
  }

  @Override
  public void runningMean(
      Tensor xs, PackedSequences sequences, long[] counts, Tensor sums, Tensor ys, int width) {
    int rows = sequences.rows();
    ArrayTensor x = mine(xs);
    ArrayTensor sum = mine(sums);
    ArrayTensor y = mine(ys);
    if (rows == 0 || width == 0) {
      return;
    }
    Runs runs = Runs.of(sequences);
    try (Work work = new Work()) {
      long[] shape = {runs.together(), width};
      INDArray due = work.array(DataType.FLOAT, shape);
      INDArray after = work.array(DataType.FLOAT, shape);
      for (int first = 0; first < sequences.count(); first += runs.together()) {
        int steps = sequences.length(first);
        INDArray total = sum.strided(2L * first * width, shape, 2L * width, 1);
        INDArray excess = sum.strided(2L * first * width + width, shape, 2L * width, 1);
        for (int s = 0; s < steps; s++) {
          long at = (long) (sequences.start(first) + s) * width;
          // due = x - excess; sum' = sum + due; excess = (sum' - sum) - due; y = sum' / steps
          x.strided(at, shape, (long) steps * width, 1).subi(excess, due);
          total.addi(due, after);
          after.subi(total, excess);
          excess.subi(due);
          total.assign(after);
          float[] divisors = new float[runs.together()];
          for (int b = 0; b < divisors.length; b++) {
            divisors[b] = counts[first + b] + s + 1;
          }
          INDArray divisor = work.keep(Nd4j.createFromArray(divisors));
          INDArray target = y.strided(at, shape, (long) steps * width, 1);
          after.divi(column(divisor), target);
        }
      }
    }
  }

  @Override
  public void causalUnfold(
      Tensor xs, PackedSequences sequences, Tensor tails, Tensor ys, int width, int taps) {
    int rows = sequences.rows();
    long before = (long) (taps - 1) * width; // numbers of a tail
    ArrayTensor x = mine(xs);
    ArrayTensor tail = mine(tails);
    ArrayTensor y = mine(ys);
    if (rows == 0 || width == 0) {
      return;
    }
    if (before == 0) {
      y.vector(0, (long) rows * width).assign(x.vector(0, (long) rows * width));
      return;
    }
    Runs runs = Runs.of(sequences);
    int n = runs.together();
    for (int first = 0; first < sequences.count(); first += n) {
      int steps = sequences.length(first);
      if (steps == 0) {
        continue;
      }
      long own = (long) steps * width;
      long all = before + own;
      try (Work work = new Work()) {
        // the tail and the rows after it, of which a row of y is a slice
        ArrayTensor joined = work.take(Math.toIntExact(n * all));
        INDArray old = tail.matrix(first * before, n, before);
        joined.strided(0, new long[] {n, before}, all, 1).assign(old);
        joined
            .strided(before, new long[] {n, own}, all, 1)
            .assign(x.matrix((long) sequences.start(first) * width, n, own));
        long[] shape = {n, steps, (long) taps * width};
        y.strided(
                (long) sequences.start(first) * taps * width,
                shape,
                taps * own,
                (long) taps * width,
                1)
            .assign(joined.strided(0, shape, all, width, 1));
        old.assign(joined.strided(own, new long[] {n, before}, all, 1));
      }
    }
  }

  @Override
  public void foPooling(
      FoGates fo, Tensor zfois, PackedSequences sequences, Tensor states, Tensor ys, int width) {
    int rows = sequences.rows();
    ArrayTensor zfoi = mine(zfois);
    ArrayTensor state = mine(states);
    ArrayTensor y = mine(ys);
    if (rows == 0 || width == 0) {
      return;
    }
    try (Work work = new Work()) {
      int size = rows * width;
      ArrayTensor[] gate = new ArrayTensor[fo.count()]; // z, f, o, i: [rows, width] each
      for (int g = 0; g < fo.count(); g++) {
        gate[g] = work.take(size);
        long[] shape = {rows, width};
        gate[g]
            .matrix(0, rows, width)
            .assign(zfoi.strided((long) g * width, shape, (long) fo.count() * width, 1));
        activate(g == 0 ? fo.activation() : Activation.SIGMOID, gate[g], gate[g], size);
      }
      INDArray z = gate[0].vector(0, size);
      INDArray f = gate[1].vector(0, size);
      // f' = zoneout + (1 - zoneout) f; z' = i z, i = 1 - f' where it is no gate
      if (fo.zoneout() != 0) {
        f.muli(1 - fo.zoneout()).addi(fo.zoneout());
      }
      z.muli(
          fo.count() > 3 ? gate[3].vector(0, size) : f.rsubi(1, work.array(DataType.FLOAT, size)));
      // c_t = f'_t c_(t-1) + z'_t; y_t = c_t
      Runs runs = Runs.of(sequences);
      long[] shape = {runs.together(), width};
      for (int first = 0; first < sequences.count(); first += runs.together()) {
        int steps = sequences.length(first);
        INDArray c = state.matrix((long) first * width, runs.together(), width);
        for (int s = 0; s < steps; s++) {
          long at = (long) (sequences.start(first) + s) * width;
          long stride = (long) steps * width;
          c.muli(gate[1].strided(at, shape, stride, 1));
          c.addi(gate[0].strided(at, shape, stride, 1));
          y.strided(at, shape, stride, 1).assign(c);
        }
      }
      if (fo.count() > 2) {
        y.vector(0, size).muli(gate[2].vector(0, size));
      }
    }
  }
}
