package dev.riffle.jobs.sequence;

import dev.riffle.jobs.registry.RegistryAccess;
import java.io.Serializable;
import java.util.Locale;

/**
 * Format of the records of an input topic.
 *
 * @param kind of encoding
 * @param schema for {@code avro}: the schema to read the records as, as JSON; null otherwise
 * @param writerSchema for {@code avro}: the schema that wrote the records, as JSON; null if it is
 *     the same
 * @param header for {@code avro}: true if each record starts with 5 bytes of Confluent's wire
 *     format
 * @param registry for {@code avro} with a header: the registry that has the schemas that wrote the
 *     records; null if it is not asked
 */
record RecordFormat(
    Kind kind, String schema, String writerSchema, boolean header, RegistryAccess registry)
    implements Serializable {
  /** A format whose records were written with the schema that reads them. */
  RecordFormat(Kind kind, String schema, boolean header) {
    this(kind, schema, null, header, null);
  }

  /** A format whose records were all written with one schema. */
  RecordFormat(Kind kind, String schema, String writerSchema, boolean header) {
    this(kind, schema, writerSchema, header, null);
  }

  /** Avro records whose ids name the schemas in a registry that wrote them. */
  static RecordFormat registered(String schema, RegistryAccess registry) {
    return new RecordFormat(Kind.AVRO, schema, null, true, registry);
  }

  /** Encodings of records. */
  enum Kind {
    /** Riffle's {@code SequenceEvent}. */
    RIFFLE,
    /** A JSON object. */
    JSON,
    /** A record of the user's own Avro schema. */
    AVRO;

    /** Name in a job file. */
    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
