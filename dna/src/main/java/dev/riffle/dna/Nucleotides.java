package dev.riffle.dna;

import dev.riffle.models.InputException;
import java.util.Arrays;

/**
 * The letters of DNA as numbers: A 0, C 1, G 2, T and U 3 in either case, and 4 for every other
 * letter: N, the ambiguous ones of IUPAC, gaps. White space is no letter.
 *
 * <p>As a step of a sequence a letter is one value, which also says how the contig is to be
 * translated: 0 for what is no base, 1 to 4 for A, C, G, T read with the genetic code 11, -1 to -4
 * for the same with code 4. So zeros, such as fill a gap of a stream, are unknown bases.
 */
public final class Nucleotides {
  public static final byte UNKNOWN = 4;

  /** Codon of which a letter is unknown. */
  public static final int UNKNOWN_CODON = 64;

  public static final int ATG = 14;
  public static final int GTG = 46;
  public static final int TTG = 62;
  public static final int TAA = 48;
  public static final int TAG = 50;
  public static final int TGA = 56;
  public static final int TGG = 58;

  private static final byte SPACE = -1;
  private static final byte[] LETTERS = new byte[256];
  private static final String BASES = "ACGT";

  static {
    Arrays.fill(LETTERS, UNKNOWN);
    for (int letter = 0; letter < BASES.length(); letter++) {
      LETTERS[BASES.charAt(letter)] = (byte) letter;
      LETTERS[Character.toLowerCase(BASES.charAt(letter))] = (byte) letter;
    }
    LETTERS['U'] = 3;
    LETTERS['u'] = 3;
    for (char space : " \t\n\f\r\u000b".toCharArray()) {
      LETTERS[space] = SPACE;
    }
  }

  private Nucleotides() {}

  /** The letter of a character, 0 to 4; -1 for white space. */
  public static int of(byte character) {
    return LETTERS[character & 0xff];
  }

  /** The value that a letter, 0 to 4, is as a step of a contig of this code. */
  public static float value(int letter, GeneticCode code) {
    if (letter == UNKNOWN) {
      return 0;
    }
    return code == GeneticCode.BACTERIAL ? letter + 1 : -letter - 1;
  }

  /**
   * Turns characters into steps, white space left out.
   *
   * @param to receives a value for each letter, from {@code at} on; room for {@code count}
   * @return how many letters there were
   */
  public static int values(
      byte[] characters, int from, int count, GeneticCode code, float[] to, int at) {
    int sign = code == GeneticCode.BACTERIAL ? 1 : -1;
    int end = at;
    for (int i = from; i < from + count; i++) {
      int letter = LETTERS[characters[i] & 0xff];
      if (letter != SPACE) {
        to[end++] = letter == UNKNOWN ? 0 : sign * (letter + 1);
      }
    }
    return end - at;
  }

  /**
   * The letter, 0 to 4, of a step's value.
   *
   * @param position of the step, for the message
   * @throws InputException if no letter has this value
   */
  public static byte letter(float value, long position) {
    int number = (int) value;
    if (number != value || number < -4 || number > 4) {
      throw new InputException(
          String.format(
              "Step %d must be a base: 0 for none, 1 to 4 for A, C, G, T of genetic code 11, -1 to -4"
                  + " of code 4, but is %s.",
              position, value));
    }
    return number == 0 ? UNKNOWN : (byte) (Math.abs(number) - 1);
  }

  /** Number of the codon of three letters: 16 a + 4 b + c, 64 if one of them is unknown. */
  public static int codon(int a, int b, int c) {
    return a > 3 || b > 3 || c > 3 ? UNKNOWN_CODON : 16 * a + 4 * b + c;
  }

  /** Number of the codon that stands on the other strand where these three letters are. */
  public static int reverseCodon(int a, int b, int c) {
    return a > 3 || b > 3 || c > 3 ? UNKNOWN_CODON : 16 * (3 - c) + 4 * (3 - b) + (3 - a);
  }

  /** True for ATG, GTG and TTG. */
  public static boolean isStart(int codon) {
    return codon == ATG || codon == GTG || codon == TTG;
  }
}
