package dev.riffle.docs;

/** What people read of a Java file: comments and string literals. */
final class Prose {
  private static final String TEXT_BLOCK = "\"\"\"";

  private Prose() {}

  /** The source with all code replaced by spaces; every character of prose stays where it is. */
  static String of(String java) {
    char[] prose = java.replaceAll("[^\\n]", " ").toCharArray();
    int i = 0;
    while (i < java.length()) {
      int end = endOfProse(java, i);
      if (end > i) {
        java.getChars(i, end, prose, i);
        i = end;
      } else {
        i++;
      }
    }
    return new String(prose);
  }

  /** The end of the comment or literal that begins at {@code i}, or {@code i} if none does. */
  private static int endOfProse(String java, int i) {
    if (java.startsWith("//", i)) {
      return after(java, "\n", i);
    }
    if (java.startsWith("/*", i)) {
      return after(java, "*/", i + 2);
    }
    if (java.startsWith(TEXT_BLOCK, i)) {
      return after(java, TEXT_BLOCK, i + TEXT_BLOCK.length());
    }
    char quote = java.charAt(i);
    return quote == '"' || quote == '\'' ? endOfLiteral(java, i + 1, quote) : i;
  }

  private static int endOfLiteral(String java, int from, char quote) {
    int i = from;
    while (i < java.length() && java.charAt(i) != quote) {
      i += java.charAt(i) == '\\' ? 2 : 1;
    }
    return Math.min(i + 1, java.length());
  }

  private static int after(String java, String mark, int from) {
    int at = java.indexOf(mark, from);
    return at < 0 ? java.length() : at + mark.length();
  }
}
