package dev.riffle.cli.dna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.SequenceFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReadFileTest {
  private final List<String> problems = new ArrayList<>();

  @Test
  void contigsComeWithTheCodeOfTheirHeaders() throws IOException {
    List<Read> reads = reads(">a one\nACGT\nacn\n>b genetic_code=4\nTTT\n", null);
    assertThat(reads).extracting(Read::id).containsExactly("a", "b");
    assertThat(reads).extracting(Read::geneticCode).containsExactly(11, 4);
    assertThat(reads).extracting(r -> text(r.bases())).containsExactly("ACGTacn", "TTT");
    assertThat(problems).isEmpty();
    assertThat(reads(">b genetic_code=4\nTTT\n", GeneticCode.BACTERIAL).get(0).geneticCode())
        .isEqualTo(11);
  }

  @Test
  void aLongContigComesWhole() throws IOException {
    String bases = "ACGGT".repeat(60_000);
    assertThat(reads(">a\n" + bases, null)).extracting(r -> text(r.bases())).containsExactly(bases);
  }

  @Test
  void readsKeepTheirQualities() throws IOException {
    List<Read> reads = reads("@r1\nACGT\n+\nIIII\n@r2\nACG\n+\nII\n@r3\nAC\n+\n!~\n", null);
    assertThat(reads).extracting(Read::id).containsExactly("r1", "r3");
    assertThat(reads).extracting(r -> text(r.quality())).containsExactly("IIII", "!~");
    assertThat(problems).singleElement().asString().startsWith("r2 (line 5) was not sent: ");
  }

  @Test
  void whatCannotBeSentIsReportedAndTheRestIsSent() throws IOException {
    List<Read> reads =
        reads(
            ">p\nMKLVEEIPQ\n>empty\n>c genetic_code=2\nACGT\n>a\nACGTACGTACGTJACGTACGT\n>a\nAC\n",
            null);
    assertThat(reads).extracting(Read::id).containsExactly("a", "a.2");
    assertThat(text(reads.get(0).bases())).isEqualTo("ACGTACGTACGTNACGTACGT");
    assertThat(problems).hasSize(5);
    assertThat(problems.get(0)).startsWith("p (line 1) was not sent: it looks like a protein");
    assertThat(problems.get(1)).isEqualTo("empty (line 3) was not sent: it has no bases.");
    assertThat(problems.get(2)).contains("genetic code must be 11");
    assertThat(problems.get(3)).startsWith("a: 1 of 21 characters are no letters of DNA");
    assertThat(problems.get(4)).contains("this one is sent as a.2");
  }

  @Test
  void whatIsNoSequenceFileIsReported() throws IOException {
    assertThat(reads("\u0001\u0002\u0003", null)).isEmpty();
    assertThat(problems).singleElement().asString().contains("neither FASTA nor FASTQ");
  }

  private List<Read> reads(String text, GeneticCode given) throws IOException {
    problems.clear();
    List<Read> reads = new ArrayList<>();
    try (SequenceFile file =
        SequenceFile.open(
            new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)), "it")) {
      new ReadFile(file, Optional.ofNullable(given), problems::add).forEachRemaining(reads::add);
    }
    return reads;
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.US_ASCII.decode(bytes.duplicate()).toString();
  }
}
