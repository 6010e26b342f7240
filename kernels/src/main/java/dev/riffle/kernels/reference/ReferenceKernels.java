package dev.riffle.kernels.reference;

import static java.lang.Math.abs;
import static java.lang.Math.exp;
import static java.lang.Math.log;
import static java.lang.Math.log1p;
import static java.lang.Math.max;
import static java.lang.Math.sqrt;
import static java.lang.Math.tanh;

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
import dev.riffle.kernels.Tensor;
import java.util.Arrays;

/** The operations as their equations define them, in double, one loop per index. */
final class ReferenceKernels extends ArrayBackend {
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

  @Override
  public boolean owns(Object made) {
    return made instanceof DoubleTensor
        || made instanceof PlainLinear
        || made instanceof PlainDiagonal
        || made instanceof PlainIndex;
  }

  // ------------------------------------------------------------------ memory

  @Override
  public Tensor allocate(int size) {
    return new DoubleTensor(new double[size], 0, size);
  }

  @Override
  public Tensor constant(double[] values) {
    return new DoubleTensor(values.clone(), 0, values.length);
  }

  @Override
  public void write(float[] from, int fromOffset, Tensor to, int toOffset, int count) {
    for (int i = 0; i < count; i++) {
      mine(to).set(toOffset + i, from[fromOffset + i]);
    }
  }

  @Override
  public void write(double[] from, int fromOffset, Tensor to, int toOffset, int count) {
    System.arraycopy(from, fromOffset, mine(to).data(), mine(to).base() + toOffset, count);
  }

  @Override
  public void read(Tensor from, int fromOffset, float[] to, int toOffset, int count) {
    for (int i = 0; i < count; i++) {
      to[toOffset + i] = (float) mine(from).get(fromOffset + i);
    }
  }

  @Override
  public void read(Tensor from, int fromOffset, double[] to, int toOffset, int count) {
    System.arraycopy(mine(from).data(), mine(from).base() + fromOffset, to, toOffset, count);
  }

  @Override
  public void fill(Tensor to, int offset, int count, double value) {
    int first = mine(to).base() + offset;
    Arrays.fill(mine(to).data(), first, first + count, value);
  }

  // --------------------------------------------------------------- constants

  @Override
  public Linear linear(double[] weight, double[] bias, int outputs, int inputs) {
    return new PlainLinear(
        weight.clone(), bias == null ? new double[outputs] : bias.clone(), outputs, inputs);
  }

  @Override
  public Diagonal diagonal(double[] re, double[] im) {
    return new PlainDiagonal(re.clone(), im.clone());
  }

  @Override
  public Index index(int[] entries, double[] constants, int inputs) {
    return new PlainIndex(entries.clone(), constants.clone(), inputs);
  }

  // ------------------------------------------------------------------- operations

  @Override
  public void linear(Linear weights, Tensor x, Tensor y, int rows) {
    convolve(weights, x, weights.inputs(), y, rows);
  }

  @Override
  public void activate(Activation f, Tensor xs, Tensor ys, int count) {
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
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
    DoubleTensor d = mine(ds);
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
    // y = f(y + d (.) x)
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        int i = r * width + j;
        y.set(i, activation(f, y.get(i) + d.get(j) * x.get(i)));
      }
    }
  }

  @Override
  public void layerNorm(NormWeights norm, Tensor xs, Tensor ys, int rows, int width) {
    DoubleTensor weight = mine(norm.weight());
    DoubleTensor bias = mine(norm.bias());
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
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
      double deviation = sqrt(variance + norm.epsilon());
      for (int j = 0; j < width; j++) {
        int i = r * width + j;
        y.set(i, (x.get(i) - mean) / deviation * weight.get(j) + bias.get(j));
      }
    }
  }

  @Override
  public void affine(Tensor scales, Tensor shifts, Tensor xs, Tensor ys, int rows, int width) {
    DoubleTensor scale = mine(scales);
    DoubleTensor shift = mine(shifts);
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        int i = r * width + j;
        y.set(i, x.get(i) * scale.get(j) + shift.get(j));
      }
    }
  }

  @Override
  public void gluResidual(Tensor xs, Tensor abs, Tensor ys, int rows, int width) {
    DoubleTensor x = mine(xs);
    DoubleTensor ab = mine(abs);
    DoubleTensor y = mine(ys);
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
      Diagonal lambda, Tensor us, PackedSequences sequences, Tensor states, int groups) {
    PlainDiagonal l = (PlainDiagonal) lambda;
    int width = l.width();
    DoubleTensor u = mine(us);
    DoubleTensor state = mine(states);
    // h_t = lambda (.) h_(t-1) + u_t, where (a + ib)(c + id) = ac - bd + i(ad + bc)
    for (int b = 0; b < sequences.count(); b++) {
      for (int t = sequences.start(b); t < sequences.end(b); t++) {
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
    PlainIndex at = (PlainIndex) index;
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
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
    DoubleTensor a = mine(as);
    DoubleTensor b = mine(bs);
    DoubleTensor y = mine(ys);
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
      Tensor xs, PackedSequences sequences, long[] counts, Tensor sums, Tensor ys, int width) {
    DoubleTensor x = mine(xs);
    DoubleTensor sum = mine(sums);
    DoubleTensor y = mine(ys);
    // sum += x_t; y_t = sum / (count + t + 1); excess is what the rounded sum is too large by
    for (int b = 0; b < sequences.count(); b++) {
      for (int t = 0; t < sequences.length(b); t++) {
        for (int j = 0; j < width; j++) {
          int s = b * 2 * width + j;
          int i = (sequences.start(b) + t) * width + j;
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
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
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
      Tensor xs, PackedSequences sequences, Tensor tails, Tensor ys, int width, int taps) {
    int tailRows = taps - 1;
    DoubleTensor x = mine(xs);
    DoubleTensor tail = mine(tails);
    DoubleTensor y = mine(ys);
    for (int b = 0; b < sequences.count(); b++) {
      for (int t = sequences.start(b); t < sequences.end(b); t++) {
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
      FoGates fo, Tensor zfois, PackedSequences sequences, Tensor states, Tensor ys, int width) {
    DoubleTensor zfoi = mine(zfois);
    DoubleTensor state = mine(states);
    DoubleTensor y = mine(ys);
    for (int b = 0; b < sequences.count(); b++) {
      for (int t = sequences.start(b); t < sequences.end(b); t++) {
        for (int j = 0; j < width; j++) {
          int at = t * fo.count() * width + j;
          double z = activation(fo.activation(), zfoi.get(at));
          double f = fo.zoneout() + (1 - fo.zoneout()) * sigmoid(zfoi.get(at + width));
          double o = fo.count() > 2 ? sigmoid(zfoi.get(at + 2 * width)) : 1;
          double i = fo.count() > 3 ? sigmoid(zfoi.get(at + 3 * width)) : 1 - f;
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
    PlainLinear w = (PlainLinear) weights;
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
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
      PositionNorm norm, Tensor xs, Tensor ys, PackedSequences sequences, int width) {
    DoubleTensor offset = mine(norm.offset());
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
    for (int b = 0; b < sequences.count(); b++) {
      int n = sequences.length(b);
      for (int j = 0; j < width; j++) {
        // mean = 1/n sum_t x_t
        double sum = 0;
        for (int t = sequences.start(b); t < sequences.end(b); t++) {
          sum += x.get(t * width + j);
        }
        double mean = sum / n;
        // z = 2 (x - mean) + offset
        double squares = 0;
        for (int t = sequences.start(b); t < sequences.end(b); t++) {
          double z = 2 * (x.get(t * width + j) - mean) + offset.get(j);
          squares += z * z;
        }
        // y = f(z / sqrt(1/n sum_t z_t^2 + epsilon))
        double size = sqrt(squares / n + norm.epsilon());
        for (int t = sequences.start(b); t < sequences.end(b); t++) {
          double z = 2 * (x.get(t * width + j) - mean) + offset.get(j);
          y.set(t * width + j, activation(norm.activation(), z / size));
        }
      }
    }
  }

  @Override
  public void residual(
      Tensor scales, Tensor xs, Tensor cs, Tensor ys, Positions positions, int width) {
    DoubleTensor scale = mine(scales);
    DoubleTensor x = mine(xs);
    DoubleTensor c = mine(cs);
    DoubleTensor y = mine(ys);
    // y_(shuffled i) = scale_(i mod 2) (.) x_i + c_i
    for (int b = 0; b < positions.sequences(); b++) {
      for (int i = 0; i < positions.length(); i++) {
        int from = (b * positions.length() + i) * width;
        int to =
            (b * positions.length() + positions.shuffle().destination(i, positions.length()))
                * width;
        for (int j = 0; j < width; j++) {
          y.set(to + j, scale.get(i % 2 * width + j) * x.get(from + j) + c.get(from + j));
        }
      }
    }
  }

  // ------------------------------------------------- operations on whole windows

  @Override
  public void embed(Tensor tables, int[] tokens, Tensor ys, int rows, int width) {
    DoubleTensor table = mine(tables);
    DoubleTensor y = mine(ys);
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        y.set(r * width + j, table.get(tokens[r] * width + j));
      }
    }
  }

  @Override
  public void mean(Tensor xs, PackedSequences sequences, Tensor ys, int width) {
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
    // y_b = 1/n sum_t x_t
    for (int b = 0; b < sequences.count(); b++) {
      for (int j = 0; j < width; j++) {
        double sum = 0;
        for (int t = sequences.start(b); t < sequences.end(b); t++) {
          sum += x.get(t * width + j);
        }
        y.set(b * width + j, sum / sequences.length(b));
      }
    }
  }

  @Override
  public void groupNorm(
      NormWeights norm, int groups, Tensor xs, PackedSequences sequences, Tensor ys, int width) {
    DoubleTensor weight = mine(norm.weight());
    DoubleTensor bias = mine(norm.bias());
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
    int size = width / groups;
    for (int b = 0; b < sequences.count(); b++) {
      double n = (double) sequences.length(b) * size;
      for (int first = 0; first < width; first += size) {
        // mean = 1/n sum x
        double sum = 0;
        for (int t = sequences.start(b); t < sequences.end(b); t++) {
          for (int j = first; j < first + size; j++) {
            sum += x.get(t * width + j);
          }
        }
        double mean = sum / n;
        // variance = 1/n sum (x - mean)^2
        double squares = 0;
        for (int t = sequences.start(b); t < sequences.end(b); t++) {
          for (int j = first; j < first + size; j++) {
            double difference = x.get(t * width + j) - mean;
            squares += difference * difference;
          }
        }
        double deviation = sqrt(squares / n + norm.epsilon());
        // y = (x - mean) / sqrt(variance + epsilon) (.) weight + bias
        for (int t = sequences.start(b); t < sequences.end(b); t++) {
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
      Tensor xs,
      PackedSequences xSequences,
      Tensor ys,
      PackedSequences ySequences,
      int width,
      int track) {
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
    // y_t += x_((t + o) mod n), o = 0, 1, 2, 4, 8, ... by track
    for (int b = 0; b < xSequences.count(); b++) {
      int n = xSequences.length(b);
      for (int t = 0; t < ySequences.length(b); t++) {
        for (int j = 0; j < width; j++) {
          long o = j < track ? 0 : 1L << (j / track - 1);
          int from = xSequences.start(b) + (int) ((t + o) % n);
          int to = ySequences.start(b) + t;
          y.set(to * width + j, y.get(to * width + j) + x.get(from * width + j));
        }
      }
    }
  }

  // ------------------------------------------------- embeddings and attention

  @Override
  public void embeddingBag(Tensor tables, Bags bags, Tensor ys, int rows, int width) {
    DoubleTensor weight = mine(bags.weights());
    DoubleTensor y = mine(ys);
    DoubleTensor table = mine(tables);
    // y_r = sum_i weights[r, i] table[entries[r, i]]
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        double sum = 0;
        for (int i = r * bags.size(); i < (r + 1) * bags.size(); i++) {
          sum += weight.get(i) * table.get(bags.entries()[i] * width + j);
        }
        y.set(r * width + j, sum);
      }
    }
  }

  @Override
  public void multiply(Tensor xs, Tensor gs, Tensor ys, int count) {
    DoubleTensor x = mine(xs);
    DoubleTensor g = mine(gs);
    DoubleTensor y = mine(ys);
    for (int i = 0; i < count; i++) {
      y.set(i, x.get(i) * g.get(i));
    }
  }

  @Override
  public void scaleNorm(double scale, double floor, Tensor xs, Tensor ys, int rows, int width) {
    DoubleTensor x = mine(xs);
    DoubleTensor y = mine(ys);
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
  public void rotary(RotaryPositions rotation, Strided strided, int rows, int groups, int width) {
    DoubleTensor table = mine(rotation.table());
    DoubleTensor x = mine(strided.tensor());
    // (a, b) -> (a cos - b sin, b cos + a sin)
    for (int r = 0; r < rows; r++) {
      for (int g = 0; g < groups; g++) {
        for (int j = 0; j < width / 2; j++) {
          double sin = table.get(rotation.positions()[r] * width + j);
          double cos = table.get(rotation.positions()[r] * width + width / 2 + j);
          int first = r * strided.stride() + g * width + rotation.pairs().first(j);
          int second = r * strided.stride() + g * width + rotation.pairs().second(j, width);
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
      AttentionSets sets, double scale, QueryKeyValue qkv, Strided target, int rows, int width) {
    DoubleTensor q = mine(qkv.q());
    DoubleTensor k = mine(qkv.k());
    DoubleTensor v = mine(qkv.v());
    DoubleTensor y = mine(target.tensor());
    double[][] sums = new double[rows][width];
    for (int w = 0; w < sets.size(); w++) {
      int first = sets.keyStarts()[w];
      double[] p = new double[sets.keyStarts()[w + 1] - first];
      for (int i = sets.queryStarts()[w]; i < sets.queryStarts()[w + 1]; i++) {
        int query = sets.queries()[i];
        // l_k = scale (q . k), m = max_k l_k
        double m = Double.NEGATIVE_INFINITY;
        for (int n = 0; n < p.length; n++) {
          int key = sets.keys()[first + n];
          double product = 0;
          for (int j = 0; j < width; j++) {
            product += q.get(query * qkv.stride() + j) * k.get(key * qkv.stride() + j);
          }
          p[n] = sets.logit(query, key, product * scale);
          m = max(m, p[n]);
        }
        // o = sum_k exp(l_k - m) v_k / sum_k exp(l_k - m)
        double total = 0;
        for (int n = 0; n < p.length; n++) {
          p[n] = exp(p[n] - m);
          total += p[n];
        }
        for (int n = 0; n < p.length; n++) {
          int key = sets.keys()[first + n];
          for (int j = 0; j < width; j++) {
            sums[query][j] += p[n] / total * v.get(key * qkv.stride() + j);
          }
        }
      }
    }
    double[] divisors = sets.divisors(rows);
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        y.set(r * target.stride() + j, divisors[r] == 0 ? 0 : sums[r][j] / divisors[r]);
      }
    }
  }

  private static DoubleTensor mine(Tensor tensor) {
    return (DoubleTensor) tensor;
  }
}
