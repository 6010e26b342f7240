package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Kernels;

/**
 * {@link Kernels#normalizePositions} of one sequence, in two passes over memory.
 *
 * <p>The first pass takes mean and variance of {@value #BLOCK} rows at a time, in float, while they
 * are in the cache, and merges them in double (Chan, Golub and LeVeque 1979), so that millions of
 * rows keep their digits. What is summed is the distance to a block's first row: a channel that
 * never changes has no variance at all. Blocks are merged in {@value #SEGMENTS} segments and
 * segments in their order, whoever computed them: the bits do not depend on the number of threads.
 *
 * @param offset {@code [width]}
 */
record PositionNorm(FloatTensor offset, float epsilon, Activation f, Engine engine, Crew crew) {
  /** Rows that are summed in float. */
  private static final int BLOCK = 64;

  /** Segments of a sequence, at most. */
  private static final int SEGMENTS = 64;

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

    /** With d = other mean - mean: mean += d n / (count + n), squares += d^2 count n / both. */
    void add(Moments other) {
      double share = (double) other.count / (count + other.count);
      double weight = share * count;
      for (int j = 0; j < mean.length; j++) {
        double d = other.mean[j] - mean[j];
        mean[j] += d * share;
        squares[j] += other.squares[j] + d * d * weight;
      }
      count += other.count;
    }
  }

  /** x and y {@code [rows, width]} of one sequence, 1 row or more. */
  void apply(FloatTensor x, FloatTensor y, int rows, int width) {
    int segment = BLOCK * ceiling(ceiling(rows, BLOCK), SEGMENTS);
    Moments[] parts = new Moments[ceiling(rows, segment)];
    crew.run(
        parts.length,
        (member, i) -> {
          int first = i * segment;
          parts[i] = moments(x, first, Math.min(rows, first + segment), width);
        });
    Moments all = parts[0];
    for (int i = 1; i < parts.length; i++) {
      all.add(parts[i]);
    }

    // z = 2 (x - mean) + offset; mean(z^2) = 4 variance + offset^2; z / sqrt(mean(z^2) + epsilon)
    float[] mean = new float[width];
    float[] scale = new float[width];
    float[] shift = new float[width];
    for (int j = 0; j < width; j++) {
      double o = offset.data()[offset.base() + j];
      double root = Math.sqrt(4 * all.squares[j] / rows + o * o + epsilon);
      mean[j] = (float) all.mean[j];
      scale[j] = (float) (2 / root);
      shift[j] = (float) (o / root);
    }

    // y = f(z / ...), some rows after the other
    int chunk = Math.max(1, CHUNK / width);
    int size = chunk * Math.max(1, ceiling(rows, chunk * SEGMENTS));
    crew.run(
        ceiling(rows, size),
        (member, i) -> {
          int end = Math.min(rows, (i + 1) * size);
          for (int t = i * size; t < end; t += chunk) {
            int n = Math.min(chunk, end - t);
            int xAt = x.base() + t * width;
            FloatTensor to = y.view(t * width, n * width);
            engine.centreAndScale(
                mean, scale, shift, x.data(), xAt, to.data(), to.base(), n, width);
            if (f != Activation.NONE) {
              engine.activate(f, to, to, to.size());
            }
          }
        });
  }

  /** Of rows {@code first .. end - 1}. */
  private Moments moments(FloatTensor x, int first, int end, int width) {
    Moments all = new Moments(width);
    Moments block = new Moments(width);
    float[] sum = new float[width];
    float[] squares = new float[width];
    for (int t = first; t < end; t += BLOCK) {
      block.count = Math.min(BLOCK, end - t);
      int at = x.base() + t * width;
      engine.moments(x.data(), at, (int) block.count, width, sum, squares);
      for (int j = 0; j < width; j++) {
        block.mean[j] = x.data()[at + j] + (double) sum[j] / block.count;
        block.squares[j] = squares[j];
      }
      all.add(block);
    }
    return all;
  }

  private static int ceiling(int a, int b) {
    return (a + b - 1) / b;
  }
}
