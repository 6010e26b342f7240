package dev.riffle.docs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Words and phrases that this project replaces by the terms of its field: {@code
 * docs/banned-words.txt}, and where they are right nevertheless: {@code docs/allowed-words.txt}.
 */
record BannedWords(List<Banned> banned, List<Allowed> allowed) {
  /** A phrase, found as whole words in any case, also across a line break. */
  record Banned(String phrase, String replacement, Pattern pattern) {}

  /** A file, or a folder if the path ends with a slash, that may contain a phrase. */
  record Allowed(String path, String phrase, String reason) {
    boolean covers(Hit hit) {
      return hit.phrase().equals(phrase)
          && (path.endsWith("/") ? hit.path().startsWith(path) : hit.path().equals(path));
    }
  }

  /** A banned phrase in a file; lines count from 1. */
  record Hit(String path, int line, String phrase, String replacement) {
    @Override
    public String toString() {
      return "%s:%d: '%s': write %s".formatted(path, line, phrase, replacement);
    }
  }

  static BannedWords parse(String banned, String allowed) {
    return new BannedWords(
        fields(banned, 2).stream().map(f -> new Banned(f[0], f[1], pattern(f[0]))).toList(),
        fields(allowed, 3).stream().map(f -> new Allowed(f[0], f[1], f[2])).toList());
  }

  /** Every banned phrase of a text, allowed or not, by its place. */
  List<Hit> hits(String path, String text) {
    List<Hit> hits = new ArrayList<>();
    for (Banned word : banned) {
      Matcher matcher = word.pattern().matcher(text);
      while (matcher.find()) {
        int line =
            1 + (int) text.substring(0, matcher.start()).chars().filter(c -> c == '\n').count();
        hits.add(new Hit(path, line, word.phrase(), word.replacement()));
      }
    }
    return hits;
  }

  boolean allows(Hit hit) {
    return allowed.stream().anyMatch(entry -> entry.covers(hit));
  }

  /** Between two words: white space, and what begins a line of a comment or of a list. */
  private static Pattern pattern(String phrase) {
    return Pattern.compile(
        Arrays.stream(phrase.split(" "))
            .map(Pattern::quote)
            .collect(Collectors.joining("[\\s*/#>\"+]+", "(?<![\\w-])", "(?![\\w-])")),
        Pattern.CASE_INSENSITIVE);
  }

  private static List<String[]> fields(String text, int count) {
    return text.lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> line.split("\\s*\\|\\s*", -1))
        .peek(
            fields -> {
              if (fields.length != count || Arrays.stream(fields).anyMatch(String::isBlank)) {
                throw new IllegalArgumentException(
                    "expected %d fields with | between them, found %s"
                        .formatted(count, Arrays.toString(fields)));
              }
            })
        .toList();
  }
}
