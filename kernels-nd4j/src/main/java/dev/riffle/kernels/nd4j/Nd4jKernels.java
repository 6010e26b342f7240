package dev.riffle.kernels.nd4j;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Arguments;
import dev.riffle.kernels.AttentionSets;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Pairs;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.Shuffle;
import dev.riffle.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.ReduceOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.reduce.same.Max;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.api.ops.impl.scalar.RectifiedLinear;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.api.ops.impl.transforms.same.Abs;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erfc;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Log;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Log1p;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Tanh;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The operations as operations of ND4J on arrays of 32-bit floats: on the CPU or on a CUDA GPU, as
 * the library on the class path decides.
 *
 * <p>What one operation of ND4J gives for an element does not depend on the other elements, but
 * what its BLAS gives for a row of a product does depend on how many rows there are and on where
 * among them it stands. So a product is taken in calls of equally many rows, few enough to have the
 * same bits in each place, unless these are the kernels {@link #forWindows}.
 */
final class Nd4jKernels implements Kernels {
  static final String NAME = "nd4j";

  /** Rows of a call of the BLAS where it has all that there are. */
  private static final int ALL = 0;

  /** Rows of a call of the BLAS where their number is fixed: as many as give the same bits. */
  private static final int FEW = 4;

  /** Values that an operation with work memory takes at a time: they stay in the caches. */
  private static final int BLOCK = 1 << 16;

  /**
   * y = W x + b.
   *
   * @param weight W turned, {@code [inputs, outputs]}
   * @param bias {@code [outputs]}, or null
   * @param together rows of each call of the BLAS: {@link #ALL} of them, or always so many
   */
  private record ArrayLinear(INDArray weight, INDArray bias, int together, int outputs, int inputs)
      implements Linear {}

  /** lambda, real and imaginary parts {@code [width]}. */
  private record ArrayDiagonal(INDArray re, INDArray im, int width) implements Diagonal {}

  /**
   * @param columns columns of a row followed by the constants {@code [outputs]}
   * @param constants {@code [constants]}, or null
   */
  private record ArrayIndex(INDArray columns, INDArray constants, int inputs, int outputs)
      implements Index {}

  private final String description;
  private final Device device;
  private final boolean byRow;

  /**
   * @param description what does the work
   * @param device where a GPU does it; null for none
   * @param byRow whether a row of a product has the same bits in any batch
   */
  Nd4jKernels(String description, Device device, boolean byRow) {
    this.description = description;
    this.device = device;
    this.byRow = byRow;
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
  public Precision precision() {
    return Precision.FLOAT32;
  }

  @Override
  public Optional<Device> device() {
    return Optional.ofNullable(device);
  }

  @Override
  public Kernels forWindows() {
    return byRow ? new Nd4jKernels(description, device, false) : this;
  }

  // ------------------------------------------------------------------ memory

  @Override
  public Tensor allocate(int size) {
    Arguments.count("size", size);
    return new ArrayTensor(Nd4j.zeros(DataType.FLOAT, Math.max(1, size)), 0, size);
  }

  @Override
  public Tensor constant(double[] values) {
    Tensor constant = allocate(values.length);
    write(values, 0, constant, 0, values.length);
    return constant;
  }

  @Override
  public void write(float[] from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.length);
    Arguments.range("to", toOffset, count, to.size());
    ArrayTensor target = mine(to);
    if (count > 0) {
      try (Work work = new Work()) {
        float[] values = Arrays.copyOfRange(from, fromOffset, fromOffset + count);
        target.vector(toOffset, count).assign(work.keep(Nd4j.createFromArray(values)));
      }
    }
  }

  @Override
  public void write(double[] from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.length);
    write(floats(from, fromOffset, count), 0, to, toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, float[] to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.range("to", toOffset, count, to.length);
    ArrayTensor source = mine(from);
    if (count > 0) {
      try (Work work = new Work()) {
        INDArray values =
            work.array(DataType.FLOAT, count).assign(source.vector(fromOffset, count));
        values.data().asNioFloat().get(to, toOffset, count);
      }
    }
  }

  @Override
  public void read(Tensor from, int fromOffset, double[] to, int toOffset, int count) {
    Arguments.range("to", toOffset, count, to.length);
    float[] values = new float[Math.max(0, count)];
    read(from, fromOffset, values, 0, count);
    for (int i = 0; i < count; i++) {
      to[toOffset + i] = values[i];
    }
  }

  @Override
  public void store(Tensor from, int fromOffset, int count, ByteBuffer to) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.remaining(to, count, precision());
    float[] values = new float[count];
    read(from, fromOffset, values, 0, count);
    to.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    to.position(to.position() + count * precision().bytes());
  }

  @Override
  public void load(ByteBuffer from, Tensor to, int toOffset, int count) {
    Arguments.range("to", toOffset, count, to.size());
    Arguments.remaining(from, count, precision());
    float[] values = new float[count];
    from.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    write(values, 0, to, toOffset, count);
    from.position(from.position() + count * precision().bytes());
  }

  @Override
  public void copy(Tensor from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.range("to", toOffset, count, to.size());
    ArrayTensor source = mine(from);
    ArrayTensor target = mine(to);
    if (count > 0) {
      target.vector(toOffset, count).assign(source.vector(fromOffset, count));
    }
  }

  @Override
  public void fill(Tensor to, int offset, int count, double value) {
    Arguments.range("to", offset, count, to.size());
    ArrayTensor target = mine(to);
    if (count > 0) {
      target.vector(offset, count).assign((float) value);
    }
  }

  // --------------------------------------------------------------- constants

  @Override
  public Linear linear(double[] weight, double[] bias, int outputs, int inputs) {
    Arguments.exactly("weight", weight.length, outputs, inputs);
    if (bias != null) {
      Arguments.exactly("bias", bias.length, 1, outputs);
    }
    float[] turned = new float[weight.length];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        turned[i * outputs + o] = (float) weight[o * inputs + i];
      }
    }
    INDArray w = weight.length == 0 ? null : array(turned).reshape('c', inputs, outputs);
    int together = !byRow || w == null ? ALL : fewOrOne(w, inputs, outputs);
    INDArray b = bias == null ? null : array(floats(bias));
    return new ArrayLinear(w, b, together, outputs, inputs);
  }

  /**
   * {@link #FEW} if this BLAS gives equal rows equal bits at any place in a product of so many,
   * else 1. Which sums it takes in which order follows from the shape alone, so that one trial
   * tells of all.
   */
  private int fewOrOne(INDArray weight, int inputs, int outputs) {
    try (Work work = new Work()) {
      ArrayTensor x = work.take(FEW * inputs);
      ArrayTensor y = work.take(FEW * outputs);
      double[] row = new Random(inputs).doubles(inputs, -1, 1).toArray();
      for (int r = 0; r < FEW; r++) {
        write(row, 0, x, r * inputs, inputs);
      }
      multiply(x.matrix(0, FEW, inputs), weight, false, y.matrix(0, FEW, outputs));
      float[] found = new float[FEW * outputs];
      read(y, 0, found, 0, found.length);
      for (int i = outputs; i < found.length; i++) {
        if (found[i] != found[i - outputs]) {
          return 1;
        }
      }
      return FEW;
    }
  }

  @Override
  public Diagonal diagonal(double[] re, double[] im) {
    Arguments.exactly("im", im.length, 1, re.length);
    return new ArrayDiagonal(array(floats(re)), array(floats(im)), re.length);
  }

  @Override
  public Index index(int[] entries, double[] constants, int inputs) {
    Arguments.entries(entries, constants.length, inputs);
    int[] columns = Arrays.stream(entries).map(e -> e >= 0 ? e : inputs - e - 1).toArray();
    return new ArrayIndex(
        columns.length == 0 ? null : Nd4j.createFromArray(columns),
        array(floats(constants)),
        inputs,
        entries.length);
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

  // ------------------------------------------------------------------- operations

  @Override
  public void linear(Linear weights, Tensor x, Tensor y, int rows) {
    ArrayLinear w = mine(weights);
    linear(w, rows("x", x, rows, w.inputs), w.inputs, rows("y", y, rows, w.outputs), rows);
  }

  /** y = W x + b, rows of x {@code stride} apart. */
  private void linear(ArrayLinear w, ArrayTensor x, int stride, ArrayTensor y, int rows) {
    if (rows == 0 || w.outputs == 0) {
      return;
    }
    INDArray result = y.matrix(0, rows, w.outputs);
    if (w.inputs == 0) {
      result.assign(0);
    } else {
      product(x, stride, rows, w.weight, w.inputs, false, byRow ? w.together : ALL, y, w.outputs);
    }
    if (w.bias != null) {
      run(new BroadcastAddOp(result, w.bias, result, 1));
    }
  }

  /**
   * Y = X M, or X M' where M is {@code turned}: the one place where sums of products are taken.
   *
   * @param x {@code [rows, inputs]}, rows {@code stride} apart
   * @param together rows of each call, or {@link #ALL}; a call for the remaining rows is filled up
   *     with earlier rows, or with undefined rows of work memory
   * @param y {@code [rows, outputs]}
   */
  private static void product(
      ArrayTensor x,
      int stride,
      int rows,
      INDArray matrix,
      int inputs,
      boolean turned,
      int together,
      ArrayTensor y,
      int outputs) {
    int most = together == ALL ? rows : together;
    boolean packed = stride == inputs;
    if (packed && rows >= most) {
      for (int r = 0; r < rows; r += most) {
        long at = Math.min(r, rows - most);
        INDArray from = x.matrix(at * inputs, most, inputs);
        multiply(from, matrix, turned, y.matrix(at * outputs, most, outputs));
      }
      return;
    }
    // a BLAS takes no overlapping rows, and no fewer rows than were asked for
    if (together == ALL) {
      most = block(inputs, rows);
    }
    try (Work work = new Work()) {
      ArrayTensor from = work.take(most * inputs);
      ArrayTensor to = work.take(most * outputs);
      from.vector(0, (long) most * inputs).assign(0);
      for (int r = 0; r < rows; r += most) {
        int n = Math.min(most, rows - r);
        INDArray spread = x.strided((long) r * stride, new long[] {n, inputs}, stride, 1);
        from.matrix(0, n, inputs).assign(spread);
        if (together == ALL) {
          INDArray target = y.matrix((long) r * outputs, n, outputs);
          multiply(from.matrix(0, n, inputs), matrix, turned, target);
        } else {
          INDArray target = to.matrix(0, most, outputs);
          multiply(from.matrix(0, most, inputs), matrix, turned, target);
          y.matrix((long) r * outputs, n, outputs).assign(to.matrix(0, n, outputs));
        }
      }
    }
  }

  private static void multiply(INDArray x, INDArray matrix, boolean turned, INDArray y) {
    Nd4j.matmul(x, matrix, y, false, turned, false);
  }

  @Override
  public void activate(Activation f, Tensor xs, Tensor ys, int count) {
    activate(f, rows("x", xs, 1, count), rows("y", ys, 1, count), count);
  }

  private static void activate(Activation f, ArrayTensor x, ArrayTensor y, int count) {
    try (Work work = new Work()) {
      ArrayTensor spare = work.take(Math.max(1, Math.min(BLOCK, count)));
      for (int at = 0; at < count; at += BLOCK) {
        int n = Math.min(BLOCK, count - at);
        activate(f, x.vector(at, n), y.vector(at, n), spare.vector(0, n));
      }
    }
  }

  /** y = f(x); t is work memory, y may be x. */
  private static void activate(Activation f, INDArray x, INDArray y, INDArray t) {
    switch (f) {
      case NONE -> y.assign(x);
      case RELU -> run(new RectifiedLinear(x, y, 0));
      case SIGMOID -> run(new Sigmoid(x, y));
      case TANH -> run(new Tanh(x, y));
      case EXP -> run(new Exp(x, y));
      case GELU_QUICK -> {
        // x sigmoid(1.702 x)
        x.muli(1.702, t);
        run(new Sigmoid(t, t));
        x.muli(t, y);
      }
      case GELU_TANH -> {
        // x sigmoid(2 sqrt(2/pi) x (1 + 0.044715 x^2))
        x.muli(x, t);
        t.muli(0.044715);
        t.addi(1);
        t.muli(x);
        t.muli(2 * Math.sqrt(2 / Math.PI));
        run(new Sigmoid(t, t));
        x.muli(t, y);
      }
      case GELU -> {
        // 0.5 x erfc(-x / sqrt(2)), where nothing cancels
        x.muli(-1 / Math.sqrt(2), t);
        run(new Erfc(t, t));
        t.muli(0.5);
        x.muli(t, y);
      }
      case SOFTPLUS -> {
        // max(0, x) + log(1 + exp(-|x|))
        run(new Abs(x, t));
        t.negi();
        run(new Exp(t, t));
        run(new Log1p(t, t));
        run(new RectifiedLinear(x, y, 0));
        y.addi(t);
      }
    }
  }

  @Override
  public void addScaled(Tensor ds, Tensor xs, Tensor ys, Activation f, int rows, int width) {
    ArrayTensor d = rows("d", ds, 1, width);
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    // y = f(y + d (.) x)
    try (Work work = new Work()) {
      int most = block(width, rows);
      ArrayTensor spare = work.take(most * width);
      for (int r = 0; r < rows; r += most) {
        int n = Math.min(most, rows - r);
        INDArray t = spare.matrix(0, n, width);
        INDArray target = y.matrix((long) r * width, n, width);
        run(new BroadcastMulOp(x.matrix((long) r * width, n, width), d.vector(0, width), t, 1));
        target.addi(t);
        if (f != Activation.NONE) {
          activate(f, target, target, t);
        }
      }
    }
  }

  @Override
  public void layerNorm(
      Tensor weights, Tensor biases, double epsilon, Tensor xs, Tensor ys, int rows, int width) {
    ArrayTensor weight = rows("weight", weights, 1, width);
    ArrayTensor bias = rows("bias", biases, 1, width);
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    try (Work work = new Work()) {
      int most = block(width, rows);
      ArrayTensor centred = work.take(most * width);
      ArrayTensor squares = work.take(most * width);
      ArrayTensor column = work.take(most);
      for (int r = 0; r < rows; r += most) {
        int n = Math.min(most, rows - r);
        INDArray d = centred.matrix(0, n, width);
        INDArray s = squares.matrix(0, n, width);
        INDArray c = column.vector(0, n);
        // d = x - mean, and once more, as the first mean is rounded
        rowSums(x.matrix((long) r * width, n, width), c).divi(width);
        x.matrix((long) r * width, n, width).subi(column(c), d);
        rowSums(d, c).divi(width);
        d.subi(column(c));
        // y = d / sqrt(mean(d^2) + epsilon) (.) weight + bias
        d.muli(d, s);
        rowSums(s, c).divi(width).addi(epsilon);
        run(new Sqrt(c, c));
        d.divi(column(c));
        run(new BroadcastMulOp(d, weight.vector(0, width), d, 1));
        INDArray target = y.matrix((long) r * width, n, width);
        run(new BroadcastAddOp(d, bias.vector(0, width), target, 1));
      }
    }
  }

  @Override
  public void affine(Tensor scales, Tensor shifts, Tensor xs, Tensor ys, int rows, int width) {
    ArrayTensor scale = rows("scale", scales, 1, width);
    ArrayTensor shift = rows("shift", shifts, 1, width);
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor y = rows("y", ys, rows, width);
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
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor ab = rows("ab", abs, rows, 2L * width);
    ArrayTensor y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    // y = x + a (.) sigmoid(b)
    try (Work work = new Work()) {
      int most = block(width, rows);
      ArrayTensor spare = work.take(most * width);
      for (int r = 0; r < rows; r += most) {
        int n = Math.min(most, rows - r);
        long[] shape = {n, width};
        long at = 2L * r * width;
        INDArray t = spare.matrix(0, n, width);
        t.assign(ab.strided(at + width, shape, 2L * width, 1));
        run(new Sigmoid(t, t));
        t.muli(ab.strided(at, shape, 2L * width, 1));
        x.matrix((long) r * width, n, width).addi(t, y.matrix((long) r * width, n, width));
      }
    }
  }

  @Override
  public void recurrence(
      Diagonal lambda, Tensor us, int[] starts, int sequences, Tensor states, int groups) {
    if (!(lambda instanceof ArrayDiagonal l)) {
      throw Arguments.foreign(NAME, lambda);
    }
    int rows = Arguments.starts(starts, sequences);
    Arguments.count("groups", groups);
    long row = 2L * groups * l.width;
    ArrayTensor u = rows("u", us, rows, row);
    ArrayTensor state = rows("state", states, sequences, row);
    if (rows == 0 || row == 0) {
      return;
    }
    Runs runs = Runs.of(starts, sequences);
    try (Work work = new Work()) {
      INDArray t = work.array(DataType.FLOAT, runs.together(), groups, l.width);
      for (int first = 0; first < sequences; first += runs.together()) {
        int steps = starts[first + 1] - starts[first];
        // h_(t-1) is in the state before the first row, and in the previous row afterwards
        ArrayTensor h = state;
        long hAt = first * row;
        long hStride = row;
        for (int s = 0; s < steps; s++) {
          long uAt = (starts[first] + s) * row;
          long uStride = steps * row;
          INDArray re = part(u, uAt, uStride, runs.together(), groups, l.width);
          INDArray im = part(u, uAt + l.width, uStride, runs.together(), groups, l.width);
          INDArray hRe = part(h, hAt, hStride, runs.together(), groups, l.width);
          INDArray hIm = part(h, hAt + l.width, hStride, runs.together(), groups, l.width);
          // u += lambda (.) h, where (a + ib)(c + id) = ac - bd + i(ad + bc)
          run(new BroadcastMulOp(hRe, l.re, t, 2));
          re.addi(t);
          run(new BroadcastMulOp(hIm, l.im, t, 2));
          re.subi(t);
          run(new BroadcastMulOp(hIm, l.re, t, 2));
          im.addi(t);
          run(new BroadcastMulOp(hRe, l.im, t, 2));
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
  public void gather(Index index, Tensor xs, Tensor ys, int rows) {
    if (!(index instanceof ArrayIndex at)) {
      throw Arguments.foreign(NAME, index);
    }
    ArrayTensor x = rows("x", xs, rows, at.inputs);
    ArrayTensor y = rows("y", ys, rows, at.outputs);
    if (rows == 0 || at.outputs == 0) {
      return;
    }
    try (Work work = new Work()) {
      INDArray table;
      if (at.constants == null) {
        table = x.matrix(0, rows, at.inputs);
      } else {
        long constants = at.constants.length();
        int width = Math.toIntExact(at.inputs + constants);
        ArrayTensor wide = work.take(Math.multiplyExact(rows, width));
        if (at.inputs > 0) {
          wide.strided(0, new long[] {rows, at.inputs}, width, 1)
              .assign(x.matrix(0, rows, at.inputs));
        }
        INDArray right = wide.strided(at.inputs, new long[] {rows, constants}, width, 1);
        right.assign(0);
        run(new BroadcastAddOp(right, at.constants, right, 1));
        table = wide.matrix(0, rows, width);
      }
      run(
          DynamicCustomOp.builder("gather")
              .addInputs(table, at.columns)
              .addIntegerArguments(1)
              .addOutputs(y.matrix(0, rows, at.outputs))
              .build());
    }
  }

  @Override
  public void concat(Tensor as, int aWidth, Tensor bs, int bWidth, Tensor ys, int rows) {
    ArrayTensor a = rows("a", as, rows, aWidth);
    ArrayTensor b = rows("b", bs, rows, bWidth);
    ArrayTensor y = rows("y", ys, rows, (long) aWidth + bWidth);
    long width = (long) aWidth + bWidth;
    if (rows > 0 && aWidth > 0) {
      y.strided(0, new long[] {rows, aWidth}, width, 1).assign(a.matrix(0, rows, aWidth));
    }
    if (rows > 0 && bWidth > 0) {
      y.strided(aWidth, new long[] {rows, bWidth}, width, 1).assign(b.matrix(0, rows, bWidth));
    }
  }

  @Override
  public void runningMean(
      Tensor xs, int[] starts, int sequences, long[] counts, Tensor sums, Tensor ys, int width) {
    int rows = Arguments.starts(starts, sequences);
    Arguments.range("counts", 0, sequences, counts.length);
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor sum = rows("sums", sums, sequences, 2L * width);
    ArrayTensor y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    Runs runs = Runs.of(starts, sequences);
    try (Work work = new Work()) {
      long[] shape = {runs.together(), width};
      INDArray due = work.array(DataType.FLOAT, shape);
      INDArray after = work.array(DataType.FLOAT, shape);
      for (int first = 0; first < sequences; first += runs.together()) {
        int steps = starts[first + 1] - starts[first];
        INDArray total = sum.strided(2L * first * width, shape, 2L * width, 1);
        INDArray excess = sum.strided(2L * first * width + width, shape, 2L * width, 1);
        for (int s = 0; s < steps; s++) {
          long at = (long) (starts[first] + s) * width;
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
  public void logSoftmax(Tensor xs, Tensor ys, int rows, int width) {
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    try (Work work = new Work()) {
      int most = block(width, rows);
      ArrayTensor spare = work.take(most * width);
      ArrayTensor column = work.take(most);
      for (int r = 0; r < rows; r += most) {
        int n = Math.min(most, rows - r);
        INDArray t = spare.matrix(0, n, width);
        INDArray c = column.vector(0, n);
        INDArray target = y.matrix((long) r * width, n, width);
        // y = x - m; y = y - log(sum_j exp(y_j)), m = max_j x_j
        reduce(new Max(x.matrix((long) r * width, n, width), c, 1), c);
        x.matrix((long) r * width, n, width).subi(column(c), target);
        run(new Exp(target, t));
        rowSums(t, c);
        run(new Log(c, c));
        target.subi(column(c));
      }
    }
  }

  // --------------------------------------------- sequences with gates and lags

  @Override
  public void causalUnfold(
      Tensor xs, int[] starts, int sequences, Tensor tails, Tensor ys, int width, int taps) {
    Arguments.taps(taps);
    int rows = Arguments.starts(starts, sequences);
    long before = (long) (taps - 1) * width; // numbers of a tail
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor tail = rows("tail", tails, sequences, before);
    ArrayTensor y = rows("y", ys, rows, (long) taps * width);
    if (rows == 0 || width == 0) {
      return;
    }
    if (before == 0) {
      y.vector(0, (long) rows * width).assign(x.vector(0, (long) rows * width));
      return;
    }
    Runs runs = Runs.of(starts, sequences);
    int n = runs.together();
    for (int first = 0; first < sequences; first += n) {
      int steps = starts[first + 1] - starts[first];
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
            .assign(x.matrix((long) starts[first] * width, n, own));
        long[] shape = {n, steps, (long) taps * width};
        y.strided((long) starts[first] * taps * width, shape, taps * own, (long) taps * width, 1)
            .assign(joined.strided(0, shape, all, width, 1));
        old.assign(joined.strided(own, new long[] {n, before}, all, 1));
      }
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
    ArrayTensor zfoi = rows("zfoi", zfois, rows, (long) gates * width);
    ArrayTensor state = rows("state", states, sequences, width);
    ArrayTensor y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    try (Work work = new Work()) {
      int size = rows * width;
      ArrayTensor[] gate = new ArrayTensor[gates]; // z, f, o, i: [rows, width] each
      for (int g = 0; g < gates; g++) {
        gate[g] = work.take(size);
        long[] shape = {rows, width};
        gate[g]
            .matrix(0, rows, width)
            .assign(zfoi.strided((long) g * width, shape, (long) gates * width, 1));
        activate(g == 0 ? activation : Activation.SIGMOID, gate[g], gate[g], size);
      }
      INDArray z = gate[0].vector(0, size);
      INDArray f = gate[1].vector(0, size);
      // f' = zoneout + (1 - zoneout) f; z' = i z, i = 1 - f' where it is no gate
      if (zoneout != 0) {
        f.muli(1 - zoneout).addi(zoneout);
      }
      z.muli(gates > 3 ? gate[3].vector(0, size) : f.rsubi(1, work.array(DataType.FLOAT, size)));
      // c_t = f'_t c_(t-1) + z'_t; y_t = c_t
      Runs runs = Runs.of(starts, sequences);
      long[] shape = {runs.together(), width};
      for (int first = 0; first < sequences; first += runs.together()) {
        int steps = starts[first + 1] - starts[first];
        INDArray c = state.matrix((long) first * width, runs.together(), width);
        for (int s = 0; s < steps; s++) {
          long at = (long) (starts[first] + s) * width;
          long stride = (long) steps * width;
          c.muli(gate[1].strided(at, shape, stride, 1));
          c.addi(gate[0].strided(at, shape, stride, 1));
          y.strided(at, shape, stride, 1).assign(c);
        }
      }
      if (gates > 2) {
        y.vector(0, size).muli(gate[2].vector(0, size));
      }
    }
  }

  // ------------------------------------------- windows: every position at once

  @Override
  public void convolve(Linear weights, Tensor xs, int s, Tensor ys, int rows) {
    ArrayLinear w = mine(weights);
    Arguments.strided("x", xs, rows, s, w.inputs);
    linear(w, mine(xs), s, rows("y", ys, rows, w.outputs), rows);
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
    ArrayTensor offset = rows("offset", offsets, 1, width);
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    try (Work work = new Work()) {
      int most = block(width, rows);
      ArrayTensor block = work.take(most * width);
      ArrayTensor spare = work.take(most * width);
      INDArray wide = work.array(DataType.DOUBLE, most * (long) width);
      INDArray total = work.array(DataType.DOUBLE, width);
      INDArray part = work.array(DataType.DOUBLE, width);
      INDArray mean = work.array(DataType.FLOAT, width);
      INDArray scale = work.array(DataType.FLOAT, width);
      for (int b = 0; b < sequences; b++) {
        int n = starts[b + 1] - starts[b];
        if (n == 0) {
          continue;
        }
        long begin = (long) starts[b] * width;
        INDArray firstRow = x.vector(begin, width);
        Sums sums = new Sums(total, part, wide);
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
        scale.assign(total.divi(n).addi(epsilon));
        run(new Sqrt(scale, scale));
        // y = f(z / scale)
        for (int t = 0; t < n; t += most) {
          int m = Math.min(most, n - t);
          long at = begin + (long) t * width;
          INDArray z = block.matrix(0, m, width);
          shifted(x.matrix(at, m, width), mean, offset, width, z);
          INDArray target = y.matrix(at, m, width);
          run(new BroadcastDivOp(z, scale, target, 1));
          if (f != Activation.NONE) {
            activate(f, target, target, spare.matrix(0, m, width));
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
      Tensor scales,
      Tensor xs,
      Tensor cs,
      Tensor ys,
      int sequences,
      int length,
      int width,
      Shuffle shuffle) {
    int rows = Arguments.positions(sequences, length, shuffle);
    ArrayTensor scale = rows("scale", scales, 2, width);
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor c = rows("c", cs, rows, width);
    ArrayTensor y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    boolean moves = shuffle != Shuffle.NONE && length > 2;
    int[] sources = new int[length];
    for (int j = 0; j < length; j++) {
      sources[shuffle.destination(j, length)] = j;
    }
    int size = length * width;
    try (Work work = new Work()) {
      ArrayTensor spare = moves ? work.take(size) : null;
      for (int b = 0; b < sequences; b++) {
        long at = (long) b * size;
        ArrayTensor to = moves ? spare : y;
        long toAt = moves ? 0 : at;
        // scale_(i mod 2) (.) x_i, two positions as one row; then a last one by itself
        int pairs = length / 2;
        if (pairs > 0) {
          INDArray pair = x.matrix(at, pairs, 2L * width);
          INDArray both = scale.vector(0, 2L * width);
          run(new BroadcastMulOp(pair, both, to.matrix(toAt, pairs, 2L * width), 1));
        }
        if (length % 2 == 1) {
          long last = (length - 1L) * width;
          x.vector(at + last, width).muli(scale.vector(0, width), to.vector(toAt + last, width));
        }
        to.vector(toAt, size).addi(c.vector(at, size));
        if (moves) {
          Nd4j.pullRows(spare.matrix(0, length, width), y.matrix(at, length, width), 1, sources);
        }
      }
    }
  }

  // ------------------------------------------------- operations on whole windows

  @Override
  public void embed(Tensor tables, int[] tokens, Tensor ys, int rows, int width) {
    ArrayTensor table = rows("table", tables, 0, width);
    ArrayTensor y = rows("y", ys, rows, width);
    Arguments.tokens(tokens, rows, table, width);
    if (rows > 0) {
      int[] named = Arrays.copyOf(tokens, rows);
      int entries = table.size() / width;
      Nd4j.pullRows(table.matrix(0, entries, width), y.matrix(0, rows, width), 1, named);
    }
  }

  @Override
  public void mean(Tensor xs, int[] starts, int sequences, Tensor ys, int width) {
    int rows = Arguments.starts(starts, sequences);
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor y = rows("y", ys, sequences, width);
    if (sequences == 0 || width == 0) {
      return;
    }
    try (Work work = new Work()) {
      int most = block(width, Math.max(1, rows));
      INDArray wide = work.array(DataType.DOUBLE, most * (long) width);
      INDArray total = work.array(DataType.DOUBLE, width);
      Sums sums = new Sums(total, work.array(DataType.DOUBLE, width), wide);
      for (int b = 0; b < sequences; b++) {
        int n = starts[b + 1] - starts[b];
        INDArray target = y.vector((long) b * width, width);
        if (n == 0) {
          target.assign(Float.NaN);
          continue;
        }
        for (int t = 0; t < n; t += most) {
          long at = (long) (starts[b] + t) * width;
          sums.add(x.matrix(at, Math.min(most, n - t), width), t == 0);
        }
        target.assign(total.divi(n));
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
    ArrayTensor weight = rows("weight", weights, 1, width);
    ArrayTensor bias = rows("bias", biases, 1, width);
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor y = rows("y", ys, rows, width);
    if (rows == 0) {
      return;
    }
    try (Work work = new Work()) {
      int most = block(width, rows);
      ArrayTensor block = work.take(most * width);
      INDArray wide = work.array(DataType.DOUBLE, most * (long) width);
      INDArray total = work.array(DataType.DOUBLE, width);
      INDArray part = work.array(DataType.DOUBLE, width);
      INDArray mean = work.array(DataType.FLOAT, width);
      INDArray rest = work.array(DataType.FLOAT, width);
      INDArray scale = work.array(DataType.FLOAT, width);
      Sums sums = new Sums(total, part, wide);
      for (int b = 0; b < sequences; b++) {
        int n = starts[b + 1] - starts[b];
        if (n == 0) {
          continue;
        }
        long begin = (long) starts[b] * width;
        for (int t = 0; t < n; t += most) {
          sums.add(x.matrix(begin + (long) t * width, Math.min(most, n - t), width), t == 0);
        }
        meanOfGroups(total, n, groups, work);
        // the mean in two floats, so that what is far from zero keeps its digits
        mean.assign(total);
        total.subi(part.assign(mean));
        rest.assign(total);
        for (int t = 0; t < n; t += most) {
          INDArray d = block.matrix(0, Math.min(most, n - t), width);
          centred(x, begin + (long) t * width, mean, rest, d);
          d.muli(d);
          sums.add(d, t == 0);
        }
        meanOfGroups(total, n, groups, work);
        scale.assign(total.addi(epsilon));
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
      Tensor xs, int[] starts, Tensor ys, int[] yStarts, int sequences, int width, int track) {
    ArrayTensor x = rows("x", xs, Arguments.starts(starts, sequences), width);
    int rows = Arguments.starts(yStarts, sequences);
    ArrayTensor y = rows("y", ys, rows, width);
    Arguments.rotation(starts, yStarts, sequences, width, track);
    if (rows == 0) {
      return;
    }
    // y_t += x_((t + o) mod n), o = 0, 1, 2, 4, 8, ... by track; a row is taken for its tracks
    int tracks = width / track;
    try (Work work = new Work()) {
      int most = block(width, rows);
      ArrayTensor rotated = work.take(most * width);
      for (int b = 0; b < sequences; b++) {
        int n = starts[b + 1] - starts[b];
        int count = yStarts[b + 1] - yStarts[b];
        for (int t = 0; t < count; t += most) {
          int m = Math.min(most, count - t);
          int[] from = new int[m * tracks];
          for (int i = 0; i < from.length; i++) {
            int k = i % tracks;
            long o = k == 0 ? 0 : 1L << (k - 1);
            from[i] = (int) ((t + i / tracks + o) % n) * tracks + k;
          }
          INDArray all = x.matrix((long) starts[b] * width, (long) n * tracks, track);
          Nd4j.pullRows(all, rotated.matrix(0, from.length, track), 1, from);
          y.vector((long) (yStarts[b] + t) * width, (long) m * width)
              .addi(rotated.vector(0, (long) m * width));
        }
      }
    }
  }

  // ------------------------------------------------- embeddings and attention

  @Override
  public void embeddingBag(
      Tensor tables, int[] entries, Tensor weights, int bag, Tensor ys, int rows, int width) {
    ArrayTensor weight = rows("weights", weights, rows, bag);
    ArrayTensor y = rows("y", ys, rows, width);
    Arguments.tokens(entries, rows * bag, tables, width);
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
      for (int i = 0; i < bag; i++) {
        int[] named = new int[rows];
        for (int r = 0; r < rows; r++) {
          named[r] = entries[r * bag + i];
        }
        Nd4j.pullRows(source, pulled, 1, named);
        pulled.muli(weight.strided(i, new long[] {rows, 1}, bag, 1));
        target.addi(pulled);
      }
    }
  }

  @Override
  public void multiply(Tensor xs, Tensor gs, Tensor ys, int count) {
    ArrayTensor x = rows("x", xs, 1, count);
    ArrayTensor g = rows("g", gs, 1, count);
    ArrayTensor y = rows("y", ys, 1, count);
    if (count > 0) {
      x.vector(0, count).muli(g.vector(0, count), y.vector(0, count));
    }
  }

  @Override
  public void scaleNorm(double scale, double floor, Tensor xs, Tensor ys, int rows, int width) {
    ArrayTensor x = rows("x", xs, rows, width);
    ArrayTensor y = rows("y", ys, rows, width);
    if (rows == 0 || width == 0) {
      return;
    }
    try (Work work = new Work()) {
      int most = block(width, rows);
      INDArray wide = work.array(DataType.DOUBLE, most * (long) width);
      INDArray lengths = work.array(DataType.DOUBLE, most);
      INDArray factors = work.array(DataType.FLOAT, most);
      for (int r = 0; r < rows; r += most) {
        int n = Math.min(most, rows - r);
        INDArray block = x.matrix((long) r * width, n, width);
        INDArray d = Sums.first(wide, n, width).assign(block);
        INDArray c = Sums.first(lengths, n);
        d.muli(d);
        // y = x (scale / max(|x|, floor))
        rowSums(d, c);
        run(new Sqrt(c, c));
        run(new org.nd4j.linalg.api.ops.impl.scalar.ScalarMax(c, null, c, floor));
        c.rdivi(scale);
        INDArray factor = Sums.first(factors, n).assign(c);
        block.muli(column(factor), y.matrix((long) r * width, n, width));
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
    ArrayTensor table = mine(tables);
    ArrayTensor x = mine(xs);
    int half = width / 2;
    if (rows == 0 || half == 0) {
      return;
    }
    try (Work work = new Work()) {
      ArrayTensor pulled = work.take(rows * width);
      int[] named = Arrays.copyOf(positions, rows);
      INDArray source = table.matrix(0, table.size() / width, width);
      Nd4j.pullRows(source, pulled.matrix(0, rows, width), 1, named);
      long[] shape = {rows, half};
      INDArray sin = work.array(DataType.FLOAT, shape).assign(pulled.strided(0, shape, width, 1));
      INDArray cos =
          work.array(DataType.FLOAT, shape).assign(pulled.strided(half, shape, width, 1));
      INDArray c = work.array(DataType.FLOAT, shape);
      INDArray s = work.array(DataType.FLOAT, shape);
      INDArray turned = work.array(DataType.FLOAT, shape);
      int apart = pairs.first(1) - pairs.first(0);
      for (int g = 0; g < groups; g++) {
        INDArray a = x.strided((long) g * width + pairs.first(0), shape, stride, apart);
        INDArray b = x.strided((long) g * width + pairs.second(0, width), shape, stride, apart);
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
    ArrayTensor q = mine(qs);
    ArrayTensor k = mine(ks);
    ArrayTensor v = mine(vs);
    ArrayTensor y = mine(ys);
    if (rows == 0 || width == 0) {
      return;
    }
    try (Work all = new Work()) {
      INDArray sums = all.array(DataType.FLOAT, rows, width).assign(0);
      for (int w = 0; w < windows.size(); w++) {
        int first = windows.queryStarts()[w];
        int[] queries = Arrays.copyOfRange(windows.queries(), first, windows.queryStarts()[w + 1]);
        int[] keys =
            Arrays.copyOfRange(windows.keys(), windows.keyStarts()[w], windows.keyStarts()[w + 1]);
        if (queries.length > 0 && keys.length > 0) {
          try (Work work = new Work()) {
            ArrayTensor o = attend(windows, scale, queries, keys, q, k, v, stride, width, work);
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
      double[] divisors = windows.divisors(rows);
      float[] factors = new float[rows];
      for (int r = 0; r < rows; r++) {
        factors[r] = divisors[r] == 0 ? 0 : (float) (1 / divisors[r]);
      }
      INDArray factor = all.keep(Nd4j.createFromArray(factors));
      INDArray target = y.strided(0, new long[] {rows, width}, yStride, 1);
      sums.muli(column(factor), target);
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

  // ----------------------------------------------------------------- helpers

  /** Rows of this width that are taken at a time, at least one. */
  private static int block(int width, int rows) {
    return Math.max(1, Math.min(rows, BLOCK / width));
  }

  /** A value per row as {@code [rows, 1]}: so ND4J spreads it over columns ten times faster. */
  private static INDArray column(INDArray perRow) {
    return perRow.reshape('c', perRow.length(), 1);
  }

  private static void run(Op op) {
    Nd4j.getExecutioner().exec(op);
  }

  private static void run(org.nd4j.linalg.api.ops.CustomOp op) {
    Nd4j.exec(op);
  }

  /** The sums of rows, {@code [rows]}. */
  static INDArray rowSums(INDArray x, INDArray to) {
    return reduce(new Sum(x, to, 1), to);
  }

  /** Runs a reduction; what has nothing to reduce ND4J hands back without writing its result. */
  static INDArray reduce(ReduceOp op, INDArray to) {
    INDArray result = Nd4j.getExecutioner().exec(op);
    if (result != to) {
      to.assign(result.reshape('c', to.shape()));
    }
    return to;
  }

  private static ArrayTensor rows(String name, Tensor tensor, int rows, long width) {
    Arguments.holds(name, tensor, rows, width);
    return mine(tensor);
  }

  private static ArrayTensor mine(Tensor tensor) {
    if (tensor instanceof ArrayTensor mine) {
      return mine;
    }
    throw Arguments.foreign(NAME, tensor);
  }

  private static ArrayLinear mine(Linear weights) {
    if (weights instanceof ArrayLinear mine) {
      return mine;
    }
    throw Arguments.foreign(NAME, weights);
  }

  /** An array of these values; null if there are none. */
  private static INDArray array(float[] values) {
    return values.length == 0 ? null : Nd4j.createFromArray(values);
  }

  private static float[] floats(double[] values) {
    return floats(values, 0, values.length);
  }

  private static float[] floats(double[] values, int offset, int count) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (float) values[offset + i];
    }
    return floats;
  }
}
