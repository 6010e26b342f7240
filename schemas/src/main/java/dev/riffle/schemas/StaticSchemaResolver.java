package dev.riffle.schemas;

import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectStreamException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * All schemas of this release, old and current, with fixed ids, so that no schema registry is
 * needed. The id of a schema is its index in {@link #HISTORY}, counted from 1.
 */
public final class StaticSchemaResolver implements SchemaResolver {
  private static final long serialVersionUID = 1;

  /**
   * Names of all schemas, {@code <Record>.v<version>}. Append only. A record is written with its
   * last version.
   */
  public static final List<String> HISTORY =
      List.of(
          "AudioChunk.v1",
          "SequenceEvent.v1",
          "NoteEvent.v1",
          "Prediction.v1",
          "SessionEvent.v1",
          "DeadLetter.v1",
          "NoteEvent.v2",
          "ReadChunk.v1",
          "GeneEvent.v1",
          "ReadDecision.v1");

  /** The only instance. */
  public static final StaticSchemaResolver INSTANCE = new StaticSchemaResolver();

  private final transient List<Schema> schemas = new ArrayList<>();

  private StaticSchemaResolver() {
    for (String name : HISTORY) {
      schemas.add(read("/history/" + name + ".avsc"));
    }
  }

  private static Schema read(String resource) {
    try (InputStream in = StaticSchemaResolver.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new CodecException(
            "The schema " + resource + " is missing from the jar of the schemas module.");
      }
      return new Schema.Parser().parse(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the schema " + resource + ".", e);
    }
  }

  @Override
  public Schema schema(int id) {
    if (id < 1 || id > schemas.size()) {
      throw new CodecException(
          "Schema id "
              + id
              + " is unknown: this release has ids 1 to "
              + schemas.size()
              + " ("
              + String.join(", ", HISTORY)
              + "). If a newer release wrote the record, update this reader. If a producer took the"
              + " id from a schema registry, let it write with the ids of this release.");
    }
    return schemas.get(id - 1);
  }

  @Override
  public int id(Schema schema) {
    long wanted = SchemaNormalization.parsingFingerprint64(schema);
    for (int i = schemas.size(); i-- > 0; ) {
      if (SchemaNormalization.parsingFingerprint64(schemas.get(i)) == wanted) {
        return i + 1;
      }
    }
    throw new CodecException(
        "The schema of "
            + schema.getFullName()
            + " is not in history/: copy it there under the next version and append its name to"
            + " StaticSchemaResolver.HISTORY.");
  }

  private Object readResolve() throws ObjectStreamException {
    return INSTANCE;
  }
}
