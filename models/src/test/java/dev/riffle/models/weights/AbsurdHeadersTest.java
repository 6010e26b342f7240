package dev.riffle.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.models.ModelException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes in the headers of weights that their files do not have take no memory. */
class AbsurdHeadersTest {
  private static final long MOST_BYTES = 4 << 20;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      textBlock =
          """
          [2147483647]; [0,8]; takes 8589934588 bytes
          [2147483647,2147483647,2147483647]; [0,8]; overflows
          [1,1,1,1,1,2147483648]; [0,8]; has a dimension of 2147483648
          [2147483647,0]; [0,8]; takes 0 bytes
          [2]; [0,9223372036854775807]; ends at byte 9223372036854775807 of the data, which has 8
          """)
  void aTensorIsNoLargerThanTheFile(String shape, String offsets, String message) {
    byte[] header =
        String.format(
                "{\"x\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":%s}}", shape, offsets)
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(16 + header.length).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(header.length).put(header);
    checkRefused(() -> Safetensors.parse(file.array(), "x.safetensors"), message);
  }

  @ParameterizedTest
  @ValueSource(longs = {9, 99_999_999, 100_000_001, Long.MAX_VALUE, Long.MIN_VALUE, -1})
  void aHeaderIsNoLongerThanTheFile(long length) {
    ByteBuffer file = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    checkRefused(() -> Safetensors.parse(file.array(), "x.safetensors"), "its header claims ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      textBlock =
          """
          (268435455,); takes 2147483640 bytes, but 8 follow its header
          (65536, 65536); takes 34359738368 bytes, but 8 follow its header
          (99999999999999999999,); expected whole numbers of a product below 2^31
          (2147483647, 2147483647, 2147483647, 2147483647); expected whole numbers
          """)
  void anArrayIsNoLargerThanItsEntry(String shape, String message) throws IOException {
    String header = "{'descr': '<f8', 'fortran_order': True, 'shape': " + shape + ", }\n";
    Path file = npz((byte) 1, header.length(), header);
    checkRefused(() -> Npz.read(file), message);
  }

  @ParameterizedTest
  @ValueSource(ints = {1 << 20, Integer.MAX_VALUE, -1})
  void theHeaderOfAnArrayIsNoLongerThanItsEntry(int length) throws IOException {
    Path file = npz((byte) 2, length, "{}\n");
    checkRefused(() -> Npz.read(file), "bytes, but only 11 follow");
  }

  private Path npz(byte version, int length, String header) throws IOException {
    ByteBuffer array = ByteBuffer.allocate(20 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
    array.put("\u0093NUMPY".getBytes(StandardCharsets.ISO_8859_1)).put(version).put((byte) 0);
    if (version == 1) {
      array.putShort((short) length);
    } else {
      array.putInt(length);
    }
    array.put(header.getBytes(StandardCharsets.ISO_8859_1));
    Path file = folder.resolve("x.npz");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("x.npy"));
      zip.write(array.array(), 0, array.position() + 8);
    }
    return file;
  }

  private static void checkRefused(ThrowingCallable reading, String message) {
    assertThatThrownBy(reading).isInstanceOf(ModelException.class); // loads classes
    long before = allocated();
    assertThatThrownBy(reading).isInstanceOf(ModelException.class).hasMessageContaining(message);
    assertThat(allocated() - before).isLessThan(MOST_BYTES);
  }

  private static long allocated() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getCurrentThreadAllocatedBytes();
  }
}
