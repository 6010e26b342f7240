package dev.riffle.jobs.sequence;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.Schema;

/**
 * The Avro schemas that a job file names, as JSON.
 *
 * @param reader {@code source.schema}
 * @param writer {@code source.writer-schema}; empty if it is the same
 */
record AvroSchemas(Optional<String> reader, Optional<String> writer) {
  /** Of a job without Avro, or of a file whose schemas are still to be read. */
  static final AvroSchemas NONE = new AvroSchemas(Optional.empty(), Optional.empty());

  /** The schemas of a format of records. */
  static AvroSchemas of(RecordFormat format) {
    return new AvroSchemas(
        Optional.ofNullable(format.schema()), Optional.ofNullable(format.writerSchema()));
  }

  /**
   * Whether records of a schema may have arrays of items without bytes, such as null. Avro skips an
   * array that the reader does not have item by item, so a few bytes could keep it busy forever.
   */
  static boolean hasEmptyItems(Schema schema) {
    return hasEmptyItems(schema, Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  private static boolean hasEmptyItems(Schema schema, Set<Schema> seen) {
    if (!seen.add(schema)) {
      return false;
    }
    return switch (schema.getType()) {
      case ARRAY ->
          takesNoBytes(schema.getElementType()) || hasEmptyItems(schema.getElementType(), seen);
      case MAP -> hasEmptyItems(schema.getValueType(), seen);
      case UNION -> schema.getTypes().stream().anyMatch(type -> hasEmptyItems(type, seen));
      case RECORD ->
          schema.getFields().stream().anyMatch(field -> hasEmptyItems(field.schema(), seen));
      default -> false;
    };
  }

  /** A record that contains itself takes bytes: those of the union or array in between. */
  private static boolean takesNoBytes(Schema schema) {
    return switch (schema.getType()) {
      case NULL -> true;
      case FIXED -> schema.getFixedSize() == 0;
      case RECORD -> schema.getFields().stream().allMatch(field -> takesNoBytes(field.schema()));
      default -> false;
    };
  }
}
