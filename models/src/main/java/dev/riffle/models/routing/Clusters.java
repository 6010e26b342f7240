package dev.riffle.models.routing;

/**
 * The k-means of a layer: which rows belong to which cluster. Scores are taken in double on every
 * backend, so that choices differ only where the rows themselves do.
 */
final class Clusters {
  private static final double TINY = 1e-12;

  private final double[] means; // [heads, clusters, width]
  private final int heads;
  private final int clusters;
  private final int width;

  Clusters(double[] means, int heads, int clusters, int width) {
    this.means = means;
    this.heads = heads;
    this.clusters = clusters;
    this.width = width;
  }

  int count() {
    return clusters;
  }

  /**
   * score_rc = x_r / |x_r| . mean_c for one head.
   *
   * @param x {@code [rows, heads, width]}
   * @return {@code [rows, clusters]}
   */
  double[] scores(double[] x, int rows, int head) {
    double[] scores = new double[rows * clusters];
    for (int r = 0; r < rows; r++) {
      int at = (r * heads + head) * width;
      double length = length(x, at);
      for (int c = 0; c < clusters; c++) {
        int mean = (head * clusters + c) * width;
        double product = 0;
        for (int j = 0; j < width; j++) {
          product += x[at + j] * means[mean + j];
        }
        scores[r * clusters + c] = product / length;
      }
    }
    return scores;
  }

  /**
   * Rows of one sequence in one cluster: the {@code count} of highest score, by place.
   *
   * @param from first row of the sequence
   */
  int[] members(double[] scores, int from, int length, int cluster, int count) {
    int[] members = TopK.indices(scores, from * clusters + cluster, clusters, length, count);
    for (int i = 0; i < count; i++) {
      members[i] += from;
    }
    return members;
  }

  /** Sum over rows and heads of |x / |x| - nearest mean|^2. */
  double distance(double[] x, int rows) {
    double sum = 0;
    for (int h = 0; h < heads; h++) {
      double[] scores = scores(x, rows, h);
      for (int r = 0; r < rows; r++) {
        int nearest = 0;
        for (int c = 1; c < clusters; c++) {
          nearest = scores[r * clusters + c] > scores[r * clusters + nearest] ? c : nearest;
        }
        int at = (r * heads + h) * width;
        double length = length(x, at);
        for (int j = 0; j < width; j++) {
          double off = x[at + j] / length - means[(h * clusters + nearest) * width + j];
          sum += off * off;
        }
      }
    }
    return sum;
  }

  private double length(double[] x, int at) {
    double squares = 0;
    for (int j = 0; j < width; j++) {
      squares += x[at + j] * x[at + j];
    }
    return Math.max(Math.sqrt(squares), TINY);
  }
}
