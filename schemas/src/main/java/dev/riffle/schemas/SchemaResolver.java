package dev.riffle.schemas;

import java.io.Serializable;
import org.apache.avro.Schema;

/** Tells which schema an id in the wire format stands for. Called once per id and codec. */
public interface SchemaResolver extends Serializable {

  /**
   * The schema that wrote a record.
   *
   * @throws CodecException if the id is not known; the message says what to do
   */
  Schema schema(int id);

  /**
   * The id under which records of this schema are written.
   *
   * @throws CodecException if the schema is not known; the message says what to do
   */
  int id(Schema schema);
}
