package dev.riffle.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.models.ModelException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {
  private static final byte[] SIX = HexFormat.of().parseHex("000102030405");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "<f2, 003c, 1",
    ">f2, c000, -2",
    "<f4, 0000c03f, 1.5",
    ">f4, 3fc00000, 1.5",
    "<f8, 000000000000f03f, 1",
    ">f8, bff0000000000000, -1",
    "|i1, ff, -1",
    "<i2, feff, -2",
    ">i2, fffe, -2",
    "<i4, ffffffff, -1",
    ">i4, 00000102, 258",
    "<i8, 0100000000000000, 1",
    ">i8, ffffffffffffff00, -256",
    "|u1, ff, 255",
    ">u2, fffe, 65534",
    "<u4, ffffffff, 4294967295",
    "|b1, 01, 1",
  })
  void everyElementTypeIsReadInBothByteOrders(String descr, String hex, double expected)
      throws IOException {
    Path file = npz(Map.of("x.npy", npy(1, header(descr, false, "(1,)"), parse(hex))));
    assertThat(Npz.read(file).doubles("x")).containsExactly(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void everyFormatIsRead(int format) throws IOException {
    Safetensors read =
        Npz.read(npz(Map.of("a/b.npy", npy(format, header("|u1", false, "(2, 3)"), SIX))));
    assertThat(read.names()).containsExactly("a/b");
    assertThat(read.shape("a/b")).containsExactly(2, 3);
    assertThat(read.longs("a/b")).containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void fortranOrderIsTurned() throws IOException {
    byte[] twentyFour = new byte[24 * 2];
    for (int i = 0; i < 24; i++) {
      twentyFour[2 * i + 1] = (byte) i; // big-endian
    }
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    arrays.put("m.npy", npy(1, header("|u1", true, "(2, 3)"), SIX));
    arrays.put("t.npy", npy(1, header(">i2", true, "(2, 3, 4)"), twentyFour));
    arrays.put("v.npy", npy(1, header("|u1", true, "(6,)"), SIX));
    Safetensors read = Npz.read(npz(arrays));

    assertThat(read.longs("m")).containsExactly(0, 2, 4, 1, 3, 5);
    assertThat(read.longs("v")).containsExactly(0, 1, 2, 3, 4, 5);
    long[] turned = read.longs("t");
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 3; j++) {
        for (int k = 0; k < 4; k++) {
          assertThat(turned[(i * 3 + j) * 4 + k]).isEqualTo(i + 2 * (j + 3 * k));
        }
      }
    }
  }

  @Test
  void singleValuesAndEmptyArraysAreRead() throws IOException {
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    arrays.put("empty.npy", npy(1, header("<f4", true, "(0, 7)")));
    arrays.put("one.npy", npy(1, header("<i2", false, "()"), (byte) 7, (byte) 0));
    arrays.put("two.npy", npy(1, header("|u1", false, "(2L,)"), (byte) 1, (byte) 2));
    Safetensors read = Npz.read(npz(arrays));
    assertThat(read.shape("empty")).containsExactly(0, 7);
    assertThat(read.shape("one")).isEmpty();
    assertThat(read.longs("one")).containsExactly(7);
    assertThat(read.longs("two")).containsExactly(1, 2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{'descr': '|O', 'fortran_order': False, 'shape': (6,), }; holds Python objects (a pickle)",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (6,), }; has the type '<c8'; known are",
        "{'descr': '<U1', 'fortran_order': False, 'shape': (6,), }; has the type '<U1'; known are",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (6,), }; has the type '|f4'; known are",
        "{'descr': '', 'fortran_order': False, 'shape': (6,), }; has the type ''; known are",
        "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (6,), }; has the type '[...]'",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (7,), }; takes 7 bytes, but 6 follow",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }; takes 4 bytes, but 6 follow",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3000000000,), }; whole numbers",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-6,), }; does not fit 'shape'",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2 3,), }; whole numbers",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2000000000,2000000000,2000000000)};"
            + " product below 2^31",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (6,), }; does not fit 'fortran_order'",
        "{'fortran_order': False, 'shape': (6,), }; does not fit 'descr'",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), 'more': 1}; holds more than",
      })
  void aHeaderThatLiesIsRefusedWithItsReason(String header, String reason) throws IOException {
    Path file = npz(Map.of("x.npy", npy(1, header, SIX)));
    assertThatThrownBy(() -> Npz.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith(file + " is not a valid npz file: array 'x'")
        .hasMessageContaining(reason);
  }

  @Test
  void anArrayOfAnotherFormatOrCutWithinItsHeaderIsRefused() throws IOException {
    byte[] whole = npy(1, header("|u1", false, "(6,)"), SIX);
    byte[] fourth = whole.clone();
    fourth[6] = 4;
    assertRefused(fourth, "not a numpy array of format 1, 2 or 3");
    assertRefused(new byte[128], "not a numpy array of format 1, 2 or 3");
    for (int length = 0; length < whole.length; length++) {
      assertRefused(Arrays.copyOf(whole, length), length < 10 ? "ends within its header" : "x");
    }
  }

  @Test
  void whatIsNoArrayIsRefused() throws IOException {
    Path file = npz(Map.of("readme.txt", SIX));
    assertThatThrownBy(() -> Npz.read(file))
        .hasMessageContaining("it contains 'readme.txt', expected only arrays '<name>.npy'");
  }

  @Test
  void aFileCutAnywhereIsRefused() throws IOException {
    byte[] whole =
        Files.readAllBytes(npz(Map.of("x.npy", npy(1, header("|u1", false, "(6,)"), SIX))));
    Path cut = folder.resolve("cut.npz");
    for (int length = 0; length < whole.length; length++) {
      Files.write(cut, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Npz.read(cut)).isInstanceOf(ModelException.class);
    }
    assertThatThrownBy(() -> Npz.read(folder.resolve("none.npz")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("none.npz");
  }

  @Test
  void aDamagedFileIsAModelExceptionOrReadsAsItWas() throws IOException {
    byte[] whole =
        Files.readAllBytes(npz(Map.of("x.npy", npy(1, header("|u1", true, "(2, 3)"), SIX))));
    Path file = folder.resolve("damaged.npz");
    Random random = new Random(1);
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] damaged = whole.clone();
      for (int k = random.nextInt(3); k >= 0; k--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      Files.write(file, damaged);
      Safetensors read;
      try {
        read = Npz.read(file);
      } catch (ModelException e) {
        refused++;
        continue;
      }
      read.names().forEach(name -> assertThat(read.longs(name)).containsExactly(0, 2, 4, 1, 3, 5));
    }
    assertThat(refused).isPositive();
  }

  @Test
  void aModelDirectoryMayHoldItsWeightsAsNpz() throws Exception {
    Path model = Files.createDirectories(folder.resolve("copier/1"));
    Path weights = npz(Map.of("x.npy", npy(1, header("|u1", true, "(2, 3)"), SIX)));
    byte[] config = "{\"family\": \"lru\"}".getBytes(StandardCharsets.UTF_8);
    Files.write(model.resolve("config.json"), config);
    Files.copy(weights, model.resolve("model.npz"));
    String hashes =
        "{\"sha256\": {\"config.json\": \"%s\", \"model.npz\": \"%s\"}}"
            .formatted(sha256(config), sha256(Files.readAllBytes(weights)));
    Files.writeString(model.resolve("provenance.json"), hashes);
    assertThat(ModelDirectory.read(model).weights().require("x", 2, 3))
        .containsExactly(0, 2, 4, 1, 3, 5);
  }

  // ------------------------------------------------------------------ files by hand

  private void assertRefused(byte[] array, String reason) throws IOException {
    Path file = npz(Map.of("x.npy", array));
    assertThatThrownBy(() -> Npz.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(reason);
  }

  private static String header(String descr, boolean fortran, String shape) {
    return "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }"
        .formatted(descr, fortran ? "True" : "False", shape);
  }

  private static byte[] npy(int format, String header, byte... data) {
    byte[] text = (header + " \n").getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(12 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) format, 0});
    if (format == 1) {
      file.putShort((short) text.length);
    } else {
      file.putInt(text.length);
    }
    file.put(text).put(data);
    return Arrays.copyOf(file.array(), file.position());
  }

  private Path npz(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
    return Files.write(folder.resolve("some.npz"), bytes.toByteArray());
  }

  private static byte[] parse(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static String sha256(byte[] content) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
  }
}
