package dev.riffle.jobs.sequence;

import dev.riffle.jobs.sequence.Diagnostic.Advice;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.models.weights.Suggestions;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads values of a job file by their types. Reports the values that are missing or invalid. */
final class YamlValues {
  private final YamlTree tree;

  YamlValues(YamlTree tree) {
    this.tree = tree;
  }

  YamlTree tree() {
    return tree;
  }

  boolean has(JobKey key) {
    return tree.has(key);
  }

  Optional<String> text(JobKey key) {
    return tree.text(key);
  }

  /** Reports that a key has the wrong value. */
  void report(JobKey key, String found, String expected) {
    tree.report(key.path(), found, expected, Advice.NONE);
  }

  /** Reports that a key has the wrong value, with advice. */
  void report(JobKey key, String found, String expected, Advice advice) {
    tree.report(key.path(), found, expected, advice);
  }

  /** A value that the file has to contain. */
  Optional<String> required(JobKey key, String expected) {
    Optional<String> text = tree.text(key);
    if (text.isEmpty() && !tree.isBroken(key)) {
      tree.reportMissing(key.path(), expected);
    }
    return text;
  }

  /** One of the key's choices, which the file has to contain. */
  Optional<String> choice(JobKey key) {
    return required(key, choices(key)).filter(text -> isChoice(key, text));
  }

  /** One of the key's choices. */
  String choice(JobKey key, String defaultValue) {
    return tree.text(key).filter(text -> isChoice(key, text)).orElse(defaultValue);
  }

  boolean flag(JobKey key) {
    return Boolean.parseBoolean(choice(key, "false"));
  }

  private boolean isChoice(JobKey key, String text) {
    List<String> choices = key.type().choices();
    boolean valid = choices.contains(text);
    if (!valid) {
      Advice advice = Advice.suggestion(Suggestions.of(text, choices));
      tree.report(key.path(), text, choices(key), advice);
    }
    return valid;
  }

  private static String choices(JobKey key) {
    return key.type().takes().replace("`", "");
  }

  String topic(JobKey key, String defaultName) {
    return tree.text(key).filter(name -> isTopic(key, name)).orElse(defaultName);
  }

  private boolean isTopic(JobKey key, String name) {
    boolean valid = Topics.isName(name);
    if (!valid) {
      report(key, name, "a topic name of " + Topics.NAME_RULE);
    }
    return valid;
  }

  /** A whole number of at least 1. */
  OptionalInt count(JobKey key, String expected) {
    Optional<String> text = required(key, expected);
    try {
      int count = text.map(Integer::parseInt).orElse(0);
      if (count >= 1) {
        return OptionalInt.of(count);
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    String choices = key.type().choices().isEmpty() ? "" : ", or " + key.type().choices().get(0);
    text.ifPresent(found -> report(key, found, "a whole number from 1 to 2147483647" + choices));
    return OptionalInt.empty();
  }

  /** The name of a field, which the file has to contain. */
  Optional<String> requiredField(JobKey key, String expected) {
    Optional<String> field = required(key, expected);
    field.ifPresent(name -> checkField(key, name));
    return field;
  }

  /** The name of a field; null if there is none. */
  String field(JobKey key) {
    Optional<String> field = tree.text(key);
    field.ifPresent(name -> checkField(key, name));
    return field.orElse(null);
  }

  void checkField(JobKey key, String field) {
    if (field.isBlank() || field.startsWith(".") || field.endsWith(".") || field.contains("..")) {
      report(key, field, "the name of a field, or names separated by dots");
    }
  }
}
