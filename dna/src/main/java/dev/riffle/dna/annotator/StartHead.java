package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.START_WINDOW;

import dev.riffle.dna.Nucleotides;
import dev.riffle.models.weights.Weights;

/**
 * How much the surroundings of a start codon look like those of a gene's start
 * (docs/dna-annotator.md, section 6). Letters w_0..w_47 in reading direction, the codon's first at
 * 30; a letter that is not known counts as zeros:
 *
 * <pre>
 *   conv_qf = gelu(bias_f + sum_k kernel_f,k,w(q+k))      k = 0..6
 *   h = sum_i linear_i,w(i) + sum_qf place_qf conv_qf     q = 0..41
 * </pre>
 *
 * <p>In 64 bits on every backend. What each q contributes depends on seven letters only; it is
 * looked up where all are known.
 */
final class StartHead {
  private static final int TAPS = 7;
  private static final int PLACES = START_WINDOW - TAPS + 1;
  private static final int BASES = 4;

  /** Words of seven known letters. */
  private static final int WORDS = 1 << (2 * TAPS);

  private final int filters;
  private final double[] kernel; // [filters, taps, 4]
  private final double[] bias; // [filters]
  private final double[] linear; // [48, 4]
  private final double[] place; // [42, filters]
  private final float[] table; // [42, words]

  StartHead(Weights w) {
    filters = w.has("bias") && w.shape("bias").length == 1 ? w.shape("bias")[0] : 1;
    bias = w.require("bias", filters);
    kernel = w.require("kernel", filters, TAPS, BASES);
    linear = w.require("linear", START_WINDOW, BASES);
    place = w.require("place", PLACES, filters);
    table = table();
  }

  /**
   * The definition.
   *
   * @param window 48 letters, 0 to 4, in reading direction
   */
  double plain(byte[] window) {
    double h = 0;
    for (int i = 0; i < START_WINDOW; i++) {
      h += linear(i, window[i]);
    }
    for (int q = 0; q < PLACES; q++) {
      for (int f = 0; f < filters; f++) {
        double sum = bias[f];
        for (int k = 0; k < TAPS; k++) {
          int letter = window[q + k];
          sum += letter == Nucleotides.UNKNOWN ? 0 : kernel[(f * TAPS + k) * BASES + letter];
        }
        h += place[q * filters + f] * Gelu.of(sum);
      }
    }
    return h;
  }

  private double linear(int i, int letter) {
    return letter == Nucleotides.UNKNOWN ? 0 : linear[i * BASES + letter];
  }

  /** {@link #plain}, by the table where it can be. */
  double score(byte[] window) {
    int word = 0;
    for (int i = 0; i < TAPS - 1; i++) {
      if (window[i] == Nucleotides.UNKNOWN) {
        return plain(window);
      }
      word = word << 2 | window[i];
    }
    double h = 0;
    for (int q = 0; q < PLACES; q++) {
      int letter = window[q + TAPS - 1];
      if (letter == Nucleotides.UNKNOWN) {
        return plain(window);
      }
      word = (word << 2 | letter) & (WORDS - 1);
      h += table[q * WORDS + word];
    }
    return h;
  }

  /** What each word adds at each place; the linear terms of a word go to its first letter. */
  private float[] table() {
    float[] values = new float[PLACES * WORDS];
    double[] conv = new double[filters];
    for (int word = 0; word < WORDS; word++) {
      for (int f = 0; f < filters; f++) {
        double sum = bias[f];
        for (int k = 0; k < TAPS; k++) {
          sum += kernel[(f * TAPS + k) * BASES + letter(word, k)];
        }
        conv[f] = Gelu.of(sum);
      }
      for (int q = 0; q < PLACES; q++) {
        double sum = linear(q, letter(word, 0));
        for (int f = 0; f < filters; f++) {
          sum += place[q * filters + f] * conv[f];
        }
        for (int k = 1; q == PLACES - 1 && k < TAPS; k++) {
          sum += linear(q + k, letter(word, k)); // no later word begins with these
        }
        values[q * WORDS + word] = (float) sum;
      }
    }
    return values;
  }

  private static int letter(int word, int k) {
    return word >> (2 * (TAPS - 1 - k)) & (BASES - 1);
  }
}
