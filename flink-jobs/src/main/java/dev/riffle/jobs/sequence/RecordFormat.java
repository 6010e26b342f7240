package dev.riffle.jobs.sequence;

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
 */
record RecordFormat(Kind kind, String schema, String writerSchema, boolean header)
    implements Serializable {
  /** A format whose records were written with the schema that reads them. */
  RecordFormat(Kind kind, String schema, boolean header) {
    this(kind, schema, null, header);
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
