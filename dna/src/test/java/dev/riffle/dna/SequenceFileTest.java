package dev.riffle.dna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.models.InputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SequenceFileTest {

  private static SequenceFile file(byte[] bytes) throws IOException {
    return SequenceFile.open(new ByteArrayInputStream(bytes), "x");
  }

  private static SequenceFile file(String text) throws IOException {
    return file(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] gzipped(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static String letters(SequenceFile file, int room) {
    byte[] piece = new byte[room];
    StringBuilder all = new StringBuilder();
    for (int n = file.read(piece); n > 0; n = file.read(piece)) {
      all.append(new String(piece, 0, n, StandardCharsets.UTF_8));
    }
    return all.toString();
  }

  /** name=letters, or name!problem, of each record. */
  private static List<String> records(SequenceFile file, int room) {
    List<String> records = new ArrayList<>();
    for (SequenceFile.Entry e = file.next(); e != null; e = file.next()) {
      records.add(
          e.problem() == null
              ? e.name() + "=" + letters(file, room)
              : e.name() + "!" + e.problem());
    }
    return records;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 1000})
  void fastaComesRecordByRecordInPiecesOfAnySize(int room) throws IOException {
    String text = "\n>a first\nACG T\r\n;a remark\nacgn\n>\nGG\n>c\n>d\nT>T\n";
    try (SequenceFile file = file(text)) {
      assertThat(records(file, room)).containsExactly("a=ACGTacgn", "unnamed=GG", "c=", "d=T>T");
      assertThat(file.isFastq()).isFalse();
    }
  }

  @Test
  void aRecordThatIsNotReadToItsEndIsPassedOver() throws IOException {
    try (SequenceFile file = file(">a genetic_code=4\nACGT\nACGT\n>b\nTT\n")) {
      SequenceFile.Entry a = file.next();
      assertThat(a.code(GeneticCode.BACTERIAL)).isEqualTo(GeneticCode.TABLE_4);
      assertThat(file.read(new byte[3])).isEqualTo(3);
      SequenceFile.Entry b = file.next();
      assertThat(b.name()).isEqualTo("b");
      assertThat(b.line()).isEqualTo(4);
      assertThat(b.code(GeneticCode.BACTERIAL)).isEqualTo(GeneticCode.BACTERIAL);
      assertThat(letters(file, 8)).isEqualTo("TT");
    }
  }

  @Test
  void aGeneticCodeThatIsNotKnownIsRefused() throws IOException {
    try (SequenceFile file = file(">a genetic_code=1\nACGT\n")) {
      SequenceFile.Entry a = file.next();
      assertThatThrownBy(() -> a.code(GeneticCode.BACTERIAL))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("11")
          .hasMessageContaining("is 1");
    }
  }

  @Test
  void fastqComesWithItsQualities() throws IOException {
    String text = "@r1 x\nACGT\n+\n!@+I\n@r2\n\n+\n\n@r3\nAC\nGT\n+r3\n@I\n@I\n";
    try (SequenceFile file = file(text)) {
      SequenceFile.Entry first = file.next();
      assertThat(first.qualities()).isEqualTo("!@+I".getBytes(StandardCharsets.UTF_8));
      assertThat(letters(file, 3)).isEqualTo("ACGT");
      assertThat(records(file, 8)).containsExactly("r2=", "r3=ACGT");
      assertThat(file.isFastq()).isTrue();
    }
  }

  @Test
  void aReadThatCannotBeUsedDoesNotTouchTheNext() throws IOException {
    String text =
        "@short\nACGT\n+\nII\n@good\nAC\n+\nII\nrubbish\nmore\n@none\nACGT\n@next\nA\n+\nI\n@cut\nAC\n";
    try (SequenceFile file = file(text)) {
      assertThat(records(file, 8))
          .containsExactly(
              "short!it has 4 bases but 2 qualities",
              "good=AC",
              "line 9!a read has to begin with @, but line 9 begins with 'r'; lines up to the next @"
                  + " are skipped",
              "none!its bases are not followed by a line with + and by qualities: line 13 begins"
                  + " with '@'",
              "next=A",
              "cut!its bases are not followed by a line with + and by qualities: the file ends at"
                  + " line 19");
    }
  }

  @Test
  void whatIsNeitherFastaNorFastqIsRefused() throws IOException {
    try (SequenceFile file = file(new byte[] {0, 1, 2, 3})) {
      assertThatThrownBy(file::next)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("neither FASTA nor FASTQ")
          .hasMessageContaining("byte 0x00");
      assertThat(file.next()).isNull();
    }
    try (SequenceFile file = file("")) {
      assertThat(file.next()).isNull();
    }
  }

  @Test
  void ofATruncatedGzipFileTheLettersBeforeTheEndCome() throws IOException {
    String dna = "ACGTTGCA".repeat(50_000).replace("TTG", "TCG");
    byte[] whole = gzipped(">a\n" + dna + "\n");
    try (SequenceFile file = file(whole)) {
      assertThat(records(file, 1 << 16)).containsExactly("a=" + dna);
    }
    try (SequenceFile file = file(Arrays.copyOf(whole, whole.length / 2))) {
      assertThat(file.next().name()).isEqualTo("a");
      byte[] all = new byte[dna.length()];
      int count = file.read(all);
      assertThat(count).isPositive();
      assertThat(dna).startsWith(new String(all, 0, count, StandardCharsets.UTF_8));
      assertThatThrownBy(() -> file.read(all))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("is truncated within its compressed data");
      assertThat(file.next()).isNull();
    }
  }

  @Test
  void oneLineMayBeLongerThanAnyBuffer() throws IOException {
    long length = 20_000_000;
    try (SequenceFile file = SequenceFile.open(new OneLine(length), "long")) {
      assertThat(file.next().name()).isEqualTo("long");
      byte[] piece = new byte[1 << 15];
      long count = 0;
      for (int n = file.read(piece); n > 0; n = file.read(piece)) {
        count += n;
      }
      assertThat(count).isEqualTo(length);
      assertThat(file.next()).isNull();
    }
  }

  /** {@code >long}, then a line of so many letters, made as they are read. */
  private static final class OneLine extends InputStream {
    private final long end;
    private long at;

    OneLine(long length) {
      end = length + 6;
    }

    @Override
    public int read() {
      return at == end
          ? -1
          : at < 6 ? ">long\n".charAt((int) at++) : "ACGT".charAt((int) (at++ & 3));
    }

    @Override
    public int read(byte[] to, int from, int count) {
      int n = (int) Math.min(count, end - at);
      for (int i = 0; i < n; i++) {
        to[from + i] = (byte) read();
      }
      return n == 0 ? -1 : n;
    }
  }

  @Test
  void proteinsAndBinariesAreReported() {
    assertThat(foreign("MKVLAAGIVGLCAKAYDEPQ")).contains("protein");
    assertThat(foreign("ACGT\u0001\u0002\u0003\u0004")).contains("no sequence");
    assertThat(foreign("ACGTNRYSWKMBDHV-*acgtun")).isNull();
    Composition little = new Composition();
    little.add("ACGTACGTACGTE".getBytes(StandardCharsets.UTF_8), 13);
    assertThat(little.foreign()).isNull();
    assertThat(little.oddities()).startsWith("1 of 13");
  }

  private static String foreign(String text) {
    Composition composition = new Composition();
    composition.add(text.getBytes(StandardCharsets.UTF_8), text.length());
    return composition.foreign();
  }
}
