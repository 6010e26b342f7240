package dev.riffle.jobs.sequence;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;

/**
 * The Avro schemas that a job file names, as JSON.
 *
 * @param reader {@code source.schema}
 * @param writer {@code source.writer-schema}; empty if it is the same
 */
record AvroSchemas(Optional<String> reader, Optional<String> writer) {
  /** Of a job without Avro, or of a file whose schemas are still to be read. */
  static final AvroSchemas NONE = new AvroSchemas(Optional.empty(), Optional.empty());

  private static final int MAX_EMPTY_PARTS = 10_000;

  /** The schemas of a format of records. */
  static AvroSchemas of(RecordFormat format) {
    return new AvroSchemas(
        Optional.ofNullable(format.schema()), Optional.ofNullable(format.writerSchema()));
  }

  /**
   * Why a schema is not accepted as that of a writer.
   *
   * @param expected the schema that is
   * @param hint what would happen, as a sentence
   */
  record Problem(String expected, String hint) {}

  /**
   * Checks that records of a writer's schema are read in time in proportion to their bytes. Avro
   * skips what the reader does not have part by part, whether or not a part takes bytes.
   */
  static Optional<Problem> problem(Schema writer) {
    if (writer.getType() != Schema.Type.RECORD) {
      return Optional.of(
          new Problem(
              "the schema of a record, not of type " + writer.getType(),
              "Records with fields are read."));
    }
    IdentityHashMap<Schema, Integer> emptyParts = new IdentityHashMap<>();
    Set<Schema> types = Collections.newSetFromMap(new IdentityHashMap<>());
    addTypes(writer, types);
    for (Schema type : types) {
      if (type.getType() == Schema.Type.ARRAY
          && takesNoBytes(
              type.getElementType(), Collections.newSetFromMap(new IdentityHashMap<>()))) {
        return Optional.of(
            new Problem(
                "a schema without arrays of items that take no bytes, such as null",
                "A few bytes of a record could contain any number of them."));
      }
    }
    for (Schema type : types) {
      if (emptyParts(type, emptyParts) > MAX_EMPTY_PARTS) {
        return Optional.of(
            new Problem(
                "a schema whose records contain at most "
                    + MAX_EMPTY_PARTS
                    + " parts that take no bytes",
                "Its records contain records over and over. Put a union with null, or an array, in"
                    + " between."));
      }
    }
    return Optional.empty();
  }

  private static void addTypes(Schema schema, Set<Schema> types) {
    if (types.add(schema)) {
      switch (schema.getType()) {
        case ARRAY -> addTypes(schema.getElementType(), types);
        case MAP -> addTypes(schema.getValueType(), types);
        case UNION -> schema.getTypes().forEach(type -> addTypes(type, types));
        case RECORD -> schema.getFields().forEach(field -> addTypes(field.schema(), types));
        default -> {}
      }
    }
  }

  /** A record that contains itself takes bytes: those of the union or array in between. */
  private static boolean takesNoBytes(Schema schema, Set<Schema> seen) {
    return switch (schema.getType()) {
      case NULL -> true;
      case FIXED -> schema.getFixedSize() == 0;
      case RECORD ->
          !seen.add(schema)
              || schema.getFields().stream().allMatch(field -> takesNoBytes(field.schema(), seen));
      default -> false;
    };
  }

  /** Parts without bytes that each value of a schema has, counted up to a little over the limit. */
  private static int emptyParts(Schema schema, IdentityHashMap<Schema, Integer> known) {
    return switch (schema.getType()) {
      case NULL -> 1;
      case FIXED -> schema.getFixedSize() == 0 ? 1 : 0;
      case RECORD -> {
        Integer counted = known.putIfAbsent(schema, MAX_EMPTY_PARTS + 1); // if it contains itself
        if (counted != null) {
          yield counted;
        }
        int parts = 1;
        for (Schema.Field field : schema.getFields()) {
          parts = Math.min(MAX_EMPTY_PARTS + 1, parts + emptyParts(field.schema(), known));
        }
        known.put(schema, parts);
        yield parts;
      }
      default -> 0;
    };
  }

  /** Why records of a writer cannot be read as those of a reader; empty if they can. */
  static Optional<String> incompatibility(Schema reader, Schema writer) {
    var result = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult();
    return result.getCompatibility() == SchemaCompatibilityType.INCOMPATIBLE
        ? Optional.of(
            result.getIncompatibilities().stream()
                .map(problem -> problem.getMessage() + " at " + problem.getLocation())
                .collect(Collectors.joining("; ")))
        : Optional.empty();
  }
}
