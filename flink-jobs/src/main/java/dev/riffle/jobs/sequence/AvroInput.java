package dev.riffle.jobs.sequence;

import dev.riffle.jobs.registry.Retries;
import dev.riffle.jobs.stream.UnavailableException;
import dev.riffle.models.InputException;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * Decodes records of a user's Avro schema, with or without the header of Confluent's wire format.
 *
 * <p>Not thread-safe.
 */
final class AvroInput {
  private static final int MAX_SHOWN = 100;

  private final RecordFormat format;
  private final Optional<WriterSchemas> registered;
  private final Optional<BoundedReader> only; // without a registry
  private BinaryDecoder decoder;

  /**
   * @param format of Avro records
   * @param retries of requests to the registry, if the format has one
   */
  AvroInput(RecordFormat format, Retries retries) {
    this.format = format;
    Schema schema = new Schema.Parser().parse(format.schema());
    if (format.registry() != null) {
      registered = Optional.of(new WriterSchemas(schema, format.registry(), retries));
      only = Optional.empty();
    } else {
      Schema writer =
          format.writerSchema() == null ? schema : new Schema.Parser().parse(format.writerSchema());
      registered = Optional.empty();
      only = Optional.of(new BoundedReader(writer, schema));
    }
  }

  /**
   * Decodes a record.
   *
   * @throws InputException if it cannot be read as {@code source.schema}
   * @throws UnavailableException if the registry cannot be asked for its schema
   */
  Object read(byte[] value) {
    if (format.header() && (value.length < AvroCodec.HEADER_BYTES || value[0] != 0)) {
      throw new InputException(
          String.format(
              "Expected a zero byte and a schema id of 4 bytes before the record but it begins with"
                  + " 0x%02x and has %d bytes: %s if records start without them.",
              value[0],
              value.length,
              format.registry() == null
                  ? "set source.confluent-header to false"
                  : "name source.writer-schema instead of source.registry"));
    }
    int id = format.header() ? ByteBuffer.wrap(value).getInt(1) : 0;
    BoundedReader reader = registered.map(all -> all.reader(id)).or(() -> only).orElseThrow();
    return read(reader, value, id);
  }

  private Object read(BoundedReader reader, byte[] value, int id) {
    int from = format.header() ? AvroCodec.HEADER_BYTES : 0;
    try {
      reader.begin(value.length - from);
      decoder = DecoderFactory.get().binaryDecoder(value, from, value.length - from, decoder);
      Object read = reader.read(null, decoder);
      if (!decoder.isEnd()) {
        throw new InputException(
            "Expected one record but "
                + decoder.inputStream().available()
                + " bytes follow it: a schema other than "
                + writer(id)
                + " wrote it"
                + orHeader());
      }
      return read;
    } catch (InputException e) {
      throw e;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      throw new InputException(
          "Expected a record of source.schema but its "
              + value.length
              + " bytes cannot be read as that ("
              + Printable.line(String.valueOf(e), MAX_SHOWN)
              + "): they were cut, or "
              + (registered.isPresent() ? "a schema other than " + writer(id) : "another schema")
              + " wrote them"
              + (format.header() ? "." : ", or they start with 5 bytes (confluent-header)."),
          e);
    }
  }

  private String writer(int id) {
    if (registered.isPresent()) {
      return "that with id " + id + " of the registry " + format.registry().url();
    }
    return format.writerSchema() == null ? "source.schema" : "source.writer-schema";
  }

  private String orHeader() {
    return format.header() ? "." : ", or it starts with 5 bytes (confluent-header).";
  }
}
