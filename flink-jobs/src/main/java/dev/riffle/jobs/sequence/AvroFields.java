package dev.riffle.jobs.sequence;

import dev.riffle.jobs.sequence.Diagnostic.Advice;
import dev.riffle.models.weights.Suggestions;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;

/** Checks the fields that a job file names against the schema of the records. */
final class AvroFields {
  private static final Set<Schema.Type> WHOLE = EnumSet.of(Schema.Type.INT, Schema.Type.LONG);
  private static final Set<Schema.Type> NUMBER =
      EnumSet.of(Schema.Type.INT, Schema.Type.LONG, Schema.Type.FLOAT, Schema.Type.DOUBLE);
  private static final Set<Schema.Type> NAME =
      EnumSet.of(Schema.Type.STRING, Schema.Type.INT, Schema.Type.LONG);
  private static final Set<Schema.Type> FLAG = EnumSet.of(Schema.Type.BOOLEAN);
  private static final Set<Schema.Type> TEXT = EnumSet.of(Schema.Type.STRING);
  private static final Set<Schema.Type> LETTERS = EnumSet.of(Schema.Type.STRING, Schema.Type.BYTES);

  private final Schema schema;
  private final YamlValues values;

  private AvroFields(Schema schema, YamlValues values) {
    this.schema = schema;
    this.values = values;
  }

  /** Reports what does not fit. */
  static void check(Schema schema, EventFields fields, YamlValues values) {
    AvroFields check = new AvroFields(schema, values);
    check.one(JobKey.KEY, fields.key(), NAME);
    for (String feature : fields.features()) {
      if (fields.width() > 0) {
        check.array(JobKey.FEATURES_FIELD, feature, NUMBER, true);
      } else {
        check.one(JobKey.FEATURES, feature, NUMBER);
      }
    }
    if (fields.alphabet() == null) {
      check.array(JobKey.TOKEN, fields.token(), WHOLE, false);
    } else {
      check.one(JobKey.TOKEN, fields.token(), LETTERS);
    }
    check.one(JobKey.POSITION, fields.position(), WHOLE);
    check.one(JobKey.TIME_FIELD, fields.time(), fields.timeUnit() == null ? TEXT : NUMBER);
    check.one(JobKey.START, fields.start(), FLAG);
    check.one(JobKey.END, fields.end(), FLAG);
  }

  private void one(JobKey key, String field, Set<Schema.Type> types) {
    find(key, field)
        .filter(found -> !types.contains(found.getType()))
        .ifPresent(found -> report(key, field, found, words(types)));
  }

  private void array(JobKey key, String field, Set<Schema.Type> types, boolean required) {
    find(key, field).ifPresent(found -> array(key, field, types, required, found));
  }

  private void array(
      JobKey key, String field, Set<Schema.Type> types, boolean required, Schema found) {
    Schema item = found;
    while (item.getType() == Schema.Type.ARRAY) {
      item = present(item.getElementType());
    }
    if (!types.contains(item.getType()) || (required && found.getType() != Schema.Type.ARRAY)) {
      report(
          key,
          field,
          found,
          (required ? "" : words(types) + ", or ") + "an array of " + words(types));
    }
  }

  private void report(JobKey key, String field, Schema found, String expected) {
    values.report(key, field + " of type " + text(found), "a field of type " + expected);
  }

  private Optional<Schema> find(JobKey key, String field) {
    if (field == null) {
      return Optional.empty();
    }
    Schema at = schema;
    for (String name : field.split("[.]")) {
      List<String> names =
          at.getType() == Schema.Type.RECORD
              ? at.getFields().stream().map(Schema.Field::name).toList()
              : List.of();
      if (!names.contains(name)) {
        values.report(
            key,
            field,
            names.isEmpty()
                ? "no name after " + text(at) + ", which has no fields"
                : "a field of " + at.getFullName() + " (" + String.join(", ", names) + ")",
            Advice.suggestion(Suggestions.of(name, names)));
        return Optional.empty();
      }
      at = present(at.getField(name).schema());
    }
    return Optional.of(at);
  }

  /** The other type of a union with null. */
  private static Schema present(Schema schema) {
    if (schema.getType() != Schema.Type.UNION) {
      return schema;
    }
    List<Schema> others =
        schema.getTypes().stream().filter(s -> s.getType() != Schema.Type.NULL).toList();
    return others.size() == 1 ? others.get(0) : schema;
  }

  private static String words(Set<Schema.Type> types) {
    return types.stream()
        .map(t -> t.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(" or "));
  }

  private static String text(Schema schema) {
    return schema.getType() == Schema.Type.ARRAY
        ? "array of " + text(present(schema.getElementType()))
        : schema.getType().name().toLowerCase(Locale.ROOT);
  }
}
