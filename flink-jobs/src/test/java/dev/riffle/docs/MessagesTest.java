package dev.riffle.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Each message of an exception that is written for users is found in {@code
 * docs/troubleshooting.md}: the page contains three successive words of its fixed text. Literals
 * are read from the source, so messages that a method puts together elsewhere are not seen here.
 */
class MessagesTest {
  private static final int WORDS = 3;
  private static final Pattern THROWN =
      Pattern.compile(
          "new (?:Failure|InputException|ModelException|StateException|DeviceException"
              + "|CodecException|RegistryException|DamagedInputException|UnavailableException"
              + "|ParameterException|TypeConversionException)\\s*\\(");

  /** A literal, a character, or a bracket of the arguments. */
  private static final Pattern TOKEN =
      Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|'(?:[^'\\\\]|\\\\.)'|[()]");

  private static final Pattern CHANGES = Pattern.compile("\0|%[-+,.\\d]*[a-zA-Z%]|\\\\n");

  private static final Pattern TESTED =
      Pattern.compile("(?!benchmarks/|evaluation/).*src/main/java/.*\\.java");

  @Test
  void eachMessageIsFoundOnThePageOfTroubles() throws IOException {
    String page = normalized(Tree.read("docs/troubleshooting.md"));
    List<String> missing = new ArrayList<>();
    int seen = 0;
    for (String file : Tree.files(path -> TESTED.matcher(path).matches())) {
      for (List<String> message : messages(Tree.read(file))) {
        seen++;
        if (!isFound(message, page)) {
          missing.add(file + ": " + String.join(" ... ", message));
        }
      }
    }
    assertThat(seen).isGreaterThan(150);
    assertThat(missing)
        .as("Add three successive words of each message to docs/troubleshooting.md")
        .isEmpty();
  }

  @Test
  void theFixedPartsOfAMessageAreRead() {
    assertThat(
            messages(
                "throw new Failure(name + \" is \\\"bad\\\": \" + why + \"%d of \" + \"all\");"))
        .containsExactly(List.of("is \"bad\":", "of all"));
    assertThat(messages("new InputException(String.format(\"%s (at %,d)%nsays\", f(\")\"), '('))"))
        .containsExactly(List.of("(at", ")", "says", ")"));
    assertThat(messages("new ModelException(e.getMessage(), e)")).isEmpty();
  }

  @Test
  void aMessageIsFoundByThreeOfItsWords() {
    String page = normalized("| `Expected two`\n`brokers or more`, `Stopped.` |");
    assertThat(isFound(List.of("is", "two brokers or none"), page)).isTrue();
    assertThat(isFound(List.of("Stopped."), page)).isTrue();
    assertThat(isFound(List.of("two brokers and more"), page)).isFalse();
    assertThat(isFound(List.of("Started."), page)).isFalse();
  }

  private static String normalized(String text) {
    return text.replace("`", "").replaceAll("\\s+", " ");
  }

  /** The fixed parts of the message of each exception; none for a message from elsewhere. */
  private static List<List<String>> messages(String source) {
    List<List<String>> messages = new ArrayList<>();
    Matcher thrown = THROWN.matcher(source);
    while (thrown.find()) {
      List<String> parts = parts(source, thrown.end());
      if (!parts.isEmpty()) {
        messages.add(parts);
      }
    }
    return messages;
  }

  private static List<String> parts(String source, int begin) {
    StringBuilder text = new StringBuilder();
    Matcher token = TOKEN.matcher(source);
    int depth = 1;
    int after = begin;
    for (int at = begin; depth > 0 && token.find(at); at = token.end()) {
      if (token.group(1) != null) {
        if (!source.substring(after, token.start()).strip().equals("+")) {
          text.append('\0');
        }
        text.append(token.group(1).replace("\\\"", "\""));
        after = token.end();
      } else if (token.group().equals("(")) {
        depth++;
      } else if (token.group().equals(")")) {
        depth--;
      }
    }
    return CHANGES.splitAsStream(text).map(String::strip).filter(part -> !part.isEmpty()).toList();
  }

  private static boolean isFound(List<String> message, String page) {
    String longest =
        message.stream().max(Comparator.comparingInt(part -> part.split(" ").length)).orElseThrow();
    if (longest.split(" ").length < WORDS) {
      return page.contains(longest);
    }
    for (String part : message) {
      String[] words = part.split(" ");
      for (int i = 0; i + WORDS <= words.length; i++) {
        if (page.contains(String.join(" ", List.of(words).subList(i, i + WORDS)))) {
          return true;
        }
      }
    }
    return false;
  }
}
