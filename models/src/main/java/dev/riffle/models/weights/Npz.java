package dev.riffle.models.weights;

import dev.riffle.models.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Reads numpy's {@code .npz}: a zip archive of {@code .npy} arrays. Reading returns a {@link
 * Safetensors} view: row-major tensors under the names of the arrays. Arrays of Python objects are
 * rejected: they are pickles, which execute code when they are loaded.
 */
public final class Npz {
  private static final String SUFFIX = ".npy";
  private static final long MOST_BYTES = 2_000_000_000;

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
   * @throws ModelException if it cannot be read, is malformed or contains something other than
   *     numbers
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
          String.format(
              "Cannot read weights from %s: %s. Expected a file of numpy.savez or"
                  + " numpy.savez_compressed; is it cut off?",
              file, e),
          e);
    }
    return Safetensors.parse(npz.arrays.toBytes(), npz.where);
  }

  private void add(ZipFile zip, ZipEntry entry) throws IOException {
    String file = entry.getName();
    if (!file.endsWith(SUFFIX)) {
      throw malformed("it contains '%s', expected only arrays '<name>%s'", file, SUFFIX);
    }
    String name = file.substring(0, file.length() - SUFFIX.length());
    if (!names.add(name)) {
      throw malformed("it contains array '%s' twice", name);
    }
    total += entry.getSize();
    if (entry.getSize() < 0 || total > MOST_BYTES) {
      throw malformed(
          "with array '%s' it has more than %d bytes; split it into several files",
          name, MOST_BYTES);
    }
    byte[] content;
    try (InputStream in = zip.getInputStream(entry)) {
      content = in.readNBytes((int) entry.getSize() + 1); // one more byte, to detect a wrong size
    }
    if (content.length != entry.getSize()) {
      throw malformed(
          "array '%s' has %d bytes, but the zip entry declares %d",
          name, content.length, entry.getSize());
    }
    CRC32 sum = new CRC32();
    sum.update(content);
    if (sum.getValue() != entry.getCrc()) {
      throw malformed(
          "array '%s' is damaged: its checksum does not match the zip entry; copy the file again",
          name);
    }
    Npy.read(content, name, where, arrays);
  }

  private ModelException malformed(String what, Object... values) {
    return invalid(where, what, values);
  }

  static ModelException invalid(String where, String what, Object... values) {
    return new ModelException(
        where + " is not a valid npz file: " + String.format(what, values) + ".");
  }
}
