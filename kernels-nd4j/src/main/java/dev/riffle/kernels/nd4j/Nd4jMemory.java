package dev.riffle.kernels.nd4j;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Backend;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.ReduceOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.api.ops.impl.scalar.RectifiedLinear;
import org.nd4j.linalg.api.ops.impl.transforms.same.Abs;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erfc;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Log1p;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Tanh;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The memory, the constants and the products of the backend {@code nd4j}, on arrays of 32-bit
 * floats, and what its operations share.
 *
 * <p>The result of an operation of ND4J for an element does not depend on the other elements, but
 * the result of its BLAS for a row of a product depends on the number of rows and on the position
 * of the row. So a product is computed in calls of equally many rows, few enough to have the same
 * bits in each position, except for the backend {@link #forWindows}.
 */
abstract class Nd4jMemory implements Backend {
  /** Each call of the BLAS has all rows. */
  static final int ALL = 0;

  /** Fixed number of rows of a call of the BLAS: few enough to give the same bits. */
  static final int FEW = 4;

  /** Values that an operation with work memory takes at a time: they stay in the caches. */
  static final int BLOCK = 1 << 16;

  /**
   * y = W x + b.
   *
   * @param weight W turned, {@code [inputs, outputs]}
   * @param bias {@code [outputs]}, or null
   * @param together rows of each call of the BLAS: {@link #ALL} or a fixed number
   */
  record ArrayLinear(INDArray weight, INDArray bias, int together, int outputs, int inputs)
      implements Linear {}

  /** lambda, real and imaginary parts {@code [width]}. */
  record ArrayDiagonal(INDArray re, INDArray im, int width) implements Diagonal {}

  /**
   * @param columns columns of a row followed by the constants {@code [outputs]}
   * @param constants {@code [constants]}, or null
   */
  record ArrayIndex(INDArray columns, INDArray constants, int inputs, int outputs)
      implements Index {}

  final boolean byRow;

  /**
   * @param byRow whether a row of a product has the same bits in any batch
   */
  Nd4jMemory(boolean byRow) {
    this.byRow = byRow;
  }

  @Override
  public Precision precision() {
    return Precision.FLOAT32;
  }

  @Override
  public boolean owns(Object made) {
    return made instanceof ArrayTensor
        || made instanceof ArrayLinear
        || made instanceof ArrayDiagonal
        || made instanceof ArrayIndex;
  }

  // ------------------------------------------------------------------ memory

  @Override
  public Tensor allocate(int size) {
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
    write(floats(from, fromOffset, count), 0, to, toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, float[] to, int toOffset, int count) {
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
    float[] values = new float[Math.max(0, count)];
    read(from, fromOffset, values, 0, count);
    for (int i = 0; i < count; i++) {
      to[toOffset + i] = values[i];
    }
  }

  @Override
  public void store(Tensor from, int fromOffset, int count, ByteBuffer to) {
    float[] values = new float[count];
    read(from, fromOffset, values, 0, count);
    to.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    to.position(to.position() + count * precision().bytes());
  }

  @Override
  public void load(ByteBuffer from, Tensor to, int toOffset, int count) {
    float[] values = new float[count];
    from.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    write(values, 0, to, toOffset, count);
    from.position(from.position() + count * precision().bytes());
  }

  @Override
  public void copy(Tensor from, int fromOffset, Tensor to, int toOffset, int count) {
    ArrayTensor source = mine(from);
    ArrayTensor target = mine(to);
    if (count > 0) {
      target.vector(toOffset, count).assign(source.vector(fromOffset, count));
    }
  }

  @Override
  public void fill(Tensor to, int offset, int count, double value) {
    ArrayTensor target = mine(to);
    if (count > 0) {
      target.vector(offset, count).assign((float) value);
    }
  }

  // --------------------------------------------------------------- constants

  @Override
  public Linear linear(double[] weight, double[] bias, int outputs, int inputs) {
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
   * {@link #FEW} if this BLAS gives equal rows equal bits at any place in a product of that many,
   * else 1. The order of its sums follows from the shape only, so that one trial is enough.
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
    return new ArrayDiagonal(array(floats(re)), array(floats(im)), re.length);
  }

  @Override
  public Index index(int[] entries, double[] constants, int inputs) {
    int[] columns = Arrays.stream(entries).map(e -> e >= 0 ? e : inputs - e - 1).toArray();
    return new ArrayIndex(
        columns.length == 0 ? null : Nd4j.createFromArray(columns),
        array(floats(constants)),
        inputs,
        entries.length);
  }

  // ---------------------------------------------------------------- products

  @Override
  public void linear(Linear weights, Tensor x, Tensor y, int rows) {
    ArrayLinear w = mine(weights);
    linear(w, mine(x), w.inputs, mine(y), rows);
  }

  /** y = W x + b, rows of x {@code stride} apart. */
  final void linear(ArrayLinear w, ArrayTensor x, int stride, ArrayTensor y, int rows) {
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
  static void product(
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

  static void multiply(INDArray x, INDArray matrix, boolean turned, INDArray y) {
    Nd4j.matmul(x, matrix, y, false, turned, false);
  }

  // ----------------------------------------------------------------- helpers

  static void activate(Activation f, ArrayTensor x, ArrayTensor y, int count) {
    try (Work work = new Work()) {
      ArrayTensor spare = work.take(Math.max(1, Math.min(BLOCK, count)));
      for (int at = 0; at < count; at += BLOCK) {
        int n = Math.min(BLOCK, count - at);
        activate(f, x.vector(at, n), y.vector(at, n), spare.vector(0, n));
      }
    }
  }

  /** y = f(x); t is work memory, y may be x. */
  static void activate(Activation f, INDArray x, INDArray y, INDArray t) {
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

  /** Rows of this width that are taken at a time, at least one. */
  static int block(int width, int rows) {
    return Math.max(1, Math.min(rows, BLOCK / width));
  }

  /** A value per row as {@code [rows, 1]}: so ND4J spreads it over columns ten times faster. */
  static INDArray column(INDArray perRow) {
    return perRow.reshape('c', perRow.length(), 1);
  }

  static void run(Op op) {
    Nd4j.getExecutioner().exec(op);
  }

  static void run(org.nd4j.linalg.api.ops.CustomOp op) {
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

  static ArrayTensor mine(Tensor tensor) {
    return (ArrayTensor) tensor;
  }

  static ArrayLinear mine(Linear weights) {
    return (ArrayLinear) weights;
  }

  /** An array of these values; null if there are none. */
  static INDArray array(float[] values) {
    return values.length == 0 ? null : Nd4j.createFromArray(values);
  }

  static float[] floats(double[] values) {
    return floats(values, 0, values.length);
  }

  static float[] floats(double[] values, int offset, int count) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (float) values[offset + i];
    }
    return floats;
  }
}
