package dev.riffle.dna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.models.InputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Line ends, encodings and headers of sequence files. */
class SequenceTextTest {
  private static SequenceFile file(byte[] bytes) throws IOException {
    return SequenceFile.open(new ByteArrayInputStream(bytes), "x");
  }

  /** name:line=letters, or name:line!problem, of each record; then the failure, if there is one. */
  private static List<String> records(byte[] bytes, int room) throws IOException {
    List<String> records = new ArrayList<>();
    byte[] piece = new byte[room];
    try (SequenceFile file = file(bytes)) {
      for (SequenceFile.Entry e = file.next(); e != null; e = file.next()) {
        StringBuilder text = new StringBuilder(e.name() + ":" + e.line());
        text.append(e.problem() == null ? "=" : "!" + e.problem());
        for (int n = file.read(piece); n > 0; n = file.read(piece)) {
          text.append(new String(piece, 0, n, StandardCharsets.US_ASCII));
        }
        records.add(text.toString());
      }
    } catch (InputException e) {
      records.add(e.getMessage());
    }
    return records;
  }

  private static List<String> records(String text) throws IOException {
    return records(text.getBytes(StandardCharsets.UTF_8), 64);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r", "\r\n"})
  void linesEndInAnyWay(String end) throws IOException {
    String fasta = "\n>a one\nACGT\nAC\n\n>b\n>c\nGG\n;remark\nTT".replace("\n", end);
    String fastq =
        "@r1 x\nACGT\n+\n@>+I\n@r2\nAC\nGT\n+r2\nII\n@I\n@r3\n\n+\n\n".replace("\n", end);
    for (int room = 1; room < 6; room++) {
      assertThat(records(fasta.getBytes(StandardCharsets.US_ASCII), room))
          .containsExactly("a:2=ACGTAC", "b:6=", "c:7=GGTT");
      assertThat(records(fastq.getBytes(StandardCharsets.US_ASCII), room))
          .containsExactly("r1:1=ACGT", "r2:5=ACGT", "r3:11=");
    }
  }

  @Test
  void linesEndInSeveralWaysInOneFile() throws IOException {
    assertThat(records(">a\rAC\r\nGT\nTT\r\r\n>b\r\n\rAA\n\n\r>c"))
        .containsExactly("a:1=ACGTTT", "b:6=AA", "c:11=");
  }

  @Test
  void aLineEndThatTwoBuffersShareIsOne() throws IOException {
    for (int before = (1 << 16) - 4; before < (1 << 16) + 2; before++) {
      String text = ">a\r\n" + "A".repeat(before - 4) + "\r\n>b\r\nCC";
      assertThat(records(text)).containsExactly("a:1=" + "A".repeat(before - 4), "b:3=CC");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {">a x\nACGT\n", "@a x\nACGT\n+\nIIII\n", "\r\n >a\r\nACGT"})
  void aByteOrderMarkAndLeadingBlanksAreSkipped(String text) throws IOException {
    assertThat(records("\ufeff" + text)).singleElement().asString().matches("a:[12]=ACGT");
    assertThat(records(text)).isEqualTo(records("\ufeff" + text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16"})
  void textInUtf16IsNamed(String charset) throws IOException {
    for (String text : List.of(">a\nACGT\n", "@a\nACGT\n+\nIIII\n")) {
      assertThat(records(text.getBytes(Charset.forName(charset)), 64))
          .singleElement()
          .asString()
          .startsWith("x is neither FASTA nor FASTQ but text in UTF-16. Convert it with iconv");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a ZIP archive, PK\u0003\u0004rest",
    "GenBank, LOCUS       NC_000913",
    "a web page, <!DOCTYPE html>",
    "SAM, '@SQ\tSN:chr1\tLN:5'",
    "BAM, BAM\u0001abc",
    "GFF, ##gff-version 3"
  })
  void anotherFormatIsNamed(String what, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    assertThat(records(bytes, 64)).singleElement().asString().contains(" but " + what + ". ");
    assertThat(records(gzipped(bytes), 64)).isEqualTo(records(bytes, 64));
  }

  @Test
  void aTarArchiveAndDoubleCompressionAreNamed() throws IOException {
    byte[] tar = Arrays.copyOf("genome.fna".getBytes(StandardCharsets.US_ASCII), 1024);
    System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
    assertThat(records(gzipped(tar), 64).get(0)).contains("but a tar archive. Extract");
    byte[] twice = gzipped(gzipped(">a\nACGT".getBytes(StandardCharsets.US_ASCII)));
    assertThat(records(twice, 64).get(0)).contains("but compressed twice. Decompress it once");
  }

  private static byte[] gzipped(byte[] plain) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(plain);
    }
    return bytes.toByteArray();
  }

  @Test
  void theLastLineBeforeADamagedPlaceIsUsed() throws IOException {
    byte[] garbage = {'x', 'y'};
    ByteArrayOutputStream fastq = new ByteArrayOutputStream();
    fastq.writeBytes(gzipped("@a\nACGT\n+\nIIII\n@b\nAC\n+\nII".getBytes(StandardCharsets.UTF_8)));
    fastq.writeBytes(garbage);
    assertThat(records(fastq.toByteArray(), 64))
        .hasSize(3)
        .startsWith("a:1=ACGT", "b:5=AC")
        .last()
        .asString()
        .contains("x cannot be read beyond line 8: byte ", "begins no gzip member");
    ByteArrayOutputStream fasta = new ByteArrayOutputStream();
    fasta.writeBytes(gzipped(">a\nACGT\n>b\nAC".getBytes(StandardCharsets.UTF_8)));
    fasta.writeBytes(garbage);
    try (SequenceFile file = file(fasta.toByteArray())) {
      file.next();
      assertThat(file.next().name()).isEqualTo("b");
      assertThat(file.read(new byte[64])).isEqualTo(2);
      assertThatThrownBy(() -> file.read(new byte[64])).isInstanceOf(InputException.class);
      assertThat(file.next()).isNull();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "@a/ACGT/IIII/@b/AC/+/II/, line 4 begins with '@'",
    "@a/ACGT/@b/AC/+/II/, line 3 begins with '@'",
    "@b/AC/+/II/@a/ACGT, the file ends at line 6"
  })
  void aReadWithoutPlusSaysWhatIsThere(String text, String found) throws IOException {
    List<String> records = records(text.replace('/', '\n'));
    assertThat(records)
        .filteredOn(r -> r.startsWith("b:"))
        .singleElement()
        .asString()
        .endsWith("AC");
    assertThat(records)
        .filteredOn(r -> r.startsWith("a:"))
        .singleElement()
        .asString()
        .endsWith("!its bases are not followed by a line with + and by qualities: " + found);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a genetic_code=4",
        "a [organism=Mycoplasma sp.] [gcode=4]",
        "a [GCode = 4] [topology=circular]",
        "a transl_table=4",
        "a /transl_table=\"4\" x",
        "a synthetic, genetic_code=4",
        "a [gcode=4] transl_table=4"
      })
  void aHeaderNamesItsCode(String header) {
    assertThat(entry(header).code()).contains(GeneticCode.TABLE_4);
    assertThat(entry(header.replace("4", "11")).code()).contains(GeneticCode.BACTERIAL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "a mgcode=4", "a gcode=", "a barcode_gcode=4", "a [mgcode=2]", "a gcode 4"})
  void otherHeadersNameNone(String header) {
    assertThat(entry(header).code()).isEqualTo(Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a gcode=1", "a [gcode=25]", "a transl_table=99999999999", "a gcode=4 gcode=11"})
  void aCodeThatCannotBeUsedIsRefused(String header) {
    assertThatThrownBy(() -> entry(header).code())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("genetic code");
  }

  private static SequenceFile.Entry entry(String header) {
    return new SequenceFile.Entry("a", header, 1, null, null);
  }

  @Test
  void namesThatComeAgainAreNumberedInLinearTime() {
    UniqueNames names = new UniqueNames();
    assertThat(names.of("a")).isEqualTo("a");
    assertThat(names.of("a.3")).isEqualTo("a.3");
    assertThat(names.of("a")).isEqualTo("a.2");
    assertThat(names.of("a")).isEqualTo("a.4");
    assertThat(names.of("a.2")).isEqualTo("a.2.2");
    for (int i = 5; i < 300_000; i++) {
      assertThat(names.of("a").equals("a." + i)).isTrue();
    }
  }
}
