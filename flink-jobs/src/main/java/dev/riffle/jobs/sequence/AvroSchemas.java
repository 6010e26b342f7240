package dev.riffle.jobs.sequence;

import java.util.Optional;

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
}
