package dev.riffle.kernels.reference;

import static java.lang.Math.abs;
import static java.lang.Math.exp;
import static java.lang.Math.log;
import static java.lang.Math.log1p;
import static java.lang.Math.max;
import static java.lang.Math.sqrt;
import static java.lang.Math.tanh;

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

/** The operations as their equations say, in double, one loop per index. */
final class ReferenceKernels implements Kernels {
  static final String NAME = "reference";

  /** W {@code [outputs, inputs]} and b {@code [outputs]} of y = W x + b. */
  private record PlainLinear(double[] weight, double[] bias, int outputs, int inputs)
      implements Linear {}

  /** lambda, real and imaginary parts {@code [width]}. */
  private record PlainDiagonal(double[] re, double[] im) implements Diagonal {
    @Override
    public int width() {
      return re.length;
    }
  }

  private record PlainIndex(int[] entries, double[] constants, int inputs) implements Index {
    @Override
    public int outputs() {
      return entries.length;
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "reference: plain loops, double";
  }

  @Override
  public Precision precision() {
    return Precision.FLOAT64;
  }

  // ------------------------------------------------------------------ memory

  @Override
  public Tensor allocate(int size) {
    Arguments.count("size", size);
    return new DoubleTensor(new double[size], 0, size);
  }

  @Override
  public Tensor constant(double[] values) {
    return new DoubleTensor(values.clone(), 0, values.length);
  }

  @Override
  public void write(float[] from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.length);
    Arguments.range("to", toOffset, count, to.size());
    for (int i = 0; i < count; i++) {
      mine(to).set(toOffset + i, from[fromOffset + i]);
    }
  }

  @Override
  public void write(double[] from, int fromOffset, Tensor to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.length);
    Arguments.range("to", toOffset, count, to.size());
    System.arraycopy(from, fromOffset, mine(to).data(), mine(to).base() + toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, float[] to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.range("to", toOffset, count, to.length);
    for (int i = 0; i < count; i++) {
      to[toOffset + i] = (float) mine(from).get(fromOffset + i);
    }
  }

  @Override
  public void read(Tensor from, int fromOffset, double[] to, int toOffset, int count) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.range("to", toOffset, count, to.length);
    System.arraycopy(mine(from).data(), mine(from).base() + fromOffset, to, toOffset, count);
  }

  @Override
  public void store(Tensor from, int fromOffset, int count, ByteBuffer to) {
    Arguments.range("from", fromOffset, count, from.size());
    Arguments.remaining(to, count, precision());
    to.duplicate()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asDoubleBuffer()
        .put(mine(from).data(), mine(from).base() + fromOffset, count);
    to.position(to.position() + count * precision().bytes());
  }

  @Override
  public void load(ByteBuffer from, Tensor to, int toOffset, int count) {
    Arguments.range("to", toOffset, count, to.size());
    Arguments.remaining(from, count, precision());
    from.duplicate()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asDoubleBuffer()
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
    Arrays.fill(mine(to).data(), first, first + count, value);
  }

  // --------------------------------------------------------------- constants

  @Override
  public Linear linear(double[] weight, double[] bias, int outputs, int inputs) {
    Arguments.exactly("weight", weight.length, outputs, inputs);
    if (bias != null) {
      Arguments.exactly("bias", bias.length, 1, outputs);
    }
    return new PlainLinear(
        weight.clone(), bias == null ? new double[outputs] : bias.clone(), outputs, inputs);
  }

  @Override
  public Diagonal diagonal(double[] re, double[] im) {
    Arguments.exactly("im", im.length, 1, re.length);
    return new PlainDiagonal(re.clone(), im.clone());
  }

  @Override
  public Index index(int[] entries, double[] constants, int inputs) {
    Arguments.entries(entries, constants.length, inputs);
    return new PlainIndex(entries.clone(), constants.clone(), inputs);
  }

  // ------------------------------------------------------------------- operations

  @Override
  public void linear(Linear weights, Tensor xs, Tensor ys, int rows) {
    if (!(weights instanceof PlainLinear w)) {
      throw Arguments.foreign(NAME, weights);
    }
    DoubleTensor x = rows("x", xs, rows, w.inputs);
    DoubleTensor y = rows("y", ys, rows, w.outputs);
    // y_o = b_o + sum_i W_oi x_i
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < w.outputs; o++) {
        double sum = w.bias[o];
        for (int i = 0; i < w.inputs; i++) {
          sum += w.weight[o * w.inputs + i] * x.get(r * w.inputs + i);
        }
        y.set(r * w.outputs + o, sum);
      }
    }
  }

  @Override
  public void activate(Activation f, Tensor xs, Tensor ys, int count) {
    DoubleTensor x = rows("x", xs, 1, count);
    DoubleTensor y = rows("y", ys, 1, count);
    for (int i = 0; i < count; i++) {
      y.set(i, activation(f, x.get(i)));
    }
  }

  private static double activation(Activation f, double x) {
    return switch (f) {
      case NONE -> x;
      case RELU -> max(0, x);
      case SIGMOID -> sigmoid(x);
      case GELU_QUICK -> x * sigmoid(1.702 * x);
      case GELU_TANH -> 0.5 * x * (1 + tanh(sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case GELU -> 0.5 * x * (1 + erf(x / sqrt(2)));
      case TANH -> tanh(x);
      case SOFTPLUS -> max(0, x) + log1p(exp(-abs(x))); // log(1 + exp(x)) without overflow
      case EXP -> exp(x);
    };
  }

  // erf(x) = 2/sqrt(pi) exp(-x^2) sum_k 2^k x^(2k+1) / (1 3 5 ... (2k+1)): all terms of one sign
  private static double erf(double x) {
    if (Math.abs(x) > 6) {
      return Math.signum(x); // the rest is less than 1e-16
    }
    double term = x;
    double sum = x;
    for (int k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
      term *= 2 * x * x / (2 * k + 1);
      sum += term;
    }
    return 2 / sqrt(Math.PI) * exp(-x * x) * sum;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
  }

  @Override
  public void addScaled(Tensor ds, Tensor xs, Tensor ys, Activation f, int rows, int width) {
    DoubleTensor d = rows("d", ds, 1, width);
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor y = rows("y", ys, rows, width);
    // y = f(y + d (.) x)
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        int i = r * width + j;
        y.set(i, activation(f, y.get(i) + d.get(j) * x.get(i)));
      }
    }
  }

  @Override
  public void layerNorm(
      Tensor weights, Tensor biases, double epsilon, Tensor xs, Tensor ys, int rows, int width) {
    DoubleTensor weight = rows("weight", weights, 1, width);
    DoubleTensor bias = rows("bias", biases, 1, width);
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor y = rows("y", ys, rows, width);
    for (int r = 0; r < rows; r++) {
      // mean = 1/n sum_j x_j
      double sum = 0;
      for (int j = 0; j < width; j++) {
        sum += x.get(r * width + j);
      }
      double mean = sum / width;
      // variance = 1/n sum_j (x_j - mean)^2
      double squares = 0;
      for (int j = 0; j < width; j++) {
        double difference = x.get(r * width + j) - mean;
        squares += difference * difference;
      }
      double variance = squares / width;
      // y = (x - mean) / sqrt(variance + epsilon) (.) weight + bias
      double deviation = sqrt(variance + epsilon);
      for (int j = 0; j < width; j++) {
        int i = r * width + j;
        y.set(i, (x.get(i) - mean) / deviation * weight.get(j) + bias.get(j));
      }
    }
  }

  @Override
  public void affine(Tensor scales, Tensor shifts, Tensor xs, Tensor ys, int rows, int width) {
    DoubleTensor scale = rows("scale", scales, 1, width);
    DoubleTensor shift = rows("shift", shifts, 1, width);
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor y = rows("y", ys, rows, width);
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        int i = r * width + j;
        y.set(i, x.get(i) * scale.get(j) + shift.get(j));
      }
    }
  }

  @Override
  public void gluResidual(Tensor xs, Tensor abs, Tensor ys, int rows, int width) {
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor ab = rows("ab", abs, rows, 2L * width);
    DoubleTensor y = rows("y", ys, rows, width);
    // y = x + a (.) sigmoid(b)
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        double a = ab.get(r * 2 * width + j);
        double b = ab.get(r * 2 * width + width + j);
        y.set(r * width + j, x.get(r * width + j) + a * sigmoid(b));
      }
    }
  }

  @Override
  public void recurrence(
      Diagonal lambda, Tensor us, int[] starts, int sequences, Tensor states, int groups) {
    if (!(lambda instanceof PlainDiagonal l)) {
      throw Arguments.foreign(NAME, lambda);
    }
    int width = l.width();
    int rows = Arguments.starts(starts, sequences);
    Arguments.count("groups", groups);
    DoubleTensor u = rows("u", us, rows, 2L * groups * width);
    DoubleTensor state = rows("state", states, sequences, 2L * groups * width);
    // h_t = lambda (.) h_(t-1) + u_t, where (a + ib)(c + id) = ac - bd + i(ad + bc)
    for (int b = 0; b < sequences; b++) {
      for (int t = starts[b]; t < starts[b + 1]; t++) {
        for (int g = 0; g < groups; g++) {
          for (int j = 0; j < width; j++) {
            int s = (b * groups + g) * 2 * width + j;
            int i = (t * groups + g) * 2 * width + j;
            double re = state.get(s);
            double im = state.get(s + width);
            double newRe = l.re[j] * re - l.im[j] * im + u.get(i);
            double newIm = l.re[j] * im + l.im[j] * re + u.get(i + width);
            state.set(s, newRe);
            state.set(s + width, newIm);
            u.set(i, newRe);
            u.set(i + width, newIm);
          }
        }
      }
    }
  }

  @Override
  public void gather(Index index, Tensor xs, Tensor ys, int rows) {
    if (!(index instanceof PlainIndex at)) {
      throw Arguments.foreign(NAME, index);
    }
    DoubleTensor x = rows("x", xs, rows, at.inputs);
    DoubleTensor y = rows("y", ys, rows, at.outputs());
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < at.outputs(); j++) {
        int entry = at.entries[j];
        double value = entry >= 0 ? x.get(r * at.inputs + entry) : at.constants[-entry - 1];
        y.set(r * at.outputs() + j, value);
      }
    }
  }

  @Override
  public void concat(Tensor as, int aWidth, Tensor bs, int bWidth, Tensor ys, int rows) {
    DoubleTensor a = rows("a", as, rows, aWidth);
    DoubleTensor b = rows("b", bs, rows, bWidth);
    DoubleTensor y = rows("y", ys, rows, (long) aWidth + bWidth);
    int width = aWidth + bWidth;
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < aWidth; j++) {
        y.set(r * width + j, a.get(r * aWidth + j));
      }
      for (int j = 0; j < bWidth; j++) {
        y.set(r * width + aWidth + j, b.get(r * bWidth + j));
      }
    }
  }

  @Override
  public void runningMean(
      Tensor xs, int[] starts, int sequences, long[] counts, Tensor sums, Tensor ys, int width) {
    int rows = Arguments.starts(starts, sequences);
    Arguments.range("counts", 0, sequences, counts.length);
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor sum = rows("sums", sums, sequences, 2L * width);
    DoubleTensor y = rows("y", ys, rows, width);
    // sum += x_t; y_t = sum / (count + t + 1); excess is what the rounded sum is too large by
    for (int b = 0; b < sequences; b++) {
      for (int t = 0; t < starts[b + 1] - starts[b]; t++) {
        for (int j = 0; j < width; j++) {
          int s = b * 2 * width + j;
          int i = (starts[b] + t) * width + j;
          double due = x.get(i) - sum.get(s + width);
          double before = sum.get(s);
          double after = before + due;
          sum.set(s, after);
          sum.set(s + width, after - before - due);
          y.set(i, after / (counts[b] + t + 1));
        }
      }
    }
  }

  @Override
  public void logSoftmax(Tensor xs, Tensor ys, int rows, int width) {
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor y = rows("y", ys, rows, width);
    // y = x - m - log(sum_j exp(x_j - m)), m = max_j x_j
    for (int r = 0; r < rows; r++) {
      double m = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < width; j++) {
        m = max(m, x.get(r * width + j));
      }
      double sum = 0;
      for (int j = 0; j < width; j++) {
        sum += exp(x.get(r * width + j) - m);
      }
      for (int j = 0; j < width; j++) {
        y.set(r * width + j, x.get(r * width + j) - m - log(sum));
      }
    }
  }

  // --------------------------------------------- sequences with gates and lags

  @Override
  public void causalUnfold(
      Tensor xs, int[] starts, int sequences, Tensor tails, Tensor ys, int width, int taps) {
    Arguments.taps(taps);
    int rows = Arguments.starts(starts, sequences);
    int tailRows = taps - 1;
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor tail = rows("tail", tails, sequences, (long) tailRows * width);
    DoubleTensor y = rows("y", ys, rows, (long) taps * width);
    for (int b = 0; b < sequences; b++) {
      for (int t = starts[b]; t < starts[b + 1]; t++) {
        for (int j = 0; j < width; j++) {
          // y_t = [x_(t-taps+1), ..., x_(t-1), x_t]
          for (int k = 0; k < tailRows; k++) {
            y.set((t * taps + k) * width + j, tail.get((b * tailRows + k) * width + j));
          }
          y.set((t * taps + tailRows) * width + j, x.get(t * width + j));
          // the tail forgets its oldest row and takes x_t
          for (int k = 0; k < tailRows; k++) {
            tail.set((b * tailRows + k) * width + j, y.get((t * taps + k + 1) * width + j));
          }
        }
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
    DoubleTensor zfoi = rows("zfoi", zfois, rows, (long) gates * width);
    DoubleTensor state = rows("state", states, sequences, width);
    DoubleTensor y = rows("y", ys, rows, width);
    for (int b = 0; b < sequences; b++) {
      for (int t = starts[b]; t < starts[b + 1]; t++) {
        for (int j = 0; j < width; j++) {
          int at = t * gates * width + j;
          double z = activation(activation, zfoi.get(at));
          double f = zoneout + (1 - zoneout) * sigmoid(zfoi.get(at + width));
          double o = gates > 2 ? sigmoid(zfoi.get(at + 2 * width)) : 1;
          double i = gates > 3 ? sigmoid(zfoi.get(at + 3 * width)) : 1 - f;
          // c_t = f_t c_(t-1) + i_t z_t; y_t = o_t c_t
          double c = f * state.get(b * width + j) + i * z;
          state.set(b * width + j, c);
          y.set(t * width + j, o * c);
        }
      }
    }
  }

  // ------------------------------------------- windows: every position at once

  @Override
  public void convolve(Linear weights, Tensor xs, int s, Tensor ys, int rows) {
    if (!(weights instanceof PlainLinear w)) {
      throw Arguments.foreign(NAME, weights);
    }
    Arguments.strided("x", xs, rows, s, w.inputs);
    DoubleTensor x = mine(xs);
    DoubleTensor y = rows("y", ys, rows, w.outputs);
    // y_ro = b_o + sum_i W_oi x_(s r + i)
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < w.outputs; o++) {
        double sum = w.bias[o];
        for (int i = 0; i < w.inputs; i++) {
          sum += w.weight[o * w.inputs + i] * x.get(s * r + i);
        }
        y.set(r * w.outputs + o, sum);
      }
    }
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
    DoubleTensor offset = rows("offset", offsets, 1, width);
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor y = rows("y", ys, rows, width);
    for (int b = 0; b < sequences; b++) {
      int n = starts[b + 1] - starts[b];
      for (int j = 0; j < width; j++) {
        // mean = 1/n sum_t x_t
        double sum = 0;
        for (int t = starts[b]; t < starts[b + 1]; t++) {
          sum += x.get(t * width + j);
        }
        double mean = sum / n;
        // z = 2 (x - mean) + offset
        double squares = 0;
        for (int t = starts[b]; t < starts[b + 1]; t++) {
          double z = 2 * (x.get(t * width + j) - mean) + offset.get(j);
          squares += z * z;
        }
        // y = f(z / sqrt(1/n sum_t z_t^2 + epsilon))
        double size = sqrt(squares / n + epsilon);
        for (int t = starts[b]; t < starts[b + 1]; t++) {
          double z = 2 * (x.get(t * width + j) - mean) + offset.get(j);
          y.set(t * width + j, activation(f, z / size));
        }
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
    DoubleTensor scale = rows("scale", scales, 2, width);
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor c = rows("c", cs, rows, width);
    DoubleTensor y = rows("y", ys, rows, width);
    // y_(shuffled i) = scale_(i mod 2) (.) x_i + c_i
    for (int b = 0; b < sequences; b++) {
      for (int i = 0; i < length; i++) {
        int from = (b * length + i) * width;
        int to = (b * length + shuffle.destination(i, length)) * width;
        for (int j = 0; j < width; j++) {
          y.set(to + j, scale.get(i % 2 * width + j) * x.get(from + j) + c.get(from + j));
        }
      }
    }
  }

  // ------------------------------------------------- operations on whole windows

  @Override
  public void embed(Tensor tables, int[] tokens, Tensor ys, int rows, int width) {
    DoubleTensor table = rows("table", tables, 0, width);
    DoubleTensor y = rows("y", ys, rows, width);
    Arguments.tokens(tokens, rows, table, width);
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        y.set(r * width + j, table.get(tokens[r] * width + j));
      }
    }
  }

  @Override
  public void mean(Tensor xs, int[] starts, int sequences, Tensor ys, int width) {
    DoubleTensor x = rows("x", xs, Arguments.starts(starts, sequences), width);
    DoubleTensor y = rows("y", ys, sequences, width);
    // y_b = 1/n sum_t x_t
    for (int b = 0; b < sequences; b++) {
      for (int j = 0; j < width; j++) {
        double sum = 0;
        for (int t = starts[b]; t < starts[b + 1]; t++) {
          sum += x.get(t * width + j);
        }
        y.set(b * width + j, sum / (starts[b + 1] - starts[b]));
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
    DoubleTensor weight = rows("weight", weights, 1, width);
    DoubleTensor bias = rows("bias", biases, 1, width);
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor y = rows("y", ys, rows, width);
    int size = width / groups;
    for (int b = 0; b < sequences; b++) {
      double n = (double) (starts[b + 1] - starts[b]) * size;
      for (int first = 0; first < width; first += size) {
        // mean = 1/n sum x
        double sum = 0;
        for (int t = starts[b]; t < starts[b + 1]; t++) {
          for (int j = first; j < first + size; j++) {
            sum += x.get(t * width + j);
          }
        }
        double mean = sum / n;
        // variance = 1/n sum (x - mean)^2
        double squares = 0;
        for (int t = starts[b]; t < starts[b + 1]; t++) {
          for (int j = first; j < first + size; j++) {
            double difference = x.get(t * width + j) - mean;
            squares += difference * difference;
          }
        }
        double deviation = sqrt(squares / n + epsilon);
        // y = (x - mean) / sqrt(variance + epsilon) (.) weight + bias
        for (int t = starts[b]; t < starts[b + 1]; t++) {
          for (int j = first; j < first + size; j++) {
            int i = t * width + j;
            y.set(i, (x.get(i) - mean) / deviation * weight.get(j) + bias.get(j));
          }
        }
      }
    }
  }

  @Override
  public void rollAdd(
      Tensor xs, int[] starts, Tensor ys, int[] yStarts, int sequences, int width, int track) {
    DoubleTensor x = rows("x", xs, Arguments.starts(starts, sequences), width);
    DoubleTensor y = rows("y", ys, Arguments.starts(yStarts, sequences), width);
    Arguments.rotation(starts, yStarts, sequences, width, track);
    // y_t += x_((t + o) mod n), o = 0, 1, 2, 4, 8, ... by track
    for (int b = 0; b < sequences; b++) {
      int n = starts[b + 1] - starts[b];
      for (int t = 0; t < yStarts[b + 1] - yStarts[b]; t++) {
        for (int j = 0; j < width; j++) {
          long o = j < track ? 0 : 1L << (j / track - 1);
          int from = starts[b] + (int) ((t + o) % n);
          int to = yStarts[b] + t;
          y.set(to * width + j, y.get(to * width + j) + x.get(from * width + j));
        }
      }
    }
  }

  // ------------------------------------------------- embeddings and attention

  @Override
  public void embeddingBag(
      Tensor tables, int[] entries, Tensor weights, int bag, Tensor ys, int rows, int width) {
    DoubleTensor weight = rows("weights", weights, rows, bag);
    DoubleTensor y = rows("y", ys, rows, width);
    Arguments.tokens(entries, rows * bag, tables, width);
    DoubleTensor table = mine(tables);
    // y_r = sum_i weights[r, i] table[entries[r, i]]
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        double sum = 0;
        for (int i = r * bag; i < (r + 1) * bag; i++) {
          sum += weight.get(i) * table.get(entries[i] * width + j);
        }
        y.set(r * width + j, sum);
      }
    }
  }

  @Override
  public void multiply(Tensor xs, Tensor gs, Tensor ys, int count) {
    DoubleTensor x = rows("x", xs, 1, count);
    DoubleTensor g = rows("g", gs, 1, count);
    DoubleTensor y = rows("y", ys, 1, count);
    for (int i = 0; i < count; i++) {
      y.set(i, x.get(i) * g.get(i));
    }
  }

  @Override
  public void scaleNorm(double scale, double floor, Tensor xs, Tensor ys, int rows, int width) {
    DoubleTensor x = rows("x", xs, rows, width);
    DoubleTensor y = rows("y", ys, rows, width);
    // y = scale x / max(|x|, floor)
    for (int r = 0; r < rows; r++) {
      double squares = 0;
      for (int j = 0; j < width; j++) {
        squares += x.get(r * width + j) * x.get(r * width + j);
      }
      double length = max(sqrt(squares), floor);
      for (int j = 0; j < width; j++) {
        y.set(r * width + j, x.get(r * width + j) / length * scale);
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
    DoubleTensor table = mine(tables);
    DoubleTensor x = mine(xs);
    // (a, b) -> (a cos - b sin, b cos + a sin)
    for (int r = 0; r < rows; r++) {
      for (int g = 0; g < groups; g++) {
        for (int j = 0; j < width / 2; j++) {
          double sin = table.get(positions[r] * width + j);
          double cos = table.get(positions[r] * width + width / 2 + j);
          int first = r * stride + g * width + pairs.first(j);
          int second = r * stride + g * width + pairs.second(j, width);
          double a = x.get(first);
          double b = x.get(second);
          x.set(first, a * cos - b * sin);
          x.set(second, b * cos + a * sin);
        }
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
    DoubleTensor q = mine(qs);
    DoubleTensor k = mine(ks);
    DoubleTensor v = mine(vs);
    DoubleTensor y = mine(ys);
    double[][] sums = new double[rows][width];
    for (int w = 0; w < windows.size(); w++) {
      int first = windows.keyStarts()[w];
      double[] p = new double[windows.keyStarts()[w + 1] - first];
      for (int i = windows.queryStarts()[w]; i < windows.queryStarts()[w + 1]; i++) {
        int query = windows.queries()[i];
        // l_k = scale (q . k), m = max_k l_k
        double m = Double.NEGATIVE_INFINITY;
        for (int n = 0; n < p.length; n++) {
          int key = windows.keys()[first + n];
          double product = 0;
          for (int j = 0; j < width; j++) {
            product += q.get(query * stride + j) * k.get(key * stride + j);
          }
          p[n] = windows.logit(query, key, product * scale);
          m = max(m, p[n]);
        }
        // o = sum_k exp(l_k - m) v_k / sum_k exp(l_k - m)
        double total = 0;
        for (int n = 0; n < p.length; n++) {
          p[n] = exp(p[n] - m);
          total += p[n];
        }
        for (int n = 0; n < p.length; n++) {
          int key = windows.keys()[first + n];
          for (int j = 0; j < width; j++) {
            sums[query][j] += p[n] / total * v.get(key * stride + j);
          }
        }
      }
    }
    double[] divisors = windows.divisors(rows);
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        y.set(r * yStride + j, divisors[r] == 0 ? 0 : sums[r][j] / divisors[r]);
      }
    }
  }

  private static DoubleTensor rows(String name, Tensor tensor, int rows, long width) {
    Arguments.holds(name, tensor, rows, width);
    return mine(tensor);
  }

  private static DoubleTensor mine(Tensor tensor) {
    if (tensor instanceof DoubleTensor mine) {
      return mine;
    }
    throw Arguments.foreign(NAME, tensor);
  }
}
