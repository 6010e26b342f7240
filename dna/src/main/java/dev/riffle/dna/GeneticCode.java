package dev.riffle.dna;

import dev.riffle.models.InputException;

/** The genetic codes that are known here, by the numbers of NCBI's table. */
public enum GeneticCode {
  /** Bacteria, archaea and their phages: TAA, TAG and TGA stop. */
  BACTERIAL(11),
  /** Mycoplasmas and spiroplasmas: TGA is tryptophan. */
  TABLE_4(4);

  private final int number;

  GeneticCode(int number) {
    this.number = number;
  }

  /** NCBI's number. */
  public int number() {
    return number;
  }

  /**
   * The code of this number.
   *
   * @throws InputException if it is another than 11 or 4
   */
  public static GeneticCode of(int number) {
    for (GeneticCode code : values()) {
      if (code.number == number) {
        return code;
      }
    }
    throw new InputException(
        "The genetic code must be 11 (bacteria, archaea, phages) or 4 (mycoplasmas), but is "
            + number
            + ": other codes have other stop codons, and the model does not know them.");
  }

  /** True if this codon ends a gene; see {@link Nucleotides#codon}. */
  public boolean isStop(int codon) {
    return codon == Nucleotides.TAA
        || codon == Nucleotides.TAG
        || this == BACTERIAL && codon == Nucleotides.TGA;
  }
}
