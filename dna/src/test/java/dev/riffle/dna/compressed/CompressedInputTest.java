package dev.riffle.dna.compressed;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class CompressedInputTest {
  private static final byte[] TEXT = text(1, 300_000);
  private static final byte[] MORE = text(2, 100_000);

  /** What was read, and the message of the failure after it; empty if there was none. */
  private record Read(byte[] data, String failure) {}

  private static byte[] text(long seed, int length) {
    Random random = new Random(seed);
    byte[] text = new byte[length];
    for (int i = 0; i < length; i++) {
      text[i] = (byte) "ACGT\n".charAt(random.nextInt(5));
    }
    return text;
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] packed(Compression how, byte[] plain) throws IOException {
    if (how == Compression.NONE) {
      return plain;
    }
    if (how == Compression.ZSTD) {
      return Zstd.compress(plain);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream to =
        switch (how) {
          case GZIP -> new GZIPOutputStream(bytes);
          case BZIP2 -> new BZip2CompressorOutputStream(bytes, 1);
          default -> new XZOutputStream(bytes, new LZMA2Options());
        }) {
      to.write(plain);
    }
    return bytes.toByteArray();
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    return packed(Compression.GZIP, plain);
  }

  private static Read read(byte[] file) throws IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    byte[] piece = new byte[10_000];
    try (CompressedInput in = CompressedInput.of(new Pipe(file))) {
      for (int n = in.read(piece, 0, piece.length); n >= 0; n = in.read(piece, 0, piece.length)) {
        data.write(piece, 0, n);
      }
    } catch (DamagedInputException e) {
      return new Read(data.toByteArray(), e.getMessage());
    }
    return new Read(data.toByteArray(), "");
  }

  private static void assertWhole(byte[] file, byte[] data) throws IOException {
    Read read = read(file);
    assertThat(read.failure).isEmpty();
    assertThat(read.data).isEqualTo(data);
  }

  @ParameterizedTest
  @EnumSource
  void partsThatFollowEachOtherAreOneFile(Compression how) throws IOException {
    byte[] one = packed(how, TEXT);
    byte[] two = packed(how, MORE);
    assertThat(Compression.of(Arrays.copyOf(one, Compression.HEAD))).isEqualTo(how);
    assertWhole(one, TEXT);
    assertWhole(joined(one, two, packed(how, new byte[0]), one), joined(TEXT, MORE, TEXT));
    assertWhole(packed(how, new byte[] {'>'}), new byte[] {'>'});
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void theDataBeforeATruncatedPlaceComes(Compression how) throws IOException {
    byte[] one = packed(how, TEXT);
    byte[] two = packed(how, text(3, 500_000));
    Read read = read(joined(one, Arrays.copyOf(two, two.length * 4 / 5)));
    assertThat(read.data.length).isGreaterThanOrEqualTo(TEXT.length);
    assertThat(joined(TEXT, text(3, 500_000))).startsWith(read.data);
    assertThat(read.failure)
        .contains(how.text(), "byte " + (one.length + two.length * 4 / 5))
        .contains("truncated");
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void theDataBeforeADamagedPlaceComes(Compression how) throws IOException {
    byte[] one = packed(how, TEXT);
    byte[] two = packed(how, MORE);
    for (int i = two.length / 2; i < two.length / 2 + 40; i++) {
      two[i] ^= 0x55;
    }
    Read read = read(joined(one, two));
    assertThat(read.data.length).isGreaterThanOrEqualTo(TEXT.length);
    assertThat(read.data).startsWith(TEXT);
    assertThat(read.failure).contains(how.text()).containsPattern("byte \\d+");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 511, 70_000})
  void zerosAfterAMemberArePadding(int zeros) throws IOException {
    byte[] one = gzip(TEXT);
    assertWhole(joined(one, new byte[zeros]), TEXT);
    assertWhole(joined(one, new byte[zeros], gzip(MORE), new byte[zeros]), joined(TEXT, MORE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "<html>not found</html>", "\0\0\0>c4\nACGT\n", "\u001f", "\u001fx"})
  void whatFollowsAMemberWithoutBeingOneIsReported(String garbage) throws IOException {
    byte[] one = gzip(TEXT);
    byte[] two = gzip(MORE);
    byte[] rest = garbage.getBytes(StandardCharsets.US_ASCII);
    int place = one.length + two.length + garbage.replaceAll("[^\0]", "").length();
    Read read = read(joined(one, two, rest));
    assertThat(read.data).isEqualTo(joined(TEXT, MORE));
    assertThat(read.failure)
        .startsWith("byte " + place + " begins no gzip member and is not zero, after 2 complete");
  }

  @Test
  void aMemberThatEndsInItsHeaderOrItsChecksumIsTruncated() throws IOException {
    byte[] one = gzip(TEXT);
    byte[] two = gzip(MORE);
    for (int length : new int[] {2, 3, 9, two.length - 8, two.length - 5, two.length - 1}) {
      Read read = read(joined(one, Arrays.copyOf(two, length)));
      assertThat(read.data).isEqualTo(length < 10 ? TEXT : joined(TEXT, MORE));
      assertThat(read.failure)
          .startsWith("gzip member 2, which begins at byte " + one.length + ", is truncated within")
          .contains("the file ends at byte " + (one.length + length) + ".")
          .contains(length < 10 ? "within its header" : "within its checksum");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 4})
  void aWrongChecksumOrLengthIsReportedAfterTheData(int fromEnd) throws IOException {
    byte[] one = gzip(TEXT);
    one[one.length - fromEnd] ^= 1;
    Read read = read(joined(one, gzip(MORE)));
    assertThat(read.data).isEqualTo(TEXT);
    assertThat(read.failure)
        .contains("gzip member 1, which begins at byte 0, is damaged")
        .contains(fromEnd == 8 ? "its checksum is" : "its length is");
  }

  @Test
  void allPartsOfAHeaderAreRead() throws IOException {
    byte[] one = gzip(TEXT);
    byte[] flags = {0x1f, (byte) 0x8b, 8, 31, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3};
    byte[] header = joined(flags, "name\0comment\0".getBytes(StandardCharsets.US_ASCII));
    CRC32 sum = new CRC32();
    sum.update(header);
    byte[] ofHeader = {(byte) sum.getValue(), (byte) (sum.getValue() >> 8)};
    assertWhole(joined(header, ofHeader, Arrays.copyOfRange(one, 10, one.length)), TEXT);
  }

  /** Damage anywhere ends in data, an error, or both; never in anything else. */
  @ParameterizedTest
  @EnumSource
  void anyBytesAreReadOrReported(Compression how) throws IOException {
    byte[] whole = joined(packed(how, text(5, 2_000)), packed(how, text(6, 500)));
    Random random = new Random(7);
    for (int round = 0; round < 300; round++) {
      byte[] file = Arrays.copyOf(whole, 1 + random.nextInt(whole.length));
      for (int changes = random.nextInt(4); changes > 0; changes--) {
        file[random.nextInt(file.length)] = (byte) random.nextInt();
      }
      Read read = read(file);
      assertThat(read.data.length).isLessThan(1 << 20);
    }
  }

  /** A pipe: it returns some bytes at a time and never says that there are any. */
  private static final class Pipe extends InputStream {
    private final ByteArrayInputStream in;

    Pipe(byte[] bytes) {
      in = new ByteArrayInputStream(bytes);
    }

    @Override
    public int read() {
      return in.read();
    }

    @Override
    public int read(byte[] to, int from, int count) {
      return in.read(to, from, Math.min(count, 1_000));
    }

    @Override
    public int available() throws IOException {
      throw new IOException("Illegal seek");
    }
  }
}
