package dev.riffle.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.models.ModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsTest {

  @Test
  void whatWasWrittenIsRead(@TempDir Path folder) {
    Path file = folder.resolve("some.safetensors");
    new SafetensorsWriter()
        .metadata("case", "{\"a\": \"\u00e9\"}")
        .add("f", new float[] {1, 2.5f, Float.NEGATIVE_INFINITY, 4, 5, 6}, 2, 3)
        .add("d", new double[] {Math.PI})
        .add("empty", new float[0], 0, 7)
        .add("n", new long[] {-3, Long.MAX_VALUE}, 2)
        .write(file);

    Safetensors read = Safetensors.read(file);

    assertThat(read.names()).containsExactly("d", "empty", "f", "n");
    assertThat(read.metadata()).containsExactly(Map.entry("case", "{\"a\": \"\u00e9\"}"));
    assertThat(read.shape("f")).containsExactly(2, 3);
    assertThat(read.floats("f")).containsExactly(1, 2.5f, Float.NEGATIVE_INFINITY, 4, 5, 6);
    assertThat(read.shape("d")).isEmpty();
    assertThat(read.doubles("d")).containsExactly(Math.PI);
    assertThat(read.shape("empty")).containsExactly(0, 7);
    assertThat(read.doubles("empty")).isEmpty();
    assertThat(read.longs("n")).containsExactly(-3, Long.MAX_VALUE);
    assertThat(folder).isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void theOrderOfAddingChangesNoByte() {
    byte[] one =
        new SafetensorsWriter()
            .add("b", new float[] {1}, 1)
            .add("a", new double[] {2}, 1)
            .toBytes();
    byte[] other =
        new SafetensorsWriter()
            .add("a", new double[] {2}, 1)
            .add("b", new float[] {1}, 1)
            .toBytes();
    assertThat(one).isEqualTo(other);
  }

  @ParameterizedTest
  @CsvSource({
    "F16, 003c, 1",
    "F16, 00c0, -2",
    "F16, 0100, 5.9604644775390625e-8",
    "F16, ff7b, 65504",
    "F16, 00fc, -Infinity",
    "F16, 007e, NaN",
    "BF16, 803f, 1",
    "BF16, 80ff, -Infinity",
    "I8, ff, -1",
    "U8, ff, 255",
    "BOOL, 01, 1",
    "I16, feff, -2",
    "U16, feff, 65534",
    "I32, ffffffff, -1",
    "U32, ffffffff, 4294967295",
    "F32, 0000c03f, 1.5",
    "F64, 000000000000f03f, 1",
  })
  void everyElementTypeIsRead(String type, String hex, double expected) {
    byte[] data = HexFormat.of().parseHex(hex);
    String header =
        "{'x':{'dtype':'%s','shape':[1],'data_offsets':[0,%d]}}".formatted(type, data.length);
    assertThat(Safetensors.parse(file(header, data), "here").doubles("x"))
        .containsExactly(expected);
  }

  @ParameterizedTest
  @MethodSource("malformedFiles")
  void aMalformedFileIsRefusedWithItsReason(byte[] bytes, String reason) {
    assertThatThrownBy(() -> Safetensors.parse(bytes, "here"))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("here is not a valid safetensors file: ")
        .hasMessageContaining(reason);
  }

  static Stream<Arguments> malformedFiles() {
    byte[] eight = new byte[8];
    return Stream.of(
            new Object[] {new byte[7], "7 bytes, fewer than the 8"},
            new Object[] {length(Long.MIN_VALUE), "claims 9223372036854775808 bytes, the limit is"},
            new Object[] {length(100_000_001), "claims 100000001 bytes, the limit is 100000000"},
            new Object[] {length(1000), "claims 1000 bytes, but only 2 follow"},
            new Object[] {file("[]"), "does not begin with '{'"},
            new Object[] {file("{'x':"), "not valid JSON"},
            new Object[] {file("{} {}"), "not valid JSON"},
            new Object[] {
              file(
                  "{'x':{'dtype':'F32','shape':[0],'data_offsets':[0,0]},"
                      + "'x':{'dtype':'F32','shape':[0],'data_offsets':[0,0]}}"),
              "Duplicate field 'x'"
            },
            new Object[] {file("{'__metadata__':[]}"), "not a map of text"},
            new Object[] {file("{'__metadata__':{'a':1}}"), "__metadata__['a'] is not text"},
            new Object[] {
              one("F8_E4M3", "[8]", "[0,8]", eight), "element type \"F8_E4M3\"; known are [F64, F32"
            },
            new Object[] {file("{'x':{'shape':[0],'data_offsets':[0,0]}}"), "element type (none)"},
            new Object[] {file("{'x':7}"), "element type (none)"},
            new Object[] {one("F32", "2", "[0,8]", eight), "no list called shape"},
            new Object[] {
              one("F32", "[-2]", "[0,8]", eight), "shape[0] is -2, expected a whole number"
            },
            new Object[] {one("F32", "[2.0]", "[0,8]", eight), "shape[0] is 2.0"},
            new Object[] {
              one("F32", "[2]", "[0,99999999999999999999]", eight), "data_offsets[1] is 9999"
            },
            new Object[] {one("F32", "[2]", "[0]", eight), "has 1 data_offsets, expected 2"},
            new Object[] {one("F32", "[2]", "[8,0]", eight), "begins at byte 8, after its end 0"},
            new Object[] {
              one("F32", "[3]", "[0,12]", eight), "ends at byte 12 of the data, which has 8"
            },
            new Object[] {
              one("F32", "[1]", "[0,8]", eight), "takes 4 bytes, but its data_offsets span 8"
            },
            new Object[] {one("F32", "[3000000000]", "[0,8]", eight), "a dimension of 3000000000"},
            new Object[] {
              one("F32", "[2000000000,2000000000,2000000000]", "[0,8]", eight), "overflows"
            },
            new Object[] {two("[0,8]", "[4,12]"), "they overlap"},
            new Object[] {two("[0,8]", "[0,8]"), "they overlap"},
            new Object[] {two("[0,8]", "[9,17]"), "there is a hole"},
            new Object[] {one("F32", "[1]", "[4,8]", eight), "there is a hole"},
            new Object[] {
              one("F32", "[1]", "[0,4]", eight), "end at byte 4 of the data, which has 8"
            },
            new Object[] {file("{}", eight), "end at byte 0 of the data, which has 8"},
            new Object[] {
              new byte[] {3, 0, 0, 0, 0, 0, 0, 0, '{', (byte) 0xff, '}'}, "not UTF-8 text"
            })
        .map(Arguments::of);
  }

  @Test
  void aFileCutAnywhereIsRefused() {
    byte[] whole =
        new SafetensorsWriter()
            .add("a", new float[] {1, 2}, 2)
            .add("b", new double[] {3}, 1)
            .toBytes();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> Safetensors.parse(cut, "cut")).isInstanceOf(ModelException.class);
    }
  }

  @Test
  void aDamagedHeaderIsAModelExceptionOrReadsWithinBounds() {
    byte[] whole =
        new SafetensorsWriter()
            .add("a", new float[] {1, 2}, 2)
            .add("b", new double[] {3}, 1)
            .toBytes();
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = whole.clone();
      for (int k = random.nextInt(3); k >= 0; k--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      Safetensors read;
      try {
        read = Safetensors.parse(damaged, "damaged");
      } catch (ModelException refused) {
        continue;
      }
      read.names().forEach(name -> assertThat(read.doubles(name)).hasSize(read.size(name)));
    }
  }

  @Test
  void aMissingFileIsNamed(@TempDir Path folder) {
    Path file = folder.resolve("none.safetensors");
    assertThat(Files.exists(file)).isFalse();
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("Cannot read weights from " + file);
  }

  @Test
  void realNumbersAreNotHandedOutAsIntegers() {
    byte[] bytes = new SafetensorsWriter().add("x", new float[] {1.5f}, 1).toBytes();
    assertThatThrownBy(() -> Safetensors.parse(bytes, "here").longs("x"))
        .hasMessageContaining("tensor 'x' is of type F32, expected an integer type");
  }

  // ------------------------------------------------------------------ files by hand

  private static byte[] length(long claimed) {
    ByteBuffer file = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
    return file.putLong(claimed).put((byte) '{').put((byte) '}').array();
  }

  private static byte[] one(String type, String shape, String offsets, byte[] data) {
    return file(
        "{'x':{'dtype':'%s','shape':%s,'data_offsets':%s}}".formatted(type, shape, offsets), data);
  }

  private static byte[] two(String first, String second) {
    String line = "{'dtype':'F32','shape':[2],'data_offsets':%s}";
    return file(
        "{'x':%s,'y':%s}".formatted(line.formatted(first), line.formatted(second)), new byte[20]);
  }

  private static byte[] file(String header, byte... data) {
    byte[] text = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    return file.putLong(text.length).put(text).put(data).array();
  }
}
