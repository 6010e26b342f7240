package dev.riffle.kernels.cpu.vector;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Bags;
import dev.riffle.kernels.FoGates;
import dev.riffle.kernels.cpu.Engine;
import dev.riffle.kernels.cpu.Erf;
import dev.riffle.kernels.cpu.Exp;
import dev.riffle.kernels.cpu.FloatTensor;
import dev.riffle.kernels.cpu.Softplus;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The operations in lanes: L floats side by side, as many as a register of this CPU holds.
 *
 * <p>What is left of a row after its last full vector goes through the same formula: in lanes over
 * a copy padded with zeros (an <em>edge</em>), or by {@link Math#fma}, which rounds as a lane does.
 *
 * <p>There is one species of floats in this package. With a second one in the JVM the compiler of
 * Java 17 no longer knows whose {@code lanewise} it calls and makes an object of each vector,
 * everywhere.
 */
public final class VectorEngine implements Engine {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int L = SPECIES.length();

  /** The bits of a vector of floats. */
  private static final VectorSpecies<Integer> BITS = IntVector.SPECIES_PREFERRED;

  /** No bits in L lanes, all in L, none in L: what a mask of some lanes is cut from. */
  private static final int[] STEP = new int[3 * L];

  /**
   * Loops with long formulas. The JIT compiler of Java 17 stops inlining after 15 nested calls or
   * 18,000 nodes. If it stops within a formula, it allocates an object for each vector. It never
   * inlines through a method handle that is not a constant, and elements of arrays are not
   * constants. So each of these loops is compiled separately.
   */
  private static final MethodHandle[] ACTIVATIONS =
      Arrays.stream(Activation.values())
          .map(f -> method(loop(f), float[].class, int.class, float[].class, int.class, int.class))
          .toArray(MethodHandle[]::new);

  private static final MethodHandle[] GATED = {
    method("gated", FloatTensor.class, FloatTensor.class, FloatTensor.class, int.class, int.class)
  };

  static {
    Arrays.fill(STEP, L, 2 * L, -1);
  }

  @Override
  public String description() {
    return "Vector API, " + L + " float lanes";
  }

  @Override
  public Packed pack(
      float[] weight, int byOutput, int byInput, float[] bias, int outputs, int inputs) {
    return Panels.pack(weight, byOutput, byInput, bias, outputs, inputs);
  }

  // ------------------------------------------------------------- activations

  @Override
  public void activateEach(Activation f, FloatTensor x, FloatTensor y, int count) {
    int full = SPECIES.loopBound(count);
    loop(f, x.data(), x.base(), y.data(), y.base(), full);
    if (full < count) {
      float[] edge = new float[L];
      System.arraycopy(x.data(), x.base() + full, edge, 0, count - full);
      loop(f, edge, 0, edge, 0, L);
      System.arraycopy(edge, 0, y.data(), y.base() + full, count - full);
    }
  }

  /** Runs the loop of an activation; {@code count} is a multiple of L. */
  private static void loop(Activation f, float[] x, int xAt, float[] y, int yAt, int count) {
    try {
      ACTIVATIONS[f.ordinal()].invokeExact(x, xAt, y, yAt, count);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  private static String loop(Activation f) {
    return switch (f) {
      case NONE -> "copy";
      case RELU -> "relu";
      case SIGMOID -> "sigmoid";
      case GELU_TANH -> "gelu";
      case GELU -> "geluOfErf";
      case GELU_QUICK -> "geluQuick";
      case TANH -> "tanh";
      case SOFTPLUS -> "softplus";
      case EXP -> "exp";
    };
  }

  private static MethodHandle method(String name, Class<?>... parameters) {
    MethodType type = MethodType.methodType(void.class, parameters);
    try {
      return MethodHandles.lookup().findStatic(VectorEngine.class, name, type);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("No loop is called " + name + type + ".", e);
    }
  }

  /** What a loop threw; no loop declares a checked exception. */
  private static RuntimeException unchecked(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return thrown instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(thrown);
  }

  private static void copy(float[] x, int xAt, float[] y, int yAt, int count) {
    System.arraycopy(x, xAt, y, yAt, count);
  }

  private static void softplus(float[] x, int xAt, float[] y, int yAt, int count) {
    Softplus.apply(x, xAt, y, yAt, count);
  }

  private static void relu(float[] x, int xAt, float[] y, int yAt, int count) {
    for (int i = 0; i < count; i += L) {
      at(x, xAt + i).max(0).intoArray(y, yAt + i);
    }
  }

  private static void sigmoid(float[] x, int xAt, float[] y, int yAt, int count) {
    for (int i = 0; i < count; i += L) {
      sigmoid(at(x, xAt + i)).intoArray(y, yAt + i);
    }
  }

  private static void geluQuick(float[] x, int xAt, float[] y, int yAt, int count) {
    // x sigmoid(1.702 x)
    for (int i = 0; i < count; i += L) {
      FloatVector v = at(x, xAt + i);
      v.mul(sigmoid(v.mul(Exp.GELU_QUICK))).intoArray(y, yAt + i);
    }
  }

  private static void gelu(float[] x, int xAt, float[] y, int yAt, int count) {
    // 0.5 x (1 + tanh(z)) = x sigmoid(2 z), z = sqrt(2/pi) (x + 0.044715 x^3)
    for (int i = 0; i < count; i += L) {
      FloatVector v = at(x, xAt + i);
      FloatVector z = v.mul(v).mul(v).mul(Exp.GELU_CUBIC).add(v).mul(Exp.GELU);
      v.mul(sigmoid(z)).intoArray(y, yAt + i);
    }
  }

  private static void tanh(float[] x, int xAt, float[] y, int yAt, int count) {
    // tanh(x) = 2 sigmoid(2 x) - 1
    for (int i = 0; i < count; i += L) {
      FloatVector v = at(x, xAt + i);
      sigmoid(v.add(v)).mul(2).sub(1).intoArray(y, yAt + i);
    }
  }

  private static void exp(float[] x, int xAt, float[] y, int yAt, int count) {
    for (int i = 0; i < count; i += L) {
      exp(at(x, xAt + i)).intoArray(y, yAt + i);
    }
  }

  /** See {@link Erf}. */
  private static void geluOfErf(float[] x, int xAt, float[] y, int yAt, int count) {
    for (int i = 0; i < count; i += L) {
      FloatVector v = at(x, xAt + i);
      FloatVector a = v.abs().min(Erf.FAR);
      FloatVector t = all(1).div(a.fma(Erf.SCALE, 1));
      FloatVector p = all(Erf.P7);
      p = p.fma(t, all(Erf.P6));
      p = p.fma(t, all(Erf.P5));
      p = p.fma(t, all(Erf.P4));
      p = p.fma(t, all(Erf.P3));
      p = p.fma(t, all(Erf.P2));
      p = p.fma(t, all(Erf.P1));
      FloatVector below = p.mul(t).mul(exp(a.mul(a).mul(-0.5f)));
      v.max(0).sub(a.mul(below)).intoArray(y, yAt + i);
    }
  }

  private static FloatVector sigmoid(FloatVector x) {
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    return one.div(exp(x.neg()).add(one));
  }

  /** See {@link Exp}. */
  private static FloatVector exp(FloatVector x) {
    FloatVector held = x.max(Exp.LOWEST).min(Exp.HIGHEST);
    FloatVector shifted = held.fma(Exp.LOG2_E, Exp.SHIFTER);
    FloatVector n = shifted.sub(Exp.SHIFTER);
    FloatVector r = n.fma(all(-Exp.LN_2_LOW), n.fma(all(-Exp.LN_2_HIGH), held));
    FloatVector p = all(Exp.C6);
    p = p.fma(r, all(Exp.C5));
    p = p.fma(r, all(Exp.C4));
    p = p.fma(r, all(Exp.C3));
    p = p.fma(r, all(Exp.C2));
    p = p.fma(r, all(1));
    p = p.fma(r, all(1));
    return p.mul(
        shifted
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHL, Exp.EXPONENT)
            .add(Float.floatToRawIntBits(1f))
            .reinterpretAsFloats());
  }

  // -------------------------------------------------------- rows and columns

  @Override
  public void addScaled(FloatTensor d, FloatTensor x, FloatTensor y, int rows, int width) {
    float[] scale = d.data();
    float[] source = x.data();
    float[] target = y.data();
    int full = SPECIES.loopBound(width);
    for (int r = 0; r < rows; r++) {
      int from = x.base() + r * width;
      int to = y.base() + r * width;
      for (int j = 0; j < full; j += L) {
        FloatVector product = at(scale, d.base() + j).fma(at(source, from + j), at(target, to + j));
        product.intoArray(target, to + j);
      }
      for (int j = full; j < width; j++) {
        target[to + j] = Math.fma(scale[d.base() + j], source[from + j], target[to + j]);
      }
    }
  }

  @Override
  public void addColumns(
      float[] x, int xAt, float[] y, int yAt, int column, int width, int stride, int rows) {
    int full = SPECIES.loopBound(width);
    for (int j = column; j < column + full; j += L) {
      addColumn(x, xAt + j, y, yAt + j, stride, rows);
    }
    if (full < width && stride >= L) {
      addNarrow(x, xAt, y, yAt, column + full, column + width, stride, rows);
    } else {
      for (int r = 0; full < width && r < rows; r++) {
        for (int i = column + full + r * stride; i < column + width + r * stride; i++) {
          y[yAt + i] += x[xAt + i];
        }
      }
    }
  }

  /** One vector of each row. */
  private static void addColumn(float[] x, int xAt, float[] y, int yAt, int stride, int rows) {
    for (int r = 0; r < rows; r++) {
      int to = yAt + r * stride;
      at(y, to).add(at(x, xAt + r * stride)).intoArray(y, to);
    }
  }

  /** Fewer columns than lanes: their neighbors in the row take part as zeros. */
  private static void addNarrow(
      float[] x, int xAt, float[] y, int yAt, int first, int end, int stride, int rows) {
    int left = Math.max(0, end - L);
    IntVector from = IntVector.fromArray(BITS, STEP, L - (first - left));
    IntVector mask = from.and(IntVector.fromArray(BITS, STEP, 2 * L - (end - left)));
    for (int r = 0; r < rows; r++) {
      int to = yAt + left + r * stride;
      IntVector kept = at(x, xAt + left + r * stride).reinterpretAsInts().and(mask);
      at(y, to).add(kept.reinterpretAsFloats()).intoArray(y, to);
    }
  }

  @Override
  public void layerNorm(
      FloatTensor weight,
      FloatTensor bias,
      float epsilon,
      FloatTensor x,
      FloatTensor y,
      int rows,
      int width) {
    float[] edge = new float[L];
    for (int r = 0; r < rows; r++) {
      int xAt = x.base() + r * width;
      float mean = sum(x.data(), xAt, width, edge) / width;
      float variance = squares(x.data(), xAt, width, mean, edge) / width;
      float scale = (float) (1 / Math.sqrt(variance + epsilon));
      shiftAndScale(x, xAt, mean, scale, weight, bias, y, y.base() + r * width, width);
    }
  }

  /** sum_j x_j. */
  private static float sum(float[] x, int xAt, int width, float[] edge) {
    int full = SPECIES.loopBound(width);
    FloatVector s0 = all(0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int j = 0;
    for (; j + 4 * L <= full; j += 4 * L) {
      s0 = s0.add(at(x, xAt + j));
      s1 = s1.add(at(x, xAt + j + L));
      s2 = s2.add(at(x, xAt + j + 2 * L));
      s3 = s3.add(at(x, xAt + j + 3 * L));
    }
    for (; j < full; j += L) {
      s0 = s0.add(at(x, xAt + j));
    }
    s0.add(s1).add(s2.add(s3)).intoArray(edge, 0);
    for (j = full; j < width; j++) {
      edge[j - full] += x[xAt + j];
    }
    return sumOfLanes(edge);
  }

  /** sum_j (x_j - mean)^2. */
  private static float squares(float[] x, int xAt, int width, float mean, float[] edge) {
    int full = SPECIES.loopBound(width);
    FloatVector s0 = all(0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int j = 0;
    for (; j + 4 * L <= full; j += 4 * L) {
      s0 = addSquare(at(x, xAt + j).sub(mean), s0);
      s1 = addSquare(at(x, xAt + j + L).sub(mean), s1);
      s2 = addSquare(at(x, xAt + j + 2 * L).sub(mean), s2);
      s3 = addSquare(at(x, xAt + j + 3 * L).sub(mean), s3);
    }
    for (; j < full; j += L) {
      s0 = addSquare(at(x, xAt + j).sub(mean), s0);
    }
    s0.add(s1).add(s2.add(s3)).intoArray(edge, 0);
    for (j = full; j < width; j++) {
      float difference = x[xAt + j] - mean;
      edge[j - full] = Math.fma(difference, difference, edge[j - full]);
    }
    return sumOfLanes(edge);
  }

  private static FloatVector addSquare(FloatVector x, FloatVector sum) {
    return x.fma(x, sum);
  }

  /**
   * The sum in one fixed order, by halves; {@code reduceLanes} leaves the order open. Written out
   * where it can be: rows of a norm wait for it twice.
   */
  private static float sumOfLanes(float[] v) {
    if (L == 16) {
      float s0 = v[0] + v[8] + (v[4] + v[12]);
      float s1 = v[1] + v[9] + (v[5] + v[13]);
      float s2 = v[2] + v[10] + (v[6] + v[14]);
      float s3 = v[3] + v[11] + (v[7] + v[15]);
      return s0 + s2 + (s1 + s3);
    }
    if (L == 8) {
      return v[0] + v[4] + (v[2] + v[6]) + (v[1] + v[5] + (v[3] + v[7]));
    }
    for (int half = L / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        v[i] += v[i + half];
      }
    }
    return v[0];
  }

  private static void shiftAndScale(
      FloatTensor x,
      int xAt,
      float mean,
      float scale,
      FloatTensor weight,
      FloatTensor bias,
      FloatTensor y,
      int yAt,
      int width) {
    float[] w = weight.data();
    float[] b = bias.data();
    int wAt = weight.base();
    int bAt = bias.base();
    int full = SPECIES.loopBound(width);
    for (int j = 0; j < full; j += L) {
      FloatVector centred = at(x.data(), xAt + j).sub(mean).mul(scale);
      centred.fma(at(w, wAt + j), at(b, bAt + j)).intoArray(y.data(), yAt + j);
    }
    for (int j = full; j < width; j++) {
      float centred = (x.data()[xAt + j] - mean) * scale;
      y.data()[yAt + j] = Math.fma(centred, w[wAt + j], b[bAt + j]);
    }
  }

  @Override
  public void moments(float[] x, int xAt, int rows, int width, float[] sum, float[] squares) {
    int j = 0;
    for (; j + 4 * L <= width; j += 4 * L) {
      momentsOfFour(x, xAt + j, rows, width, sum, squares, j);
    }
    for (; j + L <= width; j += L) {
      momentsOfOne(x, xAt + j, rows, width, sum, squares, j);
    }
    for (; j < width; j++) {
      float first = x[xAt + j];
      float total = 0;
      for (int t = 1; t < rows; t++) {
        total += x[xAt + j + t * width] - first;
      }
      float mean = first + total / rows;
      float square = 0;
      for (int t = 0; t < rows; t++) {
        float difference = x[xAt + j + t * width] - mean;
        square = Math.fma(difference, difference, square);
      }
      sum[j] = total;
      squares[j] = square;
    }
  }

  /** Four vectors of columns, so that the adders do not wait. */
  private static void momentsOfFour(
      float[] x, int xAt, int rows, int width, float[] sum, float[] squares, int j) {
    FloatVector m0 = at(x, xAt);
    FloatVector m1 = at(x, xAt + L);
    FloatVector m2 = at(x, xAt + 2 * L);
    FloatVector m3 = at(x, xAt + 3 * L);
    FloatVector s0 = all(0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    for (int t = 1; t < rows; t++) {
      int from = xAt + t * width;
      s0 = s0.add(at(x, from).sub(m0));
      s1 = s1.add(at(x, from + L).sub(m1));
      s2 = s2.add(at(x, from + 2 * L).sub(m2));
      s3 = s3.add(at(x, from + 3 * L).sub(m3));
    }
    s0.intoArray(sum, j);
    s1.intoArray(sum, j + L);
    s2.intoArray(sum, j + 2 * L);
    s3.intoArray(sum, j + 3 * L);
    m0 = m0.add(s0.div(rows));
    m1 = m1.add(s1.div(rows));
    m2 = m2.add(s2.div(rows));
    m3 = m3.add(s3.div(rows));
    s0 = all(0);
    s1 = s0;
    s2 = s0;
    s3 = s0;
    for (int t = 0; t < rows; t++) {
      int from = xAt + t * width;
      s0 = addSquare(at(x, from).sub(m0), s0);
      s1 = addSquare(at(x, from + L).sub(m1), s1);
      s2 = addSquare(at(x, from + 2 * L).sub(m2), s2);
      s3 = addSquare(at(x, from + 3 * L).sub(m3), s3);
    }
    s0.intoArray(squares, j);
    s1.intoArray(squares, j + L);
    s2.intoArray(squares, j + 2 * L);
    s3.intoArray(squares, j + 3 * L);
  }

  private static void momentsOfOne(
      float[] x, int xAt, int rows, int width, float[] sum, float[] squares, int j) {
    FloatVector mean = at(x, xAt);
    FloatVector total = all(0);
    for (int t = 1; t < rows; t++) {
      total = total.add(at(x, xAt + t * width).sub(mean));
    }
    total.intoArray(sum, j);
    mean = mean.add(total.div(rows));
    FloatVector square = all(0);
    for (int t = 0; t < rows; t++) {
      square = addSquare(at(x, xAt + t * width).sub(mean), square);
    }
    square.intoArray(squares, j);
  }

  @Override
  public void centreAndScale(
      float[] mean, float[] scale, float[] shift, FloatTensor x, FloatTensor y, int rows) {
    int width = mean.length;
    float[] source = x.data();
    float[] target = y.data();
    int full = SPECIES.loopBound(width);
    for (int r = 0; r < rows; r++) {
      int from = x.base() + r * width;
      int to = y.base() + r * width;
      for (int j = 0; j < full; j += L) {
        FloatVector centred = at(source, from + j).sub(at(mean, j));
        centred.fma(at(scale, j), at(shift, j)).intoArray(target, to + j);
      }
      for (int j = full; j < width; j++) {
        target[to + j] = Math.fma(source[from + j] - mean[j], scale[j], shift[j]);
      }
    }
  }

  @Override
  public void gluResidual(FloatTensor x, FloatTensor ab, FloatTensor y, int rows, int width) {
    try {
      GATED[0].invokeExact(x, ab, y, rows, width);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  private static void gated(FloatTensor x, FloatTensor ab, FloatTensor y, int rows, int width) {
    int full = SPECIES.loopBound(width);
    int rest = width - full;
    float[] edge = rest == 0 ? null : new float[3 * L];
    for (int r = 0; r < rows; r++) {
      int xAt = x.base() + r * width;
      int aAt = ab.base() + 2 * r * width;
      int yAt = y.base() + r * width;
      mix(x.data(), xAt, ab.data(), aAt, aAt + width, y.data(), yAt, full);
      if (edge != null) {
        System.arraycopy(x.data(), xAt + full, edge, 0, rest);
        System.arraycopy(ab.data(), aAt + full, edge, L, rest);
        System.arraycopy(ab.data(), aAt + width + full, edge, 2 * L, rest);
        mix(edge, 0, edge, L, 2 * L, edge, 0, L);
        System.arraycopy(edge, 0, y.data(), yAt + full, rest);
      }
    }
  }

  /** y = x + a (.) sigmoid(b); {@code count} is a multiple of L. */
  private static void mix(
      float[] x, int xAt, float[] ab, int aAt, int bAt, float[] y, int yAt, int count) {
    for (int j = 0; j < count; j += L) {
      at(ab, aAt + j).fma(sigmoid(at(ab, bAt + j)), at(x, xAt + j)).intoArray(y, yAt + j);
    }
  }

  @Override
  public void scaleAndAdd(
      float[] s, int sAt, float[] x, int xAt, float[] c, int cAt, float[] y, int yAt, int width) {
    int full = SPECIES.loopBound(width);
    for (int j = 0; j < full; j += L) {
      at(s, sAt + j).fma(at(x, xAt + j), at(c, cAt + j)).intoArray(y, yAt + j);
    }
    for (int j = full; j < width; j++) {
      y[yAt + j] = Math.fma(s[sAt + j], x[xAt + j], c[cAt + j]);
    }
  }

  @Override
  public void bag(FloatTensor table, Bags bags, int row, float[] y, int yAt, int width) {
    float[] values = table.data();
    int[] entries = bags.entries();
    FloatTensor weighting = (FloatTensor) bags.weights();
    float[] weights = weighting.data();
    int weightAt = weighting.base() + row * bags.size();
    int first = row * bags.size();
    int bag = bags.size();
    int j = 0;
    for (; j + 2 * L <= width; j += 2 * L) {
      FloatVector s0 = all(0);
      FloatVector s1 = s0;
      for (int i = 0; i < bag; i++) {
        int from = table.base() + entries[first + i] * width + j;
        FloatVector weight = all(weights[weightAt + i]);
        s0 = s0.add(weight.mul(at(values, from)));
        s1 = s1.add(weight.mul(at(values, from + L)));
      }
      s0.intoArray(y, yAt + j);
      s1.intoArray(y, yAt + j + L);
    }
    for (; j + L <= width; j += L) {
      FloatVector s0 = all(0);
      for (int i = 0; i < bag; i++) {
        int from = table.base() + entries[first + i] * width + j;
        s0 = s0.add(all(weights[weightAt + i]).mul(at(values, from)));
      }
      s0.intoArray(y, yAt + j);
    }
    for (; j < width; j++) {
      float sum = 0;
      for (int i = 0; i < bag; i++) {
        sum += weights[weightAt + i] * values[table.base() + entries[first + i] * width + j];
      }
      y[yAt + j] = sum;
    }
  }

  @Override
  public void step(Lambda lambda, float[] h, int hAt, float[] u, int uAt) {
    float[] re = lambda.re();
    float[] im = lambda.im();
    int width = re.length;
    int full = SPECIES.loopBound(width);
    // (re + i im)(a + i b) + (c + i d) = re a + (c - im b) + i (re b + (d + im a))
    for (int j = 0; j < full; j += L) {
      FloatVector lRe = at(re, j);
      FloatVector lIm = at(im, j);
      FloatVector a = at(h, hAt + j);
      FloatVector b = at(h, hAt + width + j);
      FloatVector c = at(u, uAt + j);
      FloatVector d = at(u, uAt + width + j);
      lRe.fma(a, lIm.neg().fma(b, c)).intoArray(u, uAt + j);
      lRe.fma(b, lIm.fma(a, d)).intoArray(u, uAt + width + j);
    }
    for (int j = full; j < width; j++) {
      float a = h[hAt + j];
      float b = h[hAt + width + j];
      u[uAt + j] = Math.fma(re[j], a, Math.fma(-im[j], b, u[uAt + j]));
      u[uAt + width + j] = Math.fma(re[j], b, Math.fma(im[j], a, u[uAt + width + j]));
    }
  }

  @Override
  public void forget(
      FoGates gates, float[] zfoi, int at, float[] c, int cAt, float[] y, int yAt, int width) {
    float zoneout = (float) gates.zoneout();
    float rest = 1 - zoneout;
    int fAt = at + width;
    int oAt = fAt + width;
    int iAt = oAt + width;
    int full = SPECIES.loopBound(width);
    if (gates.count() == 4) {
      for (int j = 0; j < full; j += L) {
        FloatVector f = at(zfoi, fAt + j).fma(all(rest), all(zoneout));
        FloatVector in = at(zfoi, iAt + j).mul(at(zfoi, at + j));
        f.fma(at(c, cAt + j), in).intoArray(c, cAt + j);
      }
      for (int j = full; j < width; j++) {
        float f = Math.fma(zfoi[fAt + j], rest, zoneout);
        c[cAt + j] = Math.fma(f, c[cAt + j], zfoi[iAt + j] * zfoi[at + j]);
      }
    } else {
      for (int j = 0; j < full; j += L) {
        FloatVector f = at(zfoi, fAt + j).fma(all(rest), all(zoneout));
        FloatVector in = all(1).sub(f).mul(at(zfoi, at + j));
        f.fma(at(c, cAt + j), in).intoArray(c, cAt + j);
      }
      for (int j = full; j < width; j++) {
        float f = Math.fma(zfoi[fAt + j], rest, zoneout);
        c[cAt + j] = Math.fma(f, c[cAt + j], (1 - f) * zfoi[at + j]);
      }
    }
    if (gates.count() == 2) {
      System.arraycopy(c, cAt, y, yAt, width);
      return;
    }
    for (int j = 0; j < full; j += L) {
      at(zfoi, oAt + j).mul(at(c, cAt + j)).intoArray(y, yAt + j);
    }
    for (int j = full; j < width; j++) {
      y[yAt + j] = zfoi[oAt + j] * c[cAt + j];
    }
  }

  private static FloatVector at(float[] values, int i) {
    return FloatVector.fromArray(SPECIES, values, i);
  }

  private static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }
}
