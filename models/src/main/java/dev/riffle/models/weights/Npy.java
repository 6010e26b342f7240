package dev.riffle.models.weights;

import dev.riffle.models.ModelException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One numpy array of format 1, 2 or 3 ({@code .npy}), in C or Fortran order, little- or big-endian.
 *
 * <p>Layout: {@code \x93NUMPY}, two bytes of version, the length of the header (u16 little-endian
 * in format 1, else u32), a header such as {@code {'descr': '<f4', 'fortran_order': False, 'shape':
 * (3, 4), }}, data.
 */
final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*(?:'([^']*)'|\\[.*\\])");
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9L,\\s]*)\\)");
  private static final Pattern REST = Pattern.compile("\\{[\\s,]*\\}\\s*");

  private static final Map<String, ElementType> TYPES =
      Arrays.stream(ElementType.values())
          .filter(type -> type != ElementType.BF16)
          .collect(Collectors.toMap(Npy::code, type -> type));

  private final String where;
  private final String name;

  private Npy(String where, String name) {
    this.where = where;
    this.name = name;
  }

  /**
   * Reads an array and adds it to a safetensors file, row-major and little-endian.
   *
   * @param where name of the archive, for messages
   * @throws ModelException if the array is malformed or holds no numbers
   */
  static void read(byte[] content, String name, String where, SafetensorsWriter to) {
    new Npy(where, name).read(ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN), to);
  }

  /** Returns kind and size as numpy writes them, such as {@code f4} for F32. */
  private static String code(ElementType type) {
    return type.name().toLowerCase(Locale.ROOT).charAt(0) + "" + type.bytes();
  }

  private void read(ByteBuffer array, SafetensorsWriter to) {
    String header = readHeader(array);
    Matcher descr = found(DESCR, header);
    Matcher fortran = found(FORTRAN, header);
    Matcher shape = found(SHAPE, header);
    String rest =
        header.replace(descr.group(), "").replace(fortran.group(), "").replace(shape.group(), "");
    if (!REST.matcher(rest).matches()) {
      throw malformed(
          "array '%s': its header %s holds more than descr, fortran_order and shape",
          name, header.strip());
    }
    String written = descr.group(1) == null ? "[...]" : descr.group(1);
    ElementType type = type(written);
    int[] dimensions = dimensions(shape.group(1), type, array.remaining());
    byte[] values = rowMajor(array.slice(), type, dimensions, fortran.group(1).equals("True"));
    if (written.charAt(0) == '>') {
      reverseEach(values, type.bytes());
    }
    to.add(name, type, ByteBuffer.wrap(values), values.length / type.bytes(), dimensions);
  }

  private String readHeader(ByteBuffer array) {
    try {
      byte[] magic = new byte[MAGIC.length];
      array.get(magic);
      int major = array.get();
      array.get(); // the minor version is 0 in all three
      if (!Arrays.equals(magic, MAGIC) || major < 1 || major > 3) {
        throw malformed("'%s.npy' is not a numpy array of format 1, 2 or 3", name);
      }
      long length =
          major == 1
              ? Short.toUnsignedLong(array.getShort())
              : Integer.toUnsignedLong(array.getInt());
      if (length > array.remaining()) {
        throw malformed(
            "array '%s': its header claims %d bytes, but only %d follow",
            name, length, array.remaining());
      }
      byte[] text = new byte[(int) length];
      array.get(text);
      return new String(text, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
    } catch (BufferUnderflowException e) {
      throw malformed("'%s.npy' ends within its header", name);
    }
  }

  private Matcher found(Pattern pattern, String header) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw malformed(
          "array '%s': its header %s does not fit %s", name, header.strip(), pattern.pattern());
    }
    return matcher;
  }

  /** {@code <f4}, {@code >i8}, {@code |b1}, ... */
  private ElementType type(String descr) {
    if (descr.startsWith("|O")) {
      throw malformed(
          "array '%s' holds Python objects (a pickle), which are never read; save arrays of numbers,"
              + " one by one",
          name);
    }
    Optional<ElementType> type =
        Optional.ofNullable(descr.isEmpty() ? null : TYPES.get(descr.substring(1)));
    return type.filter(
            t -> "<>".indexOf(descr.charAt(0)) >= 0 || t.bytes() == 1 && descr.charAt(0) == '|')
        .orElseThrow(
            () ->
                malformed(
                    "array '%s' has the type '%s'; known are f2, f4, f8, i1 to i8, u1 to u8 and b1"
                        + " after '<', '>' or '|' (store complex numbers as two arrays)",
                    name, descr));
  }

  private int[] dimensions(String shape, ElementType type, int bytes) {
    String[] parts = shape.isBlank() ? new String[0] : shape.strip().split("\\s*,\\s*");
    int[] dimensions = new int[parts.length];
    long size = type.bytes();
    try {
      for (int i = 0; i < parts.length; i++) {
        dimensions[i] = Integer.parseInt(parts[i].replaceFirst("L$", ""));
        size = Math.multiplyExact(size, dimensions[i]);
      }
    } catch (NumberFormatException | ArithmeticException e) {
      throw malformed(
          "array '%s' has the shape (%s), expected whole numbers of a product below 2^31",
          name, shape);
    }
    if (size != bytes) {
      throw malformed(
          "array '%s' of type %s and shape %s takes %d bytes, but %d follow its header",
          name, type, Arrays.toString(dimensions), size, bytes);
    }
    return dimensions;
  }

  /** Returns the data in row-major order; in Fortran order the first index varies fastest. */
  private static byte[] rowMajor(ByteBuffer data, ElementType type, int[] shape, boolean fortran) {
    byte[] values = new byte[data.capacity()];
    int bytes = type.bytes();
    if (!fortran || shape.length < 2) {
      data.get(0, values);
      return values;
    }
    int[] index = new int[shape.length];
    for (int to = 0; to < values.length / bytes; to++) {
      // from = i0 + d0 (i1 + d1 (i2 + ...)), built from the last index on
      int rest = to;
      int from = 0;
      for (int d = shape.length - 1; d >= 0; d--) {
        index[d] = rest % shape[d];
        rest /= shape[d];
      }
      for (int d = shape.length - 1; d >= 0; d--) {
        from = from * shape[d] + index[d];
      }
      data.get(from * bytes, values, to * bytes, bytes);
    }
    return values;
  }

  private static void reverseEach(byte[] values, int bytes) {
    for (int at = 0; at < values.length; at += bytes) {
      for (int i = 0; i < bytes / 2; i++) {
        byte kept = values[at + i];
        values[at + i] = values[at + bytes - 1 - i];
        values[at + bytes - 1 - i] = kept;
      }
    }
  }

  private ModelException malformed(String what, Object... values) {
    return Npz.invalid(where, what, values);
  }
}
