package dev.riffle.schemas;

import java.io.Serializable;
import org.apache.avro.Schema;

/** Maps the schema ids of the wire format to schemas. Called once per id and codec. */
public interface SchemaResolver extends Serializable {

  /**
   * The schema with an id.
   *
   * @throws CodecException if the id is unknown; the message says what to do
   */
  Schema schema(int id);

  /**
   * The id with which records of this schema are written.
   *
   * @throws CodecException if the schema is unknown; the message says what to do
   */
  int id(Schema schema);
}
