package dev.riffle.jobs.sequence;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The kind of value that a key of a job file takes.
 *
 * @param kind of value
 * @param takes how the documentation describes it
 * @param choices the valid values, if they are few
 */
record KeyType(Kind kind, String takes, List<String> choices) {
  /** Kinds of values. */
  enum Kind {
    TEXT,
    FLAG,
    COUNT,
    COUNT_OR_CHOICE,
    CHOICE,
    SECTION,
    LIST_OR_SECTION,
    OPTIONS
  }

  static final KeyType NAME = text("name");
  static final KeyType TOPIC = text("topic");
  static final KeyType FIELD = text("field");
  static final KeyType FILE = text("file");
  static final KeyType FLAG = new KeyType(Kind.FLAG, "true or false", List.of("true", "false"));
  static final KeyType COUNT = new KeyType(Kind.COUNT, "whole number", List.of());
  static final KeyType OPTIONS = new KeyType(Kind.OPTIONS, "option: value", List.of());

  static KeyType text(String takes) {
    return new KeyType(Kind.TEXT, takes, List.of());
  }

  static KeyType choice(String... choices) {
    return choice(List.of(choices));
  }

  static KeyType choice(List<String> choices) {
    return new KeyType(Kind.CHOICE, words(choices, "or"), choices);
  }

  static KeyType countOr(String choice) {
    return new KeyType(Kind.COUNT_OR_CHOICE, "whole number or `" + choice + "`", List.of(choice));
  }

  /** Keys in a nested section. */
  static KeyType section(String... keys) {
    return new KeyType(Kind.SECTION, words(List.of(keys), "and"), List.of());
  }

  /** A list of fields, or keys in a nested section. */
  static KeyType listOrSection(String... keys) {
    String takes = "list of fields, or " + words(List.of(keys), "and");
    return new KeyType(Kind.LIST_OR_SECTION, takes, List.of());
  }

  private static String words(List<String> names, String conjunction) {
    List<String> quoted = names.stream().map(name -> "`" + name + "`").toList();
    int last = quoted.size() - 1;
    return quoted.subList(0, last).stream().collect(Collectors.joining(", "))
        + " "
        + conjunction
        + " "
        + quoted.get(last);
  }
}
