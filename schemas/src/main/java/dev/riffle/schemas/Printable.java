package dev.riffle.schemas;

import java.util.regex.Pattern;

/**
 * Makes text from records safe to print and to log: a control character could move the cursor of a
 * terminal, hide text, or forge a line of a log. Characters that are printed as they are remain the
 * same.
 */
public final class Printable {
  private static final Pattern CREDENTIALS = Pattern.compile("(?s)^([\\w+.-]*:?//)?.*@");

  private Printable() {}

  /**
   * Text for a part of a line: control characters, separators of lines, characters that change the
   * direction of text and halves of surrogate pairs become {@code \n}, {@code \r}, {@code \t} or
   * {@code \}{@code u001b}. The escapes are those of JSON, so JSON on one line stays JSON.
   */
  public static String line(String text) {
    return escape(text, false);
  }

  /**
   * As {@link #line(String)}, with "..." instead of what follows the first {@code most} characters.
   */
  public static String line(String text, int most) {
    return line(text.length() <= most ? text : text.substring(0, most) + "...");
  }

  /** Text of several lines: as {@link #line(String)}, but line breaks and tabs remain. */
  public static String lines(String text) {
    return escape(text, true);
  }

  /**
   * A URL without user and password, as a part of a line. If they contain an @ or a slash, they are
   * removed, too.
   */
  public static String url(String url) {
    return line(CREDENTIALS.matcher(url).replaceFirst("$1"));
  }

  private static String escape(String text, boolean keepsLines) {
    int at = 0;
    while (at < text.length() && !isEscaped(text, at, keepsLines)) {
      at++;
    }
    if (at == text.length()) {
      return text;
    }
    StringBuilder escaped = new StringBuilder(text.length() + 16).append(text, 0, at);
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (isEscaped(text, at, keepsLines)) {
        append(c, escaped);
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }

  private static void append(char c, StringBuilder escaped) {
    switch (c) {
      case '\n' -> escaped.append("\\n");
      case '\r' -> escaped.append("\\r");
      case '\t' -> escaped.append("\\t");
      default -> escaped.append(String.format("\\u%04x", (int) c));
    }
  }

  private static boolean isEscaped(String text, int at, boolean keepsLines) {
    char c = text.charAt(at);
    if (c >= ' ' && c < 0x7f) {
      return false;
    }
    if (Character.isISOControl(c)) {
      return !keepsLines || (c != '\n' && c != '\t');
    }
    if (Character.isSurrogate(c)) {
      return !isInPair(text, at);
    }
    return c == '\u2028' || c == '\u2029' || isDirection(c);
  }

  private static boolean isInPair(String text, int at) {
    char c = text.charAt(at);
    return Character.isHighSurrogate(c)
        ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
        : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
  }

  /** Marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm. */
  private static boolean isDirection(char c) {
    return c == '\u061c'
        || c == '\u200e'
        || c == '\u200f'
        || (c >= '\u202a' && c <= '\u202e')
        || (c >= '\u2066' && c <= '\u2069');
  }
}
