package dev.riffle.jobs.sequence;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Reads the section {@code fields} of a job file. */
final class FieldsSection {
  private static final Map<String, TimeUnit> UNITS =
      Map.of(
          "s", TimeUnit.SECONDS,
          "ms", TimeUnit.MILLISECONDS,
          "us", TimeUnit.MICROSECONDS,
          "ns", TimeUnit.NANOSECONDS);

  private final YamlValues values;

  private FieldsSection(YamlValues values) {
    this.values = values;
  }

  /** The fields; empty if neither features nor a token are named, which is reported. */
  static Optional<EventFields> read(YamlValues values) {
    return new FieldsSection(values).read();
  }

  private Optional<EventFields> read() {
    List<String> features = features();
    String token = values.field(JobKey.TOKEN);
    checkFeaturesOrToken(token);
    Alphabet alphabet = alphabet();
    int width = width();
    Optional<String> time = Optional.empty();
    Optional<String> unit = Optional.empty();
    if (values.has(JobKey.TIME)) {
      time = values.requiredField(JobKey.TIME_FIELD, "the field of the capture time");
      unit = values.choice(JobKey.TIME_UNIT);
    }
    String key = values.field(JobKey.KEY);
    KeyEncoding keyEncoding =
        KeyEncoding.of(values.choice(JobKey.KEY_ENCODING, KeyEncoding.UTF_8.text()));
    if (key != null && values.has(JobKey.KEY_ENCODING)) {
      values.report(
          JobKey.KEY_ENCODING,
          keyEncoding.text(),
          "no such key with fields.key, as the Kafka key is not read",
          Diagnostic.Advice.hint("Remove it."));
    }
    String position = values.field(JobKey.POSITION);
    String start = values.field(JobKey.START);
    String end = values.field(JobKey.END);
    if (features.isEmpty() && token == null) {
      return Optional.empty();
    }
    return Optional.of(
        new EventFields(
            key,
            keyEncoding,
            features,
            width,
            token,
            alphabet,
            position,
            unit.isPresent() ? time.orElse(null) : null, // a time without a unit cannot be checked
            unit.map(UNITS::get).orElse(null),
            start,
            end));
  }

  private void checkFeaturesOrToken(String token) {
    if (!values.has(JobKey.FEATURES) && !values.has(JobKey.TOKEN)) {
      values
          .tree()
          .reportMissing(
              JobKey.FEATURES.path(), "the fields with the values of a step, or fields.token");
    } else if (token != null && values.has(JobKey.FEATURES)) {
      values.report(JobKey.TOKEN, token, "fields.features or fields.token, not both");
    }
  }

  private List<String> features() {
    Optional<List<String>> list = values.tree().list(JobKey.FEATURES);
    if (list.isPresent()) {
      return names(list.get());
    }
    if (!values.has(JobKey.FEATURES)) {
      return List.of();
    }
    return values.requiredField(JobKey.FEATURES_FIELD, "the field of the array").stream().toList();
  }

  private List<String> names(List<String> list) {
    Set<String> seen = new HashSet<>();
    for (String name : list) {
      if (name != null) {
        values.checkField(JobKey.FEATURES, name);
        if (!seen.add(name)) {
          values.report(JobKey.FEATURES, name, "each field once");
        }
      }
    }
    if (list.isEmpty()) {
      values.report(JobKey.FEATURES, "[]", "at least one field");
    }
    return list.stream().filter(Objects::nonNull).toList();
  }

  private int width() {
    if (!values.has(JobKey.FEATURES)) {
      return 0;
    }
    Optional<List<String>> list = values.tree().list(JobKey.FEATURES);
    if (list.isEmpty()) {
      OptionalInt width = values.count(JobKey.FEATURES_WIDTH, "the numbers per step");
      return width.orElse(EventFields.INVALID_WIDTH);
    }
    return list.get().stream().anyMatch(Objects::isNull) ? EventFields.INVALID_WIDTH : 0;
  }

  /** The alphabet; null if the file names none. */
  private Alphabet alphabet() {
    if (!values.has(JobKey.ALPHABET)) {
      return null;
    }
    if (!values.has(JobKey.TOKEN)) {
      values.report(JobKey.ALPHABET, "alphabet", "fields.token, the field with the letters");
    }
    Optional<String> letters =
        values.required(JobKey.ALPHABET_LETTERS, "the letters, in the order of their tokens");
    String other = values.text(JobKey.ALPHABET_OTHER).orElse(null);
    boolean ignoreCase = values.flag(JobKey.ALPHABET_CASE);
    if (letters.isEmpty()) {
      return new Alphabet("", null, ignoreCase);
    }
    Alphabet alphabet = new Alphabet(letters.get(), other, ignoreCase);
    Optional<String> problem = alphabet.problem();
    if (problem.isPresent()) {
      values.report(JobKey.ALPHABET_LETTERS, letters.get(), problem.get());
    } else if (other != null && (other.length() != 1 || !letters.get().contains(other))) {
      values.report(JobKey.ALPHABET_OTHER, other, "one of the letters " + letters.get());
    }
    return alphabet;
  }
}
