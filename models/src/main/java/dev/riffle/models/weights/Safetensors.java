package dev.riffle.models.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.riffle.models.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A safetensors file in memory: named arrays and a map of text. Everything the file says about
 * itself is checked before anything is used; a file that lies is a {@link ModelException}.
 *
 * <p>Layout: u64 little-endian header length n, n bytes of JSON, data. The data is covered by the
 * tensors exactly: no overlap, no hole, nothing behind the last.
 */
public final class Safetensors {
  /** Longest header that is read, as in the format's own reader. */
  public static final int MAX_HEADER_BYTES = 100_000_000;

  private static final String METADATA = "__metadata__";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** A tensor's line in the header; offsets count from the first byte of data. */
  private record Entry(String name, ElementType type, int[] shape, long begin, long end) {}

  private final String where;
  private final ByteBuffer data;
  private final Map<String, Entry> entries = new TreeMap<>();
  private final Map<String, String> metadata = new TreeMap<>();

  private Safetensors(String where, ByteBuffer data) {
    this.where = where;
    this.data = data;
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
   * Reads a file that is in memory already; the bytes are kept, not copied.
   *
   * @param where what messages call it
   * @throws ModelException if it is malformed
   */
  public static Safetensors parse(byte[] bytes, String where) {
    if (bytes.length < 8) {
      throw malformed(where, "it has %d bytes, fewer than the 8 of a header length", bytes.length);
    }
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long length = file.getLong(0);
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw malformed(
          where,
          "its header claims %s bytes, the limit is %d; is it a safetensors file?",
          Long.toUnsignedString(length),
          MAX_HEADER_BYTES);
    }
    if (length > bytes.length - 8) {
      throw malformed(
          where,
          "its header claims %d bytes, but only %d follow the length; is it cut off?",
          length,
          bytes.length - 8);
    }
    int header = (int) length;
    ByteBuffer data = file.slice(8 + header, bytes.length - 8 - header);
    Safetensors read = new Safetensors(where, data.order(ByteOrder.LITTLE_ENDIAN));
    read.readHeader(file.slice(8, header));
    read.checkCover();
    return read;
  }

  // ------------------------------------------------------------------ header

  private void readHeader(ByteBuffer header) {
    JsonNode root;
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(header).toString();
      if (!text.startsWith("{")) {
        throw malformed(where, "its header does not begin with '{'");
      }
      root = JSON.readTree(text);
    } catch (CharacterCodingException e) {
      throw malformed(where, "its header is not UTF-8 text");
    } catch (JacksonException e) {
      throw malformed(where, "its header is not valid JSON: %s", e.getOriginalMessage());
    }
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals(METADATA)) {
        readMetadata(field.getValue());
      } else {
        entries.put(field.getKey(), readEntry(field.getKey(), field.getValue()));
      }
    }
  }

  private void readMetadata(JsonNode node) {
    if (!node.isObject()) {
      throw malformed(where, "its %s is not a map of text", METADATA);
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw malformed(where, "%s['%s'] is not text", METADATA, field.getKey());
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
  }

  private Entry readEntry(String name, JsonNode node) {
    ElementType type = readType(name, node.path("dtype"));
    long[] dimensions = readNaturals(name, "shape", node.path("shape"));
    long[] offsets = readNaturals(name, "data_offsets", node.path("data_offsets"));
    if (offsets.length != 2) {
      throw malformed(where, "tensor '%s' has %d data_offsets, expected 2", name, offsets.length);
    }
    if (offsets[0] > offsets[1]) {
      throw malformed(
          where, "tensor '%s' begins at byte %d behind its end %d", name, offsets[0], offsets[1]);
    }
    if (offsets[1] > data.capacity()) {
      throw malformed(
          where,
          "tensor '%s' ends at byte %d of the data, which has %d; is the file cut off?",
          name,
          offsets[1],
          data.capacity());
    }
    int[] shape = new int[dimensions.length];
    long size = type.bytes();
    for (int i = 0; i < shape.length; i++) {
      if (dimensions[i] > Integer.MAX_VALUE) {
        throw malformed(where, "tensor '%s' has a dimension of %d", name, dimensions[i]);
      }
      shape[i] = (int) dimensions[i];
      long product = size * dimensions[i];
      if (Math.multiplyHigh(size, dimensions[i]) != 0 || product < 0) {
        throw malformed(
            where, "tensor '%s' of shape %s overflows", name, Arrays.toString(dimensions));
      }
      size = product;
    }
    if (size != offsets[1] - offsets[0]) {
      throw malformed(
          where,
          "tensor '%s' of type %s and shape %s takes %d bytes, but its data_offsets span %d",
          name,
          type,
          Arrays.toString(shape),
          size,
          offsets[1] - offsets[0]);
    }
    return new Entry(name, type, shape, offsets[0], offsets[1]);
  }

  private ElementType readType(String name, JsonNode node) {
    for (ElementType type : ElementType.values()) {
      if (type.name().equals(node.textValue())) {
        return type;
      }
    }
    throw malformed(
        where,
        "tensor '%s' has the element type %s; known are %s",
        name,
        node.isMissingNode() ? "(none)" : node,
        Arrays.toString(ElementType.values()));
  }

  private long[] readNaturals(String name, String field, JsonNode node) {
    if (!node.isArray()) {
      throw malformed(where, "tensor '%s' has no list called %s", name, field);
    }
    long[] values = new long[node.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = node.get(i);
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
        throw malformed(
            where,
            "tensor '%s': %s[%d] is %s, expected a whole number >= 0",
            name,
            field,
            i,
            value);
      }
      values[i] = value.longValue();
    }
    return values;
  }

  private void checkCover() {
    List<Entry> sorted = new ArrayList<>(entries.values());
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long end = 0;
    String last = "the header";
    for (Entry entry : sorted) {
      if (entry.begin != end) {
        throw malformed(
            where,
            "tensor '%s' begins at byte %d, %s before it ends at %d: %s",
            entry.name,
            entry.begin,
            last,
            end,
            entry.begin < end ? "they overlap" : "there is a hole");
      }
      end = entry.end;
      last = "'" + entry.name + "'";
    }
    if (end != data.capacity()) {
      throw malformed(
          where, "its tensors end at byte %d of the data, which has %d", end, data.capacity());
    }
  }

  private static ModelException malformed(String where, String what, Object... values) {
    return new ModelException(
        where + " is not a valid safetensors file: " + String.format(what, values) + ".");
  }

  // ------------------------------------------------------------------ answers

  /** What messages call this file. */
  public String where() {
    return where;
  }

  /** Names of all tensors, sorted. */
  public Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  /** The map of text in the header; empty when there is none. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  public boolean has(String name) {
    return entries.containsKey(name);
  }

  /** Shape of a tensor; {@code []} for a single value. */
  public int[] shape(String name) {
    return entry(name).shape.clone();
  }

  public ElementType type(String name) {
    return entry(name).type;
  }

  /** Number of values of a tensor. */
  public int size(String name) {
    Entry entry = entry(name);
    return (int) ((entry.end - entry.begin) / entry.type.bytes());
  }

  /** All values of a tensor, row-major; integers are widened. NaN and infinities pass. */
  public double[] doubles(String name) {
    Entry entry = entry(name);
    double[] values = new double[size(name)];
    for (int i = 0; i < values.length; i++) {
      values[i] = entry.type.real(data, (int) entry.begin + i * entry.type.bytes());
    }
    return values;
  }

  /** All values of a tensor, row-major, rounded to float where they are wider. */
  public float[] floats(String name) {
    double[] wide = doubles(name);
    float[] values = new float[wide.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) wide[i];
    }
    return values;
  }

  /**
   * All values of a tensor of an integer type, row-major.
   *
   * @throws ModelException if its type is not an integer one
   */
  public long[] longs(String name) {
    Entry entry = entry(name);
    if (entry.type.isReal()) {
      throw new ModelException(
          where
              + ": tensor '"
              + name
              + "' is of type "
              + entry.type
              + ", expected an integer type.");
    }
    long[] values = new long[size(name)];
    for (int i = 0; i < values.length; i++) {
      values[i] = entry.type.integer(data, (int) entry.begin + i * entry.type.bytes());
    }
    return values;
  }

  /** A copy of a tensor's bytes, little-endian and row-major. */
  ByteBuffer bytes(String name) {
    Entry entry = entry(name);
    byte[] copy = new byte[(int) (entry.end - entry.begin)];
    data.get((int) entry.begin, copy);
    return ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw missing(name);
    }
    return entry;
  }

  /** That there is no tensor of this name, and which is the nearest. */
  public ModelException missing(String name) {
    return new ModelException(
        where + " holds no tensor '" + name + "'" + Suggestions.hint(name, names()));
  }
}
