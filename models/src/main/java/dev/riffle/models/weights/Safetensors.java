package dev.riffle.models.weights;

import dev.riffle.models.ModelException;
import dev.riffle.models.weights.SafetensorsHeader.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * A safetensors file in memory: named tensors and a map of text. The header is checked against the
 * data before any value is read; an inconsistent file is a {@link ModelException}.
 *
 * <p>Layout: u64 little-endian header length n, n bytes of JSON, data. The tensors cover the data
 * exactly, without overlap or hole.
 */
public final class Safetensors {
  /** Maximum size of a header, as in the reference reader of the format. */
  public static final int MAX_HEADER_BYTES = 100_000_000;

  private final String where;
  private final ByteBuffer data;
  private final Map<String, Entry> entries;
  private final Map<String, String> metadata;

  private Safetensors(String where, ByteBuffer data, SafetensorsHeader header) {
    this.where = where;
    this.data = data;
    this.entries = header.entries();
    this.metadata = header.metadata();
  }

  /**
   * Reads a file of up to 2 GiB.
   *
   * @throws ModelException if it cannot be read or is malformed
   */
  public static Safetensors read(Path file) {
    try {
      return parse(Files.readAllBytes(file), file.toString());
    } catch (IOException | OutOfMemoryError e) { // the latter for a file beyond 2 GiB, too
      throw new ModelException("Cannot read weights from " + file + ": " + e, e);
    }
  }

  /**
   * Parses a file in memory. The bytes are not copied.
   *
   * @param where name of the file, for messages
   * @throws ModelException if it is malformed
   */
  public static Safetensors parse(byte[] bytes, String where) {
    if (bytes.length < 8) {
      throw SafetensorsHeader.invalid(
          where, "it has %d bytes, fewer than the 8 of a header length", bytes.length);
    }
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long length = file.getLong(0);
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw SafetensorsHeader.invalid(
          where,
          "its header claims %s bytes, the limit is %d; is it a safetensors file?",
          Long.toUnsignedString(length),
          MAX_HEADER_BYTES);
    }
    if (length > bytes.length - 8) {
      throw SafetensorsHeader.invalid(
          where,
          "its header claims %d bytes, but only %d follow the length; is it cut off?",
          length,
          bytes.length - 8);
    }
    int header = (int) length;
    ByteBuffer data = file.slice(8 + header, bytes.length - 8 - header);
    return new Safetensors(
        where,
        data.order(ByteOrder.LITTLE_ENDIAN),
        SafetensorsHeader.parse(file.slice(8, header), data.capacity(), where));
  }

  /** Returns the name of this file, for messages. */
  public String where() {
    return where;
  }

  /** Returns the names of all tensors, sorted. */
  public Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  /** Returns the map of text in the header; empty if there is none. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  public boolean has(String name) {
    return entries.containsKey(name);
  }

  /** Returns the shape of a tensor; {@code []} for a single value. */
  public int[] shape(String name) {
    return entry(name).shape().clone();
  }

  public ElementType type(String name) {
    return entry(name).type();
  }

  /** Returns the number of values of a tensor. */
  public int size(String name) {
    Entry entry = entry(name);
    return (int) ((entry.end() - entry.begin()) / entry.type().bytes());
  }

  /** Returns all values of a tensor, row-major. Integers are widened; NaN and infinities pass. */
  public double[] doubles(String name) {
    Entry entry = entry(name);
    double[] values = new double[size(name)];
    for (int i = 0; i < values.length; i++) {
      values[i] = entry.type().real(data, (int) entry.begin() + i * entry.type().bytes());
    }
    return values;
  }

  /** Returns all values of a tensor, row-major, rounded to float. */
  public float[] floats(String name) {
    double[] wide = doubles(name);
    float[] values = new float[wide.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) wide[i];
    }
    return values;
  }

  /**
   * Returns all values of a tensor of an integer type, row-major.
   *
   * @throws ModelException if the type is not an integer type
   */
  public long[] longs(String name) {
    Entry entry = entry(name);
    if (entry.type().isReal()) {
      throw new ModelException(
          String.format(
              "%s: tensor '%s' is of type %s, expected an integer type.",
              where, name, entry.type()));
    }
    long[] values = new long[size(name)];
    for (int i = 0; i < values.length; i++) {
      values[i] = entry.type().integer(data, (int) entry.begin() + i * entry.type().bytes());
    }
    return values;
  }

  /** Returns a copy of the bytes of a tensor, little-endian and row-major. */
  public ByteBuffer bytes(String name) {
    Entry entry = entry(name);
    byte[] copy = new byte[(int) (entry.end() - entry.begin())];
    data.get((int) entry.begin(), copy);
    return ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw missing(name);
    }
    return entry;
  }

  /** Creates the error for a missing tensor, with the most similar name. */
  public ModelException missing(String name) {
    return new ModelException(
        where + " holds no tensor '" + name + "'" + Suggestions.hint(name, names()));
  }
}
