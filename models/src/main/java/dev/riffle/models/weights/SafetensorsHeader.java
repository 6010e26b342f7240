package dev.riffle.models.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.riffle.models.ModelException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads and checks the JSON header of a safetensors file. The tensors must cover the data exactly,
 * without overlap or hole.
 */
final class SafetensorsHeader {
  private static final String METADATA = "__metadata__";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** A tensor of the header; offsets count from the first byte of the data. */
  record Entry(String name, ElementType type, int[] shape, long begin, long end) {}

  private final String where;
  private final int dataBytes;
  private final Map<String, Entry> entries = new TreeMap<>();
  private final Map<String, String> metadata = new TreeMap<>();

  private SafetensorsHeader(String where, int dataBytes) {
    this.where = where;
    this.dataBytes = dataBytes;
  }

  /**
   * Parses a header.
   *
   * @param dataBytes size of the data that follows the header
   * @param where name of the file, for messages
   * @throws ModelException if the header is malformed or does not match the data
   */
  static SafetensorsHeader parse(ByteBuffer header, int dataBytes, String where) {
    SafetensorsHeader parsed = new SafetensorsHeader(where, dataBytes);
    parsed.readHeader(header);
    parsed.checkCover();
    return parsed;
  }

  /** Returns the tensors by name. */
  Map<String, Entry> entries() {
    return entries;
  }

  /** Returns the map of text; empty if the header has none. */
  Map<String, String> metadata() {
    return metadata;
  }

  private void readHeader(ByteBuffer header) {
    JsonNode root;
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(header).toString();
      if (!text.startsWith("{")) {
        throw malformed("its header does not begin with '{'");
      }
      root = JSON.readTree(text);
    } catch (CharacterCodingException e) {
      throw malformed("its header is not UTF-8 text");
    } catch (JacksonException e) {
      throw malformed("its header is not valid JSON: %s", e.getOriginalMessage());
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
      throw malformed("its %s is not a map of text", METADATA);
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw malformed("%s['%s'] is not text", METADATA, field.getKey());
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
  }

  private Entry readEntry(String name, JsonNode node) {
    ElementType type = readType(name, node.path("dtype"));
    long[] dimensions = readNaturals(name, "shape", node.path("shape"));
    long[] offsets = readNaturals(name, "data_offsets", node.path("data_offsets"));
    if (offsets.length != 2) {
      throw malformed("tensor '%s' has %d data_offsets, expected 2", name, offsets.length);
    }
    if (offsets[0] > offsets[1]) {
      throw malformed(
          "tensor '%s' begins at byte %d, after its end %d", name, offsets[0], offsets[1]);
    }
    if (offsets[1] > dataBytes) {
      throw malformed(
          "tensor '%s' ends at byte %d of the data, which has %d; is the file cut off?",
          name, offsets[1], dataBytes);
    }
    int[] shape = new int[dimensions.length];
    long size = type.bytes();
    for (int i = 0; i < shape.length; i++) {
      if (dimensions[i] > Integer.MAX_VALUE) {
        throw malformed("tensor '%s' has a dimension of %d", name, dimensions[i]);
      }
      shape[i] = (int) dimensions[i];
      long product = size * dimensions[i];
      if (Math.multiplyHigh(size, dimensions[i]) != 0 || product < 0) {
        throw malformed("tensor '%s' of shape %s overflows", name, Arrays.toString(dimensions));
      }
      size = product;
    }
    if (size != offsets[1] - offsets[0]) {
      throw malformed(
          "tensor '%s' of type %s and shape %s takes %d bytes, but its data_offsets span %d",
          name, type, Arrays.toString(shape), size, offsets[1] - offsets[0]);
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
        "tensor '%s' has the element type %s; known are %s",
        name, node.isMissingNode() ? "(none)" : node, Arrays.toString(ElementType.values()));
  }

  private long[] readNaturals(String name, String field, JsonNode node) {
    if (!node.isArray()) {
      throw malformed("tensor '%s' has no list called %s", name, field);
    }
    long[] values = new long[node.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = node.get(i);
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
        throw malformed(
            "tensor '%s': %s[%d] is %s, expected a whole number >= 0", name, field, i, value);
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
    if (end != dataBytes) {
      throw malformed("its tensors end at byte %d of the data, which has %d", end, dataBytes);
    }
  }

  private ModelException malformed(String what, Object... values) {
    return invalid(where, what, values);
  }

  static ModelException invalid(String where, String what, Object... values) {
    return new ModelException(
        where + " is not a valid safetensors file: " + String.format(what, values) + ".");
  }
}
