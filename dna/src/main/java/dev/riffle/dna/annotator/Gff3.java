package dev.riffle.dna.annotator;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/** Genes as lines of GFF3 (docs/dna-annotator.md, section 11), without line ends. */
public final class Gff3 {
  /** The first line of a file. */
  public static final String HEADER = "##gff-version 3";

  private static final String SEQID_MARKS = ".:^*$@!+_?-|";
  private static final String RESERVED = ";=&,%"; // in attributes
  private static final int DELETE = 127;

  /** Words that begin a line of BED that is no feature. */
  private static final Pattern BED_WORD = Pattern.compile("(?i)track|browser");

  private Gff3() {}

  /**
   * The line of a published gene. Its phase is 0: a gene that the contig cuts begins at the first
   * whole codon, see {@link Gene}.
   */
  public static String feature(String contig, Gene gene) {
    return String.join(
        "\t",
        seqid(contig),
        "stream-annotator",
        "CDS",
        Long.toString(gene.left() + 1),
        Long.toString(gene.right()),
        rounded(gene.score(), 1),
        gene.reverse() ? "-" : "+",
        "0",
        "ID="
            + attribute(contig + "_" + gene.number())
            + ";partial="
            + gene.partial()
            + ";start_type="
            + gene.start().text()
            + ";coding_score="
            + rounded(gene.codingScore(), 1)
            + ";start_score="
            + rounded(gene.startScore(), 2));
  }

  /**
   * The line that says how long a contig is. It comes before the contig's features; a contig of
   * unknown length, or without bases, has none.
   */
  public static String region(String contig, long length) {
    return "##sequence-region " + seqid(contig) + " 1 " + length;
  }

  /**
   * A name as column 1. All bytes of its UTF-8 form other than {@code a-z A-Z 0-9 . : ^ * $ @ ! + _
   * ? - |} are {@code %} and their number.
   */
  public static String seqid(String name) {
    return escaped(
        name,
        c ->
            c >= '0' && c <= '9'
                || c >= 'A' && c <= 'Z'
                || c >= 'a' && c <= 'z'
                || SEQID_MARKS.indexOf(c) >= 0);
  }

  /**
   * A name as column 1 of BED: as in GFF3; if a reader could take it for a track or browser line,
   * its first letter is escaped, too.
   */
  public static String bedName(String name) {
    String text = seqid(name);
    return BED_WORD.matcher(text).lookingAt()
        ? String.format(Locale.ROOT, "%%%02X", (int) text.charAt(0)) + text.substring(1)
        : text;
  }

  /**
   * A value in column 9. Control characters, {@code % ; = & ,} and the bytes of characters beyond
   * ASCII are {@code %} and their number.
   */
  public static String attribute(String value) {
    return escaped(value, c -> c >= ' ' && c < DELETE && RESERVED.indexOf(c) < 0);
  }

  private static String escaped(String text, IntPredicate bare) {
    StringBuilder escaped = new StringBuilder();
    for (byte unit : text.getBytes(StandardCharsets.UTF_8)) {
      int c = unit & 0xff;
      if (bare.test(c)) {
        escaped.append((char) c);
      } else {
        escaped.append(String.format(Locale.ROOT, "%%%02X", c));
      }
    }
    return escaped.toString();
  }

  /** The nearest number with so many decimals, of two the even one. */
  static String rounded(double value, int decimals) {
    String text = new BigDecimal(value).setScale(decimals, RoundingMode.HALF_EVEN).toPlainString();
    return value < 0 && !text.startsWith("-") ? "-" + text : text;
  }
}
