package dev.riffle.jobs.sequence;

import java.io.Serializable;

/**
 * What the records of a topic are.
 *
 * @param kind how they are written
 * @param schema of {@code avro}: the schema that wrote them, as JSON; null otherwise
 * @param header of {@code avro}: true if 5 bytes of Confluent's stand before each
 */
record RecordFormat(Kind kind, String schema, boolean header) implements Serializable {
  /** How records are written. */
  enum Kind {
    /** Our {@code SequenceEvent}. */
    RIFFLE,
    /** An object of JSON. */
    JSON,
    /** A record of the user's own schema. */
    AVRO,
    /** Our {@code ReadChunk}: DNA, answered with genes. */
    READS
  }
}
