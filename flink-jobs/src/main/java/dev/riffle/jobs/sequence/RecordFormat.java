package dev.riffle.jobs.sequence;

import java.io.Serializable;
import java.util.Locale;

/**
 * Format of the records of an input topic.
 *
 * @param kind of encoding
 * @param schema for {@code avro}: the schema that wrote the records, as JSON; null otherwise
 * @param header for {@code avro}: true if each record starts with 5 bytes of Confluent's wire
 *     format
 */
record RecordFormat(Kind kind, String schema, boolean header) implements Serializable {
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
