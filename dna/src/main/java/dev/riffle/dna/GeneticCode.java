package dev.riffle.dna;

import dev.riffle.models.Format;
import dev.riffle.models.InputException;

/**
 * The supported genetic codes. The genetic code of a sequence is the attribute {@value #ATTRIBUTE}
 * of its {@link Format}.
 */
public enum GeneticCode {
  /** Bacteria, archaea and their phages: TAA, TAG and TGA stop. */
  BACTERIAL(11),
  /** Mycoplasmas and spiroplasmas: TGA is tryptophan. */
  TABLE_4(4);

  /** Attribute of a format: number of the code in NCBI's table; code 11 where it is absent. */
  public static final String ATTRIBUTE = "genetic-code";

  private final int number;

  GeneticCode(int number) {
    this.number = number;
  }

  /** Number in NCBI's table. */
  public int number() {
    return number;
  }

  /**
   * The code of a sequence of this format.
   *
   * @throws InputException if the attribute {@value #ATTRIBUTE} is neither 11 nor 4
   */
  public static GeneticCode of(Format format) {
    String number = format.attributes().get(ATTRIBUTE);
    if (number == null) {
      return BACTERIAL;
    }
    return parse(number);
  }

  /**
   * The code of this number.
   *
   * @throws InputException if it is neither 11 nor 4
   */
  public static GeneticCode parse(String number) {
    if (!number.matches("[0-9]{1,9}")) {
      throw unsupported("'" + number + "'");
    }
    return of(Integer.parseInt(number));
  }

  /**
   * The code of this number.
   *
   * @throws InputException if the number is neither 11 nor 4
   */
  public static GeneticCode of(int number) {
    for (GeneticCode code : values()) {
      if (code.number == number) {
        return code;
      }
    }
    throw unsupported("" + number);
  }

  private static InputException unsupported(String found) {
    return new InputException(
        "The genetic code must be 11 (bacteria, archaea, phages) or 4 (mycoplasmas), but is "
            + found
            + ". The model is not trained for the stop codons of other codes.");
  }

  /** True if this codon ends a gene; see {@link Nucleotides#codon}. */
  public boolean isStop(int codon) {
    return codon == Nucleotides.TAA
        || codon == Nucleotides.TAG
        || this == BACTERIAL && codon == Nucleotides.TGA;
  }
}
