package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Operations;
import dev.riffle.kernels.PositionNorm;

/**
 * {@link Operations#positionNorm} of one sequence, in two passes over memory: {@link #measure} and
 * {@link Scaling#apply}.
 *
 * <p>The first pass takes mean and variance of {@value #BLOCK} rows at a time, in float, while they
 * are in the cache, and merges them in double (Chan, Golub and LeVeque 1979), so that millions of
 * rows keep their digits. What is summed is the distance to a block's first row: a channel that
 * never changes has no variance at all. Blocks are merged in {@value #SEGMENTS} segments and
 * segments in their order, by any thread: the bits do not depend on the number of threads.
 *
 * @param norm offset {@code [width]}, epsilon and activation
 */
record PositionMoments(PositionNorm norm, Engine engine, WorkerPool pool) {
  /** Rows that are summed in float. */
  private static final int BLOCK = 64;

  /** Segments of a sequence, at most. */
  private static final int SEGMENTS = 32;

  /** Values that the second pass takes at a time. */
  private static final int CHUNK = 4096;

  /** Mean and summed squares of the distance to it, of {@code count} rows. */
  private static final class Moments {
    private final double[] mean;
    private final double[] squares;
    private long count;

    Moments(int width) {
      mean = new double[width];
      squares = new double[width];
    }

    void add(Moments other) {
      for (int j = 0; j < mean.length; j++) {
        add(j, other.count, other.mean[j], other.squares[j]);
      }
      count += other.count;
    }

    /**
     * Rows that {@link Engine#moments} has seen.
     *
     * @param first array that holds the first of them at {@code at}
     */
    void add(int rows, float[] first, int at, float[] sum, float[] summedSquares) {
      for (int j = 0; j < mean.length; j++) {
        add(j, rows, first[at + j] + (double) sum[j] / rows, summedSquares[j]);
      }
      count += rows;
    }

    /** With d = other mean - mean: mean += d n / (count + n), squares += d^2 count n / both. */
    private void add(int j, long n, double otherMean, double otherSquares) {
      double share = (double) n / (count + n);
      double d = otherMean - mean[j];
      mean[j] += d * share;
      squares[j] += otherSquares + d * d * share * count;
    }
  }

  /** What makes rows of x just before they are measured. */
  @FunctionalInterface
  interface Source {
    void make(int first, int rows);
  }

  /** What is done to each row of a sequence: y = f((x - mean) (.) scale + shift). */
  record Scaling(float[] mean, float[] scale, float[] shift, Activation f, Engine engine) {

    /** x and y {@code [rows, width]}, some rows of the sequence. */
    void apply(FloatTensor x, FloatTensor y, int rows) {
      int width = mean.length;
      int chunk = Math.max(1, CHUNK / width);
      for (int t = 0; t < rows; t += chunk) {
        int n = Math.min(chunk, rows - t);
        FloatTensor from = x.slice(t * width, n * width);
        FloatTensor to = y.slice(t * width, n * width);
        engine.centreAndScale(mean, scale, shift, from, to, n);
        if (f != Activation.NONE) {
          engine.activate(f, to, to, to.size());
        }
      }
    }
  }

  /** x {@code [rows, width]} of one sequence, 1 row or more. */
  Scaling measure(FloatTensor x, int rows, int width, Source source) {
    int segment = BLOCK * ceiling(ceiling(rows, BLOCK), SEGMENTS);
    Moments[] parts = new Moments[ceiling(rows, segment)];
    pool.run(
        parts.length,
        (member, i) -> {
          int first = i * segment;
          parts[i] = moments(x, first, Math.min(rows, first + segment), width, source);
        });
    Moments all = parts[0];
    for (int i = 1; i < parts.length; i++) {
      all.add(parts[i]);
    }

    // z = 2 (x - mean) + offset; mean(z^2) = 4 variance + offset^2; z / sqrt(mean(z^2) + epsilon)
    FloatTensor offset = (FloatTensor) norm.offset();
    float[] mean = new float[width];
    float[] scale = new float[width];
    float[] shift = new float[width];
    for (int j = 0; j < width; j++) {
      double o = offset.data()[offset.base() + j];
      double root = Math.sqrt(4 * all.squares[j] / rows + o * o + norm.epsilon());
      mean[j] = (float) all.mean[j];
      scale[j] = (float) (2 / root);
      shift[j] = (float) (o / root);
    }
    return new Scaling(mean, scale, shift, norm.activation(), engine);
  }

  /** Of rows {@code first .. end - 1}. */
  private Moments moments(FloatTensor x, int first, int end, int width, Source source) {
    Moments all = new Moments(width);
    float[] sum = new float[width];
    float[] squares = new float[width];
    for (int t = first; t < end; t += BLOCK) {
      int rows = Math.min(BLOCK, end - t);
      int at = x.base() + t * width;
      source.make(t, rows);
      engine.moments(x.data(), at, rows, width, sum, squares);
      all.add(rows, x.data(), at, sum, squares);
    }
    return all;
  }

  private static int ceiling(int a, int b) {
    return (a + b - 1) / b;
  }
}
