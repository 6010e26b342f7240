package dev.riffle.models.routing;

import dev.riffle.kernels.Bags;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.weights.Weights;

/**
 * A memory of n^2 values under product keys (Lample et al. 2019, <a
 * href="https://arxiv.org/abs/1907.05242">arXiv 1907.05242</a>), in the form of the package
 * product-key-memory of 2020: a query's halves are each held against n keys, value {@code i n + j}
 * scores as key i of the first half plus key j of the second, and the best {@value #TOP} are mixed
 * by softmax, in each of {@value #HEADS} heads.
 */
final class ProductKeyMemory implements SublayerFunction {
  static final int TOP = 32;
  private static final int HEADS = 4;
  private static final int HALF = 128;
  private static final double EPSILON = 1e-5;

  private final Kernels kernels;
  private final int dim;
  private final int keys;
  private final Linear scores; // [2 halves, heads, keys] of x
  private final Tensor values; // [keys * keys, dim]

  ProductKeyMemory(Kernels kernels, Weights w, int dim, int keys) {
    this.kernels = kernels;
    this.dim = dim;
    this.keys = keys;
    this.scores = scores(w);
    this.values = kernels.constant(w.require("values.weight", keys * keys, dim));
  }

  /** The queries' projection, their batch norm and the products with the keys are one matrix. */
  private Linear scores(Weights w) {
    int width = 2 * HEADS * HALF;
    double[] queries = w.require("to_queries.weight", width, dim);
    double[] gain = w.require("norm.fn.weight", width);
    double[] bias = w.require("norm.fn.bias", width);
    double[] mean = w.require("norm.fn.running_mean", width);
    double[] variance = w.require("norm.fn.running_var", width);
    double[] key = w.require("keys", HEADS, keys, 2, HALF);
    double[] weight = new double[2 * HEADS * keys * dim];
    double[] shift = new double[2 * HEADS * keys];
    // s_n = k_n . (scale (.) (Q x - mean) + bias) = (k_n (.) scale) Q x + k_n . (bias - scale mean)
    for (int o = 0; o < shift.length; o++) {
      int half = o / (HEADS * keys);
      int head = o / keys % HEADS;
      for (int j = 0; j < HALF; j++) {
        int q = (half * HEADS + head) * HALF + j;
        double k = key[((head * keys + o % keys) * 2 + half) * HALF + j];
        double scale = gain[q] / Math.sqrt(variance[q] + EPSILON);
        shift[o] += k * (bias[q] - scale * mean[q]);
        for (int i = 0; i < dim; i++) {
          weight[o * dim + i] += k * scale * queries[q * dim + i];
        }
      }
    }
    return kernels.linear(weight, shift, shift.length, dim);
  }

  /** Values that each row takes at most. */
  static int widest(int keys) {
    return HEADS * Math.max(2 * keys, TOP);
  }

  @Override
  public void apply(Tensor x, Tensor y, ForwardPass pass) {
    int rows = pass.rows().rows();
    Tensor scored = pass.work().tensor("routing.scores", rows * scores.outputs());
    kernels.linear(scores, x, scored, rows);
    double[] s = new double[rows * scores.outputs()]; // [rows, 2, heads, keys]
    kernels.read(scored, 0, s, 0, s.length);

    int bag = HEADS * TOP;
    int[] entries = new int[rows * bag];
    double[] shares = new double[rows * bag];
    for (int r = 0; r < rows; r++) {
      for (int h = 0; h < HEADS; h++) {
        int first = (r * 2 * HEADS + h) * keys;
        choose(s, first, first + HEADS * keys, entries, shares, (r * HEADS + h) * TOP);
      }
    }
    Tensor weights = pass.work().tensor("routing.shares", shares.length);
    kernels.write(shares, 0, weights, 0, shares.length);
    kernels.embeddingBag(values, new Bags(entries, weights, bag), y, rows, dim);
  }

  /** The best values of one head, and the softmax of their scores. */
  private void choose(double[] s, int first, int second, int[] entries, double[] shares, int at) {
    int[] a = TopK.indices(s, first, 1, keys, TOP);
    int[] b = TopK.indices(s, second, 1, keys, TOP);
    double[] sums = new double[TOP * TOP];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = s[first + a[i / TOP]] + s[second + b[i % TOP]];
    }
    int[] best = TopK.indices(sums, 0, 1, sums.length, TOP);
    double highest = Double.NEGATIVE_INFINITY;
    for (int i : best) {
      highest = Math.max(highest, sums[i]);
    }
    double total = 0;
    for (int i = 0; i < TOP; i++) {
      entries[at + i] = a[best[i] / TOP] * keys + b[best[i] % TOP];
      shares[at + i] = Math.exp(sums[best[i]] - highest);
      total += shares[at + i];
    }
    for (int i = 0; i < TOP; i++) {
      shares[at + i] /= total;
    }
  }

  @Override
  public long multiplyAdds(int rows) {
    return (long) rows * dim * (scores.outputs() + HEADS * TOP);
  }
}
