package dev.riffle.cli.model;

import dev.riffle.models.ModelException;
import dev.riffle.models.weights.ElementType;
import dev.riffle.models.weights.Safetensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes tensors as {@code numpy.savez} does: a zip archive of {@code .npy} arrays of format 1,
 * without compression. {@link dev.riffle.models.weights.Npz} reads them.
 */
final class NpzWriter {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  private NpzWriter() {}

  /**
   * Returns the bytes of the file; the same content gives the same bytes.
   *
   * @throws ModelException if a tensor is of a type that numpy does not have, which is BF16
   */
  static byte[] toBytes(Safetensors tensors) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(file)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (String name : tensors.names()) {
        byte[] header = header(tensors, name);
        byte[] values = tensors.bytes(name).array();
        CRC32 sum = new CRC32();
        sum.update(header);
        sum.update(values);
        ZipEntry entry = new ZipEntry(name + ".npy");
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0)); // the first day of the format
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

  /** Returns the bytes before the values; their length aligns the values to 64 bytes. */
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
                  String.format(
                      "%s: tensor '%s' is of type BF16, which numpy does not have; write it as F32.",
                      tensors.where(), name));
        };
    return (type.bytes() == 1 ? "|" : "<") + kind + type.bytes();
  }
}
