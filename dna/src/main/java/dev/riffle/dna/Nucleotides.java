package dev.riffle.dna;

import dev.riffle.models.InputException;
import java.util.Arrays;

/**
 * Codes of bases and codons. A base code is 0 for A, 1 for C, 2 for G, 3 for T and U, in either
 * case, and 4 for every other character: N, IUPAC's ambiguity codes, gaps. White space has no code.
 *
 * <p>As a step of a sequence a base is the value {@link #value}: 1 to 4 for A, C, G, T and 0 for an
 * unknown base, so that a gap filled with zeros is a run of unknown bases.
 */
public final class Nucleotides {
  /** Code of an unknown base. */
  public static final byte UNKNOWN = 4;

  /** Number of every codon with an unknown base. */
  public static final int UNKNOWN_CODON = 64;

  public static final int ATG = 14;
  public static final int GTG = 46;
  public static final int TTG = 62;
  public static final int TAA = 48;
  public static final int TAG = 50;
  public static final int TGA = 56;
  public static final int TGG = 58;

  private static final byte SPACE = -1;
  private static final byte[] CODES = new byte[256];
  private static final String BASES = "ACGT";

  static {
    Arrays.fill(CODES, UNKNOWN);
    for (int code = 0; code < BASES.length(); code++) {
      CODES[BASES.charAt(code)] = (byte) code;
      CODES[Character.toLowerCase(BASES.charAt(code))] = (byte) code;
    }
    CODES['U'] = 3;
    CODES['u'] = 3;
    for (char space : " \t\n\f\r\u000b".toCharArray()) {
      CODES[space] = SPACE;
    }
  }

  private Nucleotides() {}

  /** The base code of a character; -1 for white space. */
  public static int of(byte character) {
    return CODES[character & 0xff];
  }

  /** The value of a base code as a step of a sequence. */
  public static float value(int code) {
    return code == UNKNOWN ? 0 : code + 1;
  }

  /**
   * Converts characters to the values of steps, without the white space.
   *
   * @param to receives a value for each base, from index {@code at} on; room for {@code count}
   * @return the number of bases
   */
  public static int values(byte[] characters, int from, int count, float[] to, int at) {
    int end = at;
    for (int i = from; i < from + count; i++) {
      int code = CODES[characters[i] & 0xff];
      if (code != SPACE) {
        to[end++] = value(code);
      }
    }
    return end - at;
  }

  /**
   * The base code of a step's value. Accepts the encoding of release 0.1, too, which savepoints can
   * contain: there the bases of sequences of genetic code 4 have negative values.
   *
   * @param position of the step, for the message
   * @throws InputException if no base has this value
   */
  public static byte code(float value, long position) {
    int number = (int) value;
    if (number != value || number < -UNKNOWN || number > UNKNOWN) {
      throw new InputException(
          String.format(
              "Step %d must be a base, 1 to 4 for A, C, G, T or 0 for an unknown base, but is %s.",
              position, value));
    }
    return number == 0 ? UNKNOWN : (byte) (Math.abs(number) - 1);
  }

  /** Number of the codon of three bases: 16 a + 4 b + c, or 64 if one of them is unknown. */
  public static int codon(int a, int b, int c) {
    return a > 3 || b > 3 || c > 3 ? UNKNOWN_CODON : 16 * a + 4 * b + c;
  }

  /** Number of the codon on the reverse strand at the same three bases. */
  public static int reverseCodon(int a, int b, int c) {
    return a > 3 || b > 3 || c > 3 ? UNKNOWN_CODON : 16 * (3 - c) + 4 * (3 - b) + (3 - a);
  }

  /** True for the start codons ATG, GTG and TTG. */
  public static boolean isStart(int codon) {
    return codon == ATG || codon == GTG || codon == TTG;
  }
}
