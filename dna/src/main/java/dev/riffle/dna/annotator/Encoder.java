package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.READING_FRAMES;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.kernels.Bags;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;

/**
 * Tokens to features (docs/dna-annotator.md, sections 2 and 3): each reading frame of a token is
 * the sum of its ten pairs of neighbouring codons, looked up.
 *
 * <pre>
 *   x = bias + strand[forward or reverse] + sum over the pairs of TABLE[first][second]
 *   TABLE[f][g] = embed_scale gelu(first[f] + second[g]) kernel
 * </pre>
 *
 * <p>Bias and strand are two more rows of the table, so that a reading frame is one bag of rows.
 */
final class Encoder {
  /** Codons, the unknown one among them. */
  private static final int CODONS = 65;

  /** Pairs of a reading frame of a token. */
  static final int PAIRS = 10;

  /** Rows of the table per reading frame. */
  private static final int BAG = PAIRS + 1;

  /** Entries of a token. */
  static final int ENTRIES = READING_FRAMES * BAG;

  /** Codons of a token on one strand: one at each base and two behind. */
  private static final int STARTS = AnnotatorConfig.TOKEN + AnnotatorConfig.AHEAD - 2;

  private final Kernels kernels;
  private final int width;
  private final Tensor table; // [65 * 65 + 2, width]

  Encoder(Kernels kernels, AnnotatorConfig config, Weights w) {
    this.kernels = kernels;
    this.width = config.dModel();
    this.table = kernels.constant(table(config, w));
  }

  private static double[] table(AnnotatorConfig config, Weights w) {
    int embed = config.dEmbed();
    int width = config.dModel();
    double[] first = w.require("first", CODONS, embed);
    double[] second = w.require("second", CODONS, embed);
    double[] kernel = w.require("kernel", embed, width);
    double[] bias = w.require("bias", width);
    double[] strand = w.require("strand", 2, width);
    double[] table = new double[(CODONS * CODONS + 2) * width];
    for (int f = 0; f < CODONS; f++) {
      for (int g = 0; g < CODONS; g++) {
        int at = (CODONS * f + g) * width;
        for (int e = 0; e < embed; e++) {
          double value =
              config.embedScale() * Gelu.of(first[f * embed + e] + second[g * embed + e]);
          for (int j = 0; j < width; j++) {
            table[at + j] += value * kernel[e * width + j];
          }
        }
      }
    }
    for (int s = 0; s < 2; s++) {
      for (int j = 0; j < width; j++) {
        table[(CODONS * CODONS + s) * width + j] = bias[j] + strand[s * width + j];
      }
    }
    return table;
  }

  /**
   * The rows of a token: for each reading frame its ten pairs, then its strand.
   *
   * <pre>
   *   c_j = codon at k + 3 j of the token, j = 0..10, forward or reverse, k the frame
   *   pair_j = 65 first + second: (c_j, c_(j+1)) forward, (c_(j+1), c_j) reverse
   * </pre>
   *
   * @param letters of the token and 5 more, from {@code from} on
   * @param entries receives {@link #ENTRIES} from {@code at} on
   */
  static void entries(GeneticCode code, byte[] letters, int from, int[] entries, int at) {
    byte[] forward = Codons.forward(code);
    byte[] reverse = Codons.reverse(code);
    int key = CodonKey.ofTwo(letters[from], letters[from + 1]);
    int[] f = new int[STARTS];
    int[] r = new int[STARTS];
    for (int p = 0; p < STARTS; p++) {
      key = CodonKey.shift(key, letters[from + p + 2]);
      f[p] = forward[key];
      r[p] = reverse[key];
    }
    for (int k = 0; k < 3; k++) {
      int forwardBag = at + k * BAG;
      int reverseBag = at + (k + 3) * BAG;
      for (int j = 0; j < PAIRS; j++) {
        int p = k + 3 * j;
        entries[forwardBag + j] = CODONS * f[p] + f[p + 3];
        entries[reverseBag + j] = CODONS * r[p + 3] + r[p];
      }
      entries[forwardBag + PAIRS] = CODONS * CODONS;
      entries[reverseBag + PAIRS] = CODONS * CODONS + 1;
    }
  }

  /**
   * Looks tokens up.
   *
   * @param entries {@code [tokens, 6, 11]}
   * @param x receives {@code [tokens, 6, width]}
   */
  void apply(int[] entries, Tensor x, int tokens, Scratch work) {
    int rows = tokens * READING_FRAMES;
    Tensor ones = work.tensor("encoder.ones", rows * BAG);
    kernels.fill(ones, 0, rows * BAG, 1);
    kernels.embeddingBag(table, new Bags(entries, ones, BAG), x, rows, width);
  }

  /** Codons by three letters, each of five: as the network sees them. */
  private static final class Codons {
    private static final byte[][] FORWARD = tables(false);
    private static final byte[][] REVERSE = tables(true);

    private static byte[][] tables(boolean reverse) {
      byte[][] tables = new byte[GeneticCode.values().length][];
      for (GeneticCode code : GeneticCode.values()) {
        byte[] table = new byte[CodonKey.COUNT];
        for (int key = 0; key < table.length; key++) {
          int codon = reverse ? CodonKey.reverseCodon(key) : CodonKey.forwardCodon(key);
          // a code without that stop reads it as tryptophan
          boolean other = code == GeneticCode.TABLE_4 && codon == Nucleotides.TGA;
          table[key] = (byte) (other ? Nucleotides.TGG : codon);
        }
        tables[code.ordinal()] = table;
      }
      return tables;
    }

    static byte[] forward(GeneticCode code) {
      return FORWARD[code.ordinal()];
    }

    static byte[] reverse(GeneticCode code) {
      return REVERSE[code.ordinal()];
    }
  }

  /** Entries of tokens, without their strands: {@code [tokens, 6, 10]}, for goldens. */
  static double[] pairs(int[] entries, int tokens) {
    double[] pairs = new double[tokens * READING_FRAMES * PAIRS];
    int at = 0;
    for (int frame = 0; frame < tokens * READING_FRAMES; frame++) {
      for (int entry : Arrays.copyOfRange(entries, frame * BAG, frame * BAG + PAIRS)) {
        pairs[at++] = entry;
      }
    }
    return pairs;
  }
}
