package dev.riffle.models.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.riffle.models.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes safetensors files. The same content gives the same bytes, in whatever order it was added.
 * Tensors are sorted by element size, largest first, then by name. The header is padded with
 * spaces, so that every value is aligned.
 */
public final class SafetensorsWriter {
  private static final JsonMapper JSON = new JsonMapper();

  private record Array(ElementType type, int[] shape, byte[] bytes) {}

  private final Map<String, Array> arrays = new TreeMap<>();
  private final Map<String, String> metadata = new TreeMap<>();

  /** Adds an entry to the map of text. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /** Adds an F32 tensor. */
  public SafetensorsWriter add(String name, float[] values, int... shape) {
    ByteBuffer bytes = buffer(values.length, ElementType.F32);
    bytes.asFloatBuffer().put(values);
    return add(name, ElementType.F32, bytes, values.length, shape);
  }

  /** Adds an F64 tensor. */
  public SafetensorsWriter add(String name, double[] values, int... shape) {
    ByteBuffer bytes = buffer(values.length, ElementType.F64);
    bytes.asDoubleBuffer().put(values);
    return add(name, ElementType.F64, bytes, values.length, shape);
  }

  /** Adds an I64 tensor. */
  public SafetensorsWriter add(String name, long[] values, int... shape) {
    ByteBuffer bytes = buffer(values.length, ElementType.I64);
    bytes.asLongBuffer().put(values);
    return add(name, ElementType.I64, bytes, values.length, shape);
  }

  /** Adds a tensor of a floating-point type; values are rounded to it. */
  public SafetensorsWriter add(String name, ElementType type, double[] values, int... shape) {
    ByteBuffer bytes = buffer(values.length, type);
    for (int i = 0; i < values.length; i++) {
      type.put(bytes, i * type.bytes(), values[i]);
    }
    return add(name, type, bytes, values.length, shape);
  }

  /** Copies a tensor of another file under this name, bit for bit. */
  public SafetensorsWriter copy(String name, Safetensors from, String tensor) {
    return add(name, from.type(tensor), from.bytes(tensor), from.size(tensor), from.shape(tensor));
  }

  private static ByteBuffer buffer(int values, ElementType type) {
    return ByteBuffer.allocate(values * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Adds a tensor of little-endian bytes in row-major order. */
  SafetensorsWriter add(String name, ElementType type, ByteBuffer bytes, int values, int[] shape) {
    long size = 1;
    for (int dimension : shape) {
      size *= dimension;
    }
    if (size != values) {
      throw new IllegalArgumentException(
          String.format(
              "Tensor '%s' of shape %s has %d values, but %d were given.",
              name, Arrays.toString(shape), size, values));
    }
    if (arrays.put(name, new Array(type, shape.clone(), bytes.array())) != null) {
      throw new IllegalArgumentException("Tensor '" + name + "' was added before.");
    }
    return this;
  }

  /** Returns the bytes of the file. */
  public byte[] toBytes() {
    List<String> order = new ArrayList<>(arrays.keySet());
    order.sort(Comparator.comparingInt((String name) -> -arrays.get(name).type.bytes()));

    Map<String, Object> header = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      header.put("__metadata__", metadata);
    }
    int end = 0;
    for (String name : order) {
      Array array = arrays.get(name);
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("dtype", array.type.name());
      line.put("shape", array.shape);
      line.put("data_offsets", new int[] {end, end += array.bytes.length});
      header.put(name, line);
    }
    byte[] text = json(header);
    int padded = (text.length + 7) / 8 * 8;

    ByteBuffer file = ByteBuffer.allocate(8 + padded + end).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(padded).put(text);
    while (file.position() < 8 + padded) {
      file.put((byte) ' ');
    }
    for (String name : order) {
      file.put(arrays.get(name).bytes);
    }
    return file.array();
  }

  private static byte[] json(Object value) {
    try {
      return JSON.writeValueAsString(value).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A map of text and numbers did not become JSON", e);
    }
  }

  /** Writes a temporary file, then renames it: readers see a complete file or none. */
  public void write(Path file) {
    Path beside = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.write(beside, toBytes());
      Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new ModelException("Cannot write weights to " + file + ": " + e, e);
    }
  }
}
