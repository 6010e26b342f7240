package dev.riffle.evaluation.reads;

import dev.riffle.dna.Nucleotides;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The baseline for read-until: logistic regression on the canonical k-mers of a read, so that a
 * k-mer and its reverse complement share a weight.
 *
 * <pre>
 *   log odds = bias + sum over the n k-mers of the read of w[k-mer] / sqrt(n)
 * </pre>
 *
 * Trained by AdaGrad on the logistic loss. Up to k = 10 each k-mer has its own weight. Longer
 * k-mers share 2^20 weights by their hash.
 */
final class KmerLogisticRegression {
  private static final int MOST_WEIGHTS = 1 << 20;
  private static final double RATE = 0.3;
  private static final int EPOCHS = 4;

  private final int k;
  private final float[] weights;
  private double bias;

  private KmerLogisticRegression(int k) {
    this.k = k;
    this.weights = new float[k <= 10 ? 1 << 2 * k : MOST_WEIGHTS];
  }

  /** The model with the k that is most accurate on the validation reads. */
  static KmerLogisticRegression best(
      int[] ks,
      List<byte[]> targets,
      List<byte[]> background,
      List<byte[]> validTargets,
      List<byte[]> validBackground,
      long seed) {
    KmerLogisticRegression best = null;
    double most = -1;
    for (int k : ks) {
      KmerLogisticRegression model = new KmerLogisticRegression(k);
      model.train(targets, background, new Random(seed));
      double right = model.accuracy(validTargets, validBackground);
      if (right > most) {
        most = right;
        best = model;
      }
    }
    return best;
  }

  int k() {
    return k;
  }

  /** Mean of the accuracies on the two classes. */
  double accuracy(List<byte[]> targets, List<byte[]> background) {
    long accepted = targets.stream().filter(r -> logOdds(features(r)) > 0).count();
    long refused = background.stream().filter(r -> logOdds(features(r)) <= 0).count();
    return (accepted / (double) targets.size() + refused / (double) background.size()) / 2;
  }

  private void train(List<byte[]> targets, List<byte[]> background, Random random) {
    int[][] all = new int[targets.size() + background.size()][];
    for (int i = 0; i < all.length; i++) {
      all[i] = features(i < targets.size() ? targets.get(i) : background.get(i - targets.size()));
    }
    Integer[] order = new Integer[all.length];
    Arrays.setAll(order, i -> i);
    float[] squares = new float[weights.length];
    double biasSquares = 1e-8;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      java.util.Collections.shuffle(Arrays.asList(order), random);
      for (int i : order) {
        int[] features = all[i];
        double error = 1 / (1 + Math.exp(-logOdds(features))) - (i < targets.size() ? 1 : 0);
        float g = (float) (error / Math.sqrt(features.length));
        for (int f : features) {
          squares[f] += g * g;
          weights[f] -= (float) (RATE * g / Math.sqrt(squares[f] + 1e-8));
        }
        biasSquares += error * error;
        bias -= RATE * error / Math.sqrt(biasSquares);
      }
    }
  }

  private double logOdds(int[] features) {
    double sum = 0;
    for (int f : features) {
      sum += weights[f];
    }
    return bias + sum / Math.sqrt(Math.max(1, features.length));
  }

  /** Index of the weight of each k-mer. */
  private int[] features(byte[] read) {
    int[] features = new int[read.length];
    long mask = (1L << 2 * k) - 1;
    long forward = 0;
    long reverse = 0;
    int known = 0;
    int count = 0;
    for (byte letter : read) {
      int base = Nucleotides.of(letter);
      if (base < 0 || base >= Nucleotides.UNKNOWN) {
        known = 0;
        continue;
      }
      forward = (forward << 2 | base) & mask;
      reverse = reverse >>> 2 | (long) (3 - base) << 2 * (k - 1);
      if (++known >= k) {
        long kmer = Math.min(forward, reverse);
        features[count++] =
            (int) (k <= 10 ? kmer : kmer * 0x9E3779B97F4A7C15L >>> 44 & MOST_WEIGHTS - 1);
      }
    }
    return Arrays.copyOf(features, count);
  }
}
