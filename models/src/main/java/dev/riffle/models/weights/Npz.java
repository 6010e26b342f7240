package dev.riffle.models.weights;

import dev.riffle.models.ModelException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Reads and writes numpy's {@code .npz}: a zip of {@code .npy} arrays of format 1, 2 or 3, in C or
 * Fortran order, little- or big-endian. The answer is the view that {@link Safetensors} gives:
 * row-major, under the arrays' names. Arrays of Python objects are refused: they are pickles, which
 * run what they hold.
 *
 * <p>Layout of an array: {@code \x93NUMPY}, two bytes of version, the header's length (u16
 * little-endian in format 1, else u32), a header such as {@code {'descr': '<f4', 'fortran_order':
 * False, 'shape': (3, 4), }}, data.
 */
public final class Npz {
  private static final String SUFFIX = ".npy";
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final long MOST_BYTES = 2_000_000_000;

  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*(?:'([^']*)'|\\[.*\\])");
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9L,\\s]*)\\)");
  private static final Pattern REST = Pattern.compile("\\{[\\s,]*\\}\\s*");

  private final String where;
  private final SafetensorsWriter arrays = new SafetensorsWriter();
  private final Set<String> names = new HashSet<>();
  private long total;

  private Npz(String where) {
    this.where = where;
  }

  /**
   * Reads a file of up to 2 GB of arrays.
   *
   * @throws ModelException if it cannot be read, is malformed or holds what are no numbers
   */
  public static Safetensors read(Path file) {
    Npz npz = new Npz(file.toString());
    try (ZipFile zip = new ZipFile(file.toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        npz.add(zip, entries.nextElement());
      }
    } catch (IOException | IllegalArgumentException | OutOfMemoryError e) {
      throw new ModelException(
          "Cannot read weights from "
              + file
              + ": "
              + e
              + ". Expected a file of numpy.savez or numpy.savez_compressed; is it cut off?",
          e);
    }
    return Safetensors.parse(npz.arrays.toBytes(), npz.where);
  }

  /**
   * Writes these tensors as {@code numpy.savez} does, without compression; the same content gives
   * the same bytes.
   *
   * @throws ModelException if a tensor is of a type that numpy does not have, which is BF16
   */
  public static byte[] toBytes(Safetensors tensors) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(file)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (String name : tensors.names()) {
        byte[] header = header(tensors, name);
        byte[] values = tensors.bytes(name).array();
        CRC32 sum = new CRC32();
        sum.update(header);
        sum.update(values);
        ZipEntry entry = new ZipEntry(name + SUFFIX);
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0)); // zip's first day
        entry.setSize(header.length + (long) values.length);
        entry.setCrc(sum.getValue());
        zip.putNextEntry(entry);
        zip.write(header);
        zip.write(values);
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return file.toByteArray();
  }

  /** All bytes before the values, with a length that aligns the values at 64 bytes. */
  private static byte[] header(Safetensors tensors, String name) {
    String shape =
        Arrays.stream(tensors.shape(name)).mapToObj(d -> d + ",").collect(Collectors.joining(" "));
    String text =
        String.format(
            "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
            descr(tensors, name), shape);
    int length = (MAGIC.length + 4 + text.length() + 1 + 63) / 64 * 64;
    ByteBuffer header = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    header.put(MAGIC).put((byte) 1).put((byte) 0);
    header.putShort((short) (length - MAGIC.length - 4));
    header.put(text.getBytes(StandardCharsets.ISO_8859_1));
    while (header.remaining() > 1) {
      header.put((byte) ' ');
    }
    return header.put((byte) '\n').array();
  }

  private static String descr(Safetensors tensors, String name) {
    ElementType type = tensors.type(name);
    String kind =
        switch (type) {
          case F64, F32, F16 -> "f";
          case I64, I32, I16, I8 -> "i";
          case U64, U32, U16, U8 -> "u";
          case BOOL -> "b";
          case BF16 ->
              throw new ModelException(
                  tensors.where()
                      + ": tensor '"
                      + name
                      + "' is of type BF16, which numpy does not have; write it as F32.");
        };
    return (type.bytes() == 1 ? "|" : "<") + kind + type.bytes();
  }

  private void add(ZipFile zip, ZipEntry entry) throws IOException {
    String file = entry.getName();
    if (!file.endsWith(SUFFIX)) {
      throw malformed("it holds '%s', expected arrays '<name>%s' only", file, SUFFIX);
    }
    String name = file.substring(0, file.length() - SUFFIX.length());
    if (!names.add(name)) {
      throw malformed("array '%s' occurs twice", name);
    }
    total += entry.getSize();
    if (entry.getSize() < 0 || total > MOST_BYTES) {
      throw malformed(
          "with array '%s' it takes more than %d bytes; write it as parts", name, MOST_BYTES);
    }
    byte[] content;
    try (InputStream in = zip.getInputStream(entry)) {
      content = in.readNBytes((int) entry.getSize() + 1); // one more, to see a size that lies
    }
    if (content.length != entry.getSize()) {
      throw malformed(
          "array '%s' has %d bytes where the zip promises %d",
          name, content.length, entry.getSize());
    }
    CRC32 sum = new CRC32();
    sum.update(content);
    if (sum.getValue() != entry.getCrc()) {
      throw malformed(
          "array '%s' is damaged: its checksum differs from the zip's; copy it again", name);
    }
    readArray(name, ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN));
  }

  private void readArray(String name, ByteBuffer array) {
    String header;
    try {
      byte[] magic = new byte[MAGIC.length];
      array.get(magic);
      int major = array.get();
      array.get(); // the minor version is 0 in all three
      if (!Arrays.equals(magic, MAGIC) || major < 1 || major > 3) {
        throw malformed("'%s%s' is not a numpy array of format 1, 2 or 3", name, SUFFIX);
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
      header = new String(text, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
    } catch (BufferUnderflowException e) {
      throw malformed("'%s%s' ends within its header", name, SUFFIX);
    }

    Matcher descr = found(DESCR, name, header);
    Matcher fortran = found(FORTRAN, name, header);
    Matcher shape = found(SHAPE, name, header);
    String rest =
        header.replace(descr.group(), "").replace(fortran.group(), "").replace(shape.group(), "");
    if (!REST.matcher(rest).matches()) {
      throw malformed(
          "array '%s': its header %s holds more than descr, fortran_order and shape",
          name, header.strip());
    }
    String written = descr.group(1) == null ? "[...]" : descr.group(1);
    ElementType type = type(name, written);
    int[] dimensions = dimensions(name, shape.group(1), type, array.remaining());
    byte[] values = rowMajor(array.slice(), type, dimensions, fortran.group(1).equals("True"));
    if (written.charAt(0) == '>') {
      reverseEach(values, type.bytes());
    }
    arrays.add(name, type, ByteBuffer.wrap(values), values.length / type.bytes(), dimensions);
  }

  private Matcher found(Pattern pattern, String name, String header) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw malformed(
          "array '%s': its header %s does not fit %s", name, header.strip(), pattern.pattern());
    }
    return matcher;
  }

  /** {@code <f4}, {@code >i8}, {@code |b1}, ... */
  private ElementType type(String name, String descr) {
    if (descr.startsWith("|O")) {
      throw malformed(
          "array '%s' holds Python objects (a pickle), which are never read; save arrays of numbers,"
              + " one by one",
          name);
    }
    ElementType type =
        switch (descr.isEmpty() ? "" : descr.substring(1)) {
          case "f2" -> ElementType.F16;
          case "f4" -> ElementType.F32;
          case "f8" -> ElementType.F64;
          case "i1" -> ElementType.I8;
          case "i2" -> ElementType.I16;
          case "i4" -> ElementType.I32;
          case "i8" -> ElementType.I64;
          case "u1" -> ElementType.U8;
          case "u2" -> ElementType.U16;
          case "u4" -> ElementType.U32;
          case "u8" -> ElementType.U64;
          case "b1" -> ElementType.BOOL;
          default -> null;
        };
    boolean ordered = type != null && "<>".indexOf(descr.charAt(0)) >= 0;
    boolean orderless = type != null && type.bytes() == 1 && descr.charAt(0) == '|';
    if (!ordered && !orderless) {
      throw malformed(
          "array '%s' has the type '%s'; known are f2, f4, f8, i1 to i8, u1 to u8 and b1 behind '<',"
              + " '>' or '|' (complex numbers go in as two arrays)",
          name, descr);
    }
    return type;
  }

  private int[] dimensions(String name, String shape, ElementType type, int bytes) {
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

  /** The data with the last index running fastest; in Fortran order the first one does. */
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
    return new ModelException(
        where + " is not a valid npz file: " + String.format(what, values) + ".");
  }
}
