package dev.riffle.dna.annotator;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;

/** Which codons start or stop a gene on either strand, as a bit mask per {@link CodonKey}. */
final class CodonRoles {
  static final int FORWARD_START = 1;
  static final int FORWARD_STOP = 2;
  static final int REVERSE_START = 4;
  static final int REVERSE_STOP = 8;

  private static final byte[][] MASKS = masks();

  private CodonRoles() {}

  /** Masks by {@link CodonKey}; 0 for a codon that neither starts nor stops a gene. */
  static byte[] of(GeneticCode code) {
    return MASKS[code.ordinal()];
  }

  private static byte[][] masks() {
    byte[][] masks = new byte[GeneticCode.values().length][CodonKey.COUNT];
    for (GeneticCode code : GeneticCode.values()) {
      for (int key = 0; key < CodonKey.COUNT; key++) {
        int forward = CodonKey.forwardCodon(key);
        int reverse = CodonKey.reverseCodon(key);
        masks[code.ordinal()][key] =
            (byte)
                ((Nucleotides.isStart(forward) ? FORWARD_START : 0)
                    | (code.isStop(forward) ? FORWARD_STOP : 0)
                    | (Nucleotides.isStart(reverse) ? REVERSE_START : 0)
                    | (code.isStop(reverse) ? REVERSE_STOP : 0));
      }
    }
    return masks;
  }
}
