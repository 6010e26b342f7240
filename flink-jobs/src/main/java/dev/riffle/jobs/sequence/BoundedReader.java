package dev.riffle.jobs.sequence;

import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;

/**
 * Reads Avro records of any schema with memory in proportion to their bytes: a count in a record
 * can neither allocate memory for items that are not there, nor bring more items than bytes.
 */
final class BoundedReader extends GenericDatumReader<Object> {
  private static final int MAX_FIRST_CAPACITY = 1024;

  private long left; // items that the record may still have

  /**
   * @param writer schema that wrote the records
   * @param reader schema to read them as
   */
  BoundedReader(Schema writer, Schema reader) {
    super(writer, reader, new BoundedData());
  }

  /** Begins a record of this many bytes. */
  void begin(int bytes) {
    left = bytes;
  }

  @Override
  protected void addToArray(Object array, long position, Object item) {
    count();
    super.addToArray(array, position, item);
  }

  @Override
  protected void addToMap(Object map, Object key, Object value) {
    count();
    super.addToMap(map, key, value);
  }

  @Override
  protected Object newMap(Object old, int size) {
    return super.newMap(old, Math.min(size, MAX_FIRST_CAPACITY));
  }

  private void count() {
    if (--left < 0) {
      throw new AvroRuntimeException("more items of arrays and maps than bytes");
    }
  }

  private static final class BoundedData extends GenericData {
    @Override
    public Object newArray(Object old, int size, Schema schema) {
      return super.newArray(old, Math.min(size, MAX_FIRST_CAPACITY), schema);
    }
  }
}
