package dev.riffle.dna.annotator;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/** Genes as lines of GFF3 (docs/dna-annotator.md, section 11), without line ends. */
public final class Gff3 {
  /** The first line of a file. */
  public static final String HEADER = "##gff-version 3";

  private static final String RESERVED = ";=&,%";
  private static final int DELETE = 127;

  private Gff3() {}

  /** The line of a published gene. */
  public static String feature(String contig, Gene gene) {
    String name = encoded(contig);
    return String.join(
        "\t",
        name,
        "stream-annotator",
        "CDS",
        Long.toString(gene.left() + 1),
        Long.toString(gene.right()),
        rounded(gene.score(), 1),
        gene.reverse() ? "-" : "+",
        "0",
        "ID="
            + name
            + "_"
            + gene.number()
            + ";partial="
            + gene.partial()
            + ";start_type="
            + gene.start().text()
            + ";coding_score="
            + rounded(gene.codingScore(), 1)
            + ";start_score="
            + rounded(gene.startScore(), 2));
  }

  /** The line that says how long a contig is; none for one without bases, which GFF3 cannot say. */
  public static String region(String contig, long length) {
    return "##sequence-region " + encoded(contig) + " 1 " + length;
  }

  /** A name with reserved and control characters as {@code %} and their number. */
  public static String encoded(String name) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c < ' ' || c == DELETE || RESERVED.indexOf(c) >= 0) {
        text.append(String.format(Locale.ROOT, "%%%02X", (int) c));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  /** The nearest number with so many decimals, of two the even one. */
  static String rounded(double value, int decimals) {
    String text = new BigDecimal(value).setScale(decimals, RoundingMode.HALF_EVEN).toPlainString();
    return value < 0 && !text.startsWith("-") ? "-" + text : text;
  }
}
