package dev.riffle.schemas;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.avro.util.ClassSecurityValidator;

/**
 * Encodes and decodes records in the Confluent wire format: a zero byte, the schema id as
 * big-endian int32, then Avro binary. Records that an older schema wrote are decoded into the
 * current class: missing fields get their defaults, removed fields are skipped.
 *
 * <p>Not thread-safe, as buffers are reused between calls: create one codec per thread. The
 * returned records and byte arrays are new and belong to the caller.
 */
public final class AvroCodec<T extends SpecificRecordBase> {
  /** Bytes before the Avro binary: the zero byte and the schema id. */
  public static final int HEADER_BYTES = 5;

  private static final int MAX_FIRST_CAPACITY = 1024;

  private final String name;
  private final Schema schema;
  private final SchemaResolver resolver;
  private final SpecificData data;
  private final SpecificDatumWriter<T> writer;
  private final int writerId;
  private final Map<Integer, SpecificDatumReader<T>> readers = new HashMap<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
  private BinaryEncoder encoder;
  private BinaryDecoder decoder;

  /** A codec with the schemas of this release. */
  public static <T extends SpecificRecordBase> AvroCodec<T> of(Class<T> type) {
    return new AvroCodec<>(type, StaticSchemaResolver.INSTANCE);
  }

  /**
   * A codec with the schemas of a resolver.
   *
   * @throws CodecException if the resolver does not know the current schema of the record
   */
  public AvroCodec(Class<T> type, SchemaResolver resolver) {
    this.name = type.getSimpleName();
    this.resolver = resolver;
    this.data = new BoundedData(type.getClassLoader());
    SpecificData.getForClass(type).getConversions().forEach(data::addLogicalTypeConversion);
    this.schema = data.getSchema(type);
    trust(type, schema);
    this.writer = new SpecificDatumWriter<>(schema, data);
    this.writerId = resolver.id(schema);
  }

  /** Avro instantiates only trusted classes: registers the records of this module in this JVM. */
  @SuppressWarnings("LockOnNonEnclosingClassLiteral") // the setting is global to the JVM
  private static void trust(Class<?> type, Schema schema) {
    synchronized (ClassSecurityValidator.class) {
      ClassSecurityValidator.ClassSecurityPredicate global = ClassSecurityValidator.getGlobal();
      if (!global.isTrusted(type)) {
        ClassSecurityValidator.Builder trusted = ClassSecurityValidator.builder();
        addNames(schema, trusted);
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(global, trusted.build()));
      }
    }
  }

  private static void addNames(Schema schema, ClassSecurityValidator.Builder names) {
    switch (schema.getType()) {
      case RECORD -> {
        names.add(schema.getFullName());
        schema.getFields().forEach(field -> addNames(field.schema(), names));
      }
      case ENUM, FIXED -> names.add(schema.getFullName());
      case UNION -> schema.getTypes().forEach(type -> addNames(type, names));
      case ARRAY -> addNames(schema.getElementType(), names);
      case MAP -> addNames(schema.getValueType(), names);
      default -> {}
    }
  }

  /**
   * Encodes a record.
   *
   * @throws CodecException if a field that may not be null is null
   */
  public byte[] encode(T record) {
    bytes.reset();
    bytes.write(0);
    bytes.write(writerId >>> 24);
    bytes.write(writerId >>> 16);
    bytes.write(writerId >>> 8);
    bytes.write(writerId);
    try {
      encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
      writer.write(record, encoder);
      encoder.flush();
    } catch (IOException | RuntimeException e) {
      encoder = null; // it may still hold a part of this record
      throw new CodecException("Cannot write this " + name + ": " + e.getMessage(), e);
    }
    return bytes.toByteArray();
  }

  /**
   * Decodes a record.
   *
   * @param message the value of a Kafka record; null is refused as empty
   * @throws CodecException if the value is empty, does not begin with the zero byte, names an
   *     unknown schema or that of another record, ends early, or continues after the record
   */
  public T decode(byte[] message) {
    if (message == null || message.length == 0) {
      throw new CodecException(
          "Expected "
              + name
              + " but the value is empty. Riffle's topics are not compacted: nothing should write"
              + " empty values to them.");
    }
    if (message[0] != 0) {
      throw new CodecException(
          String.format(
              "Expected %s in the Confluent wire format, which begins with the byte 0x00, but the"
                  + " first byte is 0x%02x. Let the producer write the zero byte and the schema id"
                  + " before the Avro binary.",
              name, message[0]));
    }
    if (message.length < HEADER_BYTES) {
      throw new CodecException(
          "Expected "
              + name
              + " but the value ends after "
              + message.length
              + " bytes, before"
              + " its schema id is complete (5 bytes). The value was cut off.");
    }
    int id = ByteBuffer.wrap(message).getInt(1);
    SpecificDatumReader<T> reader = readers.computeIfAbsent(id, this::reader);
    try {
      int length = message.length - HEADER_BYTES;
      decoder = DecoderFactory.get().binaryDecoder(message, HEADER_BYTES, length, decoder);
      T record = reader.read(null, decoder);
      if (!decoder.isEnd()) {
        throw new CodecException(
            "Expected one "
                + name
                + " but "
                + decoder.inputStream().available()
                + " bytes follow it: the schema id ("
                + id
                + ") is not that of the schema that wrote the record, or two records were joined.");
      }
      return record;
    } catch (CodecException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new CodecException(
          "Expected "
              + name
              + " written with schema id "
              + id
              + " but its "
              + message.length
              + " bytes cannot be read as that ("
              + e.getClass().getSimpleName()
              + (e.getMessage() == null ? "" : ": " + e.getMessage())
              + "). They were cut off, or written with another schema.",
          e);
    }
  }

  private SpecificDatumReader<T> reader(int id) {
    Schema written = resolver.schema(id);
    if (!written.getFullName().equals(schema.getFullName())) {
      throw new CodecException(
          "Expected "
              + schema.getFullName()
              + " but schema id "
              + id
              + " is "
              + written.getFullName()
              + ": the record is on the wrong topic.");
    }
    return new SpecificDatumReader<>(written, schema, data);
  }

  /** Grows arrays item by item, so that an invalid count cannot allocate memory at once. */
  private static final class BoundedData extends SpecificData {
    BoundedData(ClassLoader loader) {
      super(loader);
    }

    @Override
    public Object newArray(Object old, int size, Schema schema) {
      return super.newArray(old, Math.min(size, MAX_FIRST_CAPACITY), schema);
    }
  }
}
