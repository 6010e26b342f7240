package dev.riffle.dna.annotator;

import dev.riffle.dna.Nucleotides;

/**
 * A protein-coding gene, final or still growing. The position of its {@link
 * dev.riffle.models.Prediction} is the number of bases read when the gene was predicted.
 *
 * @param status whether it is final
 * @param number from 1, in the order in which a contig's genes are published; 0 while it grows
 * @param left its first base on the contig, counted from 0; of a part that is cut off by the
 *     contig's end, the first base of the first whole codon
 * @param right position after its last base; the stop codon belongs to the gene
 * @param reverse true if it lies on the other strand: it begins at its right end
 * @param score evidence for the gene, above 0; not a probability
 * @param codingScore sum of the coding logits of its 30-base tokens
 * @param startScore of the start codon's surroundings
 * @param start how it begins
 * @param openLeft true if the contig's left end cuts it
 * @param openRight true if the contig's right end cuts it
 * @param confidence chance that the stop codon is right, 0 to 1, as found on validation data
 */
public record Gene(
    Status status,
    long number,
    long left,
    long right,
    boolean reverse,
    double score,
    double codingScore,
    double startScore,
    Start start,
    boolean openLeft,
    boolean openRight,
    double confidence) {

  /** Whether a gene is final. */
  public enum Status {
    /**
     * It has not ended yet, or its start may still move: left and right are as far as it is known.
     * It may be emitted again, longer or with another start, or be dropped.
     */
    GROWING,
    /** It is final: emitted once and never retracted. */
    PUBLISHED
  }

  /** How a gene begins. */
  public enum Start {
    ATG("ATG", Nucleotides.ATG),
    GTG("GTG", Nucleotides.GTG),
    TTG("TTG", Nucleotides.TTG),
    /** Beyond the end of the contig. */
    EDGE("Edge", Nucleotides.UNKNOWN_CODON),
    /** Not known yet: on the reverse strand, while the gene grows. */
    UNKNOWN("unknown", -1);

    private final String text;
    private final byte code;

    Start(String text, int code) {
      this.text = text;
      this.code = (byte) code;
    }

    /** The name in GFF3. */
    public String text() {
      return text;
    }

    /** The byte that stands for it in a state. */
    byte code() {
      return code;
    }

    /**
     * The start of this code; the code of a start codon is its number, see {@link
     * Nucleotides#codon}.
     *
     * @throws IllegalArgumentException if there is none
     */
    static Start ofCode(int code) {
      for (Start start : values()) {
        if (start.code == code) {
          return start;
        }
      }
      throw new IllegalArgumentException(
          "Expected the code of ATG, GTG, TTG, an edge or an unknown start, found " + code + ".");
    }
  }

  /** Which ends the contig cuts, left then right, as GFF3 has it: {@code 00}, {@code 10}, ... */
  public String partial() {
    return (openLeft ? "1" : "0") + (openRight ? "1" : "0");
  }
}
