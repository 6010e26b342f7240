package dev.riffle.operators;

import dev.riffle.models.Format;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Writes a {@link Format} as a part of records of version 2 and reads it in every version. */
final class Formats {
  private static final int FIRST_WITH_ATTRIBUTES = 2;

  private Formats() {}

  /** Writes the format; attributes are written in the order of their names. */
  static void write(Format format, DataOutputView out) throws IOException {
    out.writeInt(format.rate());
    out.writeInt(format.width());
    Map<String, String> attributes = format.attributes();
    out.writeInt(attributes.size());
    if (!attributes.isEmpty()) {
      for (Map.Entry<String, String> attribute : new TreeMap<>(attributes).entrySet()) {
        VersionedSerializer.writeText(attribute.getKey(), out);
        VersionedSerializer.writeText(attribute.getValue(), out);
      }
    }
  }

  /**
   * Reads a format.
   *
   * @param version version of the record that the format is a part of
   */
  static Format read(int version, DataInputView in) throws IOException {
    int rate = in.readInt();
    int width = in.readInt();
    int count = version < FIRST_WITH_ATTRIBUTES ? 0 : in.readInt();
    if (count == 0) {
      return new Format(rate, width);
    }
    Map<String, String> attributes = new HashMap<>();
    for (int i = 0; i < count; i++) {
      attributes.put(VersionedSerializer.readText(in), VersionedSerializer.readText(in));
    }
    return new Format(rate, width, attributes);
  }
}
