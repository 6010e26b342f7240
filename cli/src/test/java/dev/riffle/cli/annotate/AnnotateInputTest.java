package dev.riffle.cli.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.github.luben.zstd.Zstd;
import dev.riffle.cli.CommandLines;
import dev.riffle.cli.dna.SyntheticGenome;
import dev.riffle.dna.SequenceFile;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.kernels.Backends;
import dev.riffle.models.StreamModel;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Files as people make them: compressed, damaged, of old computers, with headers of NCBI. */
class AnnotateInputTest {
  @TempDir Path folder;

  private static Path cases() {
    Path cases = CommandLines.checkout().resolve("../shared/cases");
    assumeThat(cases).exists();
    return cases;
  }

  private static String fasta(String header, int bases, long seed, int code) {
    byte[] genome = SyntheticGenome.make("g", bases, seed, code).bases();
    return ">" + header + "\n" + new String(genome, StandardCharsets.US_ASCII) + "\n";
  }

  private CommandLines annotate(byte[] file) throws IOException {
    return CommandLines.run("annotate", Files.write(folder.resolve("x"), file));
  }

  private CommandLines annotate(String text) throws IOException {
    return annotate(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  @Test
  void allCompressionsGiveTheSameGenes() throws IOException {
    String text = fasta("a", 5_000, 1, 11) + fasta("b", 4_000, 2, 11);
    byte[] plain = text.getBytes(StandardCharsets.UTF_8);
    String expected = annotate(text).out();
    assertThat(expected.lines()).hasSizeGreaterThan(8);
    ByteArrayOutputStream bzip2 = new ByteArrayOutputStream();
    try (OutputStream to = new BZip2CompressorOutputStream(bzip2)) {
      to.write(plain);
    }
    ByteArrayOutputStream xz = new ByteArrayOutputStream();
    try (OutputStream to = new XZOutputStream(xz, new LZMA2Options())) {
      to.write(plain);
    }
    for (byte[] file :
        List.of(gzip(text), bzip2.toByteArray(), xz.toByteArray(), Zstd.compress(plain))) {
      CommandLines done = annotate(file);
      assertThat(done.exit()).as(done.err()).isZero();
      assertThat(done.out()).isEqualTo(expected);
    }
  }

  @Test
  void whatIsBeforeADamagedMemberIsUsedAndThePlaceIsReported() throws IOException {
    String a = fasta("a", 5_000, 1, 11);
    byte[] one = gzip(a);
    byte[] two = gzip(fasta("b", 40_000, 2, 11));
    String alone = annotate(a).out();
    CommandLines cut = annotate(joined(one, Arrays.copyOf(two, two.length / 2)));
    assertThat(cut.exit()).isEqualTo(1);
    assertThat(cut.out()).startsWith(alone).contains("\nb\t");
    assertThat(cut.err())
        .contains("b was annotated as far as it could be read")
        .contains("gzip member 2, which begins at byte " + one.length + ", is truncated");
    CommandLines garbage = annotate(joined(one, "<html>".getBytes(StandardCharsets.UTF_8)));
    assertThat(garbage.exit()).isEqualTo(1);
    assertThat(features(garbage.out())).isEqualTo(features(alone));
    assertThat(garbage.err()).contains("byte " + one.length + " begins no gzip member");
    CommandLines zeros = annotate(joined(one, new byte[700]));
    assertThat(zeros.exit()).as(zeros.err()).isZero();
    assertThat(zeros.out()).isEqualTo(alone);
  }

  /** bzip2 in a .gz is what the first bytes say it is. */
  @ParameterizedTest
  @ValueSource(strings = {"a.fna.gz", "a.fna", "a.fq.xz"})
  void theNameOfAFileDoesNotSayHowItIsCompressed(String name) throws IOException {
    byte[] plain = fasta("a", 3_000, 1, 11).getBytes(StandardCharsets.UTF_8);
    String expected = annotate(plain).out();
    ByteArrayOutputStream bzip2 = new ByteArrayOutputStream();
    try (OutputStream to = new BZip2CompressorOutputStream(bzip2)) {
      to.write(plain);
    }
    for (byte[] file : List.of(plain, bzip2.toByteArray(), Zstd.compress(plain))) {
      CommandLines done = CommandLines.run("annotate", Files.write(folder.resolve(name), file));
      assertThat(done.exit()).as(done.err()).isZero();
      assertThat(done.out()).isEqualTo(expected);
    }
  }

  private static List<String> features(String gff3) {
    return gff3.lines().filter(line -> !line.startsWith("#")).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "/, it contains no record",
    "/ /, it contains no record",
    ">a/>b/, 2 records have no DNA",
    ">p/MKVLAAGIVGLCAKAYDEPQWLEEF/, 1 record has no DNA",
    ";only a remark/ACGT/, it contains no record",
    "LOCUS       x, it cannot be read"
  })
  void aFileOfWhichNothingIsAnnotatedIsAnError(String lines, String why) throws IOException {
    CommandLines done = annotate(lines.replace('/', '\n'));
    assertThat(done.exit()).isEqualTo(1);
    assertThat(done.err()).contains("x: nothing was annotated, because " + why);

    Path out = folder.resolve("out.gff3");
    CommandLines toFile =
        CommandLines.run("annotate", folder.resolve("x"), "-o", out, "--bed", "--json");
    assertThat(toFile.exit()).isEqualTo(1);
    assertThat(toFile.out()).contains("0 contigs, 0 bases, 0 genes").doesNotContain("out.gff3");
    assertThat(folder.toFile().list()).containsExactly("x");
  }

  @Test
  void theOutputOfAnEarlierRunStaysIfTheInputCannotBeOpened() throws IOException {
    Path in = Path.of("/proc/self/mem"); // an error, even for the superuser
    assumeThat(in).exists();
    Path out = Files.writeString(folder.resolve("out.gff3"), "before");
    CommandLines done = CommandLines.run("annotate", in, "-o", out, "--force");
    assertThat(done.exit()).as(done.err()).isEqualTo(1);
    assertThat(done.err()).contains("/proc/self/mem cannot be read");
    assertThat(out).hasContent("before");
  }

  @Test
  void aFileWithoutGenesIsWrittenIfItsContigsWereAnnotated() throws IOException {
    Path in = Files.writeString(folder.resolve("x"), ">a\nACGTAC\n");
    Path out = folder.resolve("out.gff3");
    CommandLines done = CommandLines.run("annotate", in, "-o", out);
    assertThat(done.exit()).as(done.err()).isZero();
    assertThat(done.out()).contains("1 contig, 6 bases, 0 genes -> " + out);
    assertThat(out).exists();
  }

  /** Names of files and contigs that would move the cursor, or forge a line. */
  @ParameterizedTest
  @CsvSource({
    "'a\033[2Kb', a\\u001b[2Kb",
    "'a\rb', a\\rb",
    "'a\u202eb', a\\u202eb",
    "'a\nb', a\\nb"
  })
  void namesArePrintedWithoutControlCharacters(String name, String printed) throws IOException {
    Path in = Files.writeString(folder.resolve(name), ">c\n\n");
    CommandLines done = CommandLines.run("annotate", in, "-o", folder.resolve("o.gff3"));
    assertThat(done.out()).contains(printed + ": 0 contigs").doesNotContain(name);
    assertThat(done.err())
        .contains("riffle: ", printed + ": nothing was annotated")
        .doesNotContain(name);
    CommandLines sound = CommandLines.run("transcribe", in, "-o", folder.resolve("notes"));
    assertThat(sound.err()).contains(printed).doesNotContain(name);
  }

  @ParameterizedTest
  @CsvSource({
    "'@a/ACGT/+/IIII/x/', line 5 was not annotated",
    "'@a/ACGT/+/IIII/-x/', line 5 was not annotated",
    "'@a/ACGT/x/', a (line 1) was not annotated"
  })
  void aLineIsNamedOnce(String lines, String expected) throws IOException {
    assertThat(annotate(lines.replace('/', '\n')).err()).contains("riffle: " + expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"[organism=Mycoplasma sp.] [gcode=4]", "transl_table=4", "genetic_code=4"})
  void autoFollowsTheHeader(String says) throws IOException {
    Path named = Files.writeString(folder.resolve("n"), fasta("m " + says, 20_000, 3, 4));
    Path plain = Files.writeString(folder.resolve("p"), fasta("m", 20_000, 3, 4));
    String four = CommandLines.run("annotate", plain, "--code", "4").out();
    CommandLines auto = CommandLines.run("annotate", named, "--code", "auto");
    assertThat(auto.out()).isEqualTo(four);
    assertThat(auto.err()).doesNotContain("stop codons inside");
    assertThat(CommandLines.run("annotate", named).out()).isEqualTo(four);
    CommandLines eleven = CommandLines.run("annotate", named, "--code", "11");
    assertThat(eleven.out()).isNotEqualTo(four);
    assertThat(eleven.err()).doesNotContain("stop codons inside");
    CommandLines silent = CommandLines.run("annotate", plain);
    assertThat(silent.exit()).isZero();
    assertThat(silent.err())
        .contains("The genes seem to have stop codons inside")
        .contains("pass --code 4");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void code11IsNotSuspected(long seed) throws IOException {
    assertThat(annotate(fasta("a", 20_000, seed, 11)).err()).doesNotContain("stop codons inside");
    assertThat(annotate(fasta("a", 20_000, seed, 4)).err()).contains("stop codons inside");
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto4", "1", "eleven"})
  void anotherCodeIsAUsageError(String code) throws IOException {
    Path file = Files.writeString(folder.resolve("n"), fasta("m", 2_000, 3, 4));
    CommandLines done = CommandLines.run("annotate", file, "--code", code);
    assertThat(done.exit()).isEqualTo(2);
    assertThat(done.err()).contains("expected auto, 11 or 4");
  }

  @Test
  void manyContigsOfOneNameAreNumbered() throws IOException {
    int contigs = 2_000;
    byte[] text = ">contig x\nACGTACGTAC\n".repeat(contigs).getBytes(StandardCharsets.UTF_8);
    StreamModel<Gene> model =
        Families.load(
            ModelDirectory.read(CommandLines.checkout().resolve("demo/models/dna-annotator/1")),
            Backends.find("cpu"),
            Gene.class);
    Counter counter = new Counter();
    try (SequenceFile file = SequenceFile.open(new ByteArrayInputStream(text), "x")) {
      new FileAnnotation(model, null, counter).annotate(file);
    }
    assertThat(counter.names).hasSize(contigs);
    assertThat(counter.names.get(contigs - 1)).isEqualTo("contig." + contigs);
    assertThat(counter.problems).isEqualTo(contigs - 1);
  }

  private static final class Counter implements FileAnnotation.Listener {
    final List<String> names = new ArrayList<>();
    long problems;

    @Override
    public void gene(
        String contig, dev.riffle.dna.GeneticCode code, dev.riffle.models.Prediction<Gene> gene) {}

    @Override
    public void ended(String contig, long bases) {
      names.add(contig);
    }

    @Override
    public void problem(String what) {
      problems++;
    }

    @Override
    public void note(String what) {}
  }

  @ParameterizedTest
  @CsvSource({"cr_only_lines/cr.fna, 17", "cr_only_lines/cr_multi.fna, 18"})
  void theCasesWithCarriageReturnsHaveTheirGenes(String name, int genes) {
    CommandLines done = CommandLines.run("annotate", cases().resolve(name));
    assertThat(done.exit()).as(done.err()).isZero();
    assertThat(features(done.out())).hasSize(genes);
  }

  @Test
  void theCaseOfNcbiHasItsGenes() {
    Path file = cases().resolve("ncbi_gcode_in_header/gcode4_ncbi.fna");
    assertThat(features(CommandLines.run("annotate", file).out())).hasSize(40);
  }

  @Test
  void theCaseOfTwoMembersHasItsGenes() throws IOException {
    Path parts = cases().resolve("gz_through_a_pipe");
    byte[] both;
    try (var in =
        new SequenceInputStream(
            Files.newInputStream(parts.resolve("part_a.gz")),
            Files.newInputStream(parts.resolve("part_b.gz")))) {
      both = in.readAllBytes();
    }
    CommandLines done = annotate(both);
    assertThat(done.exit()).as(done.err()).isZero();
    assertThat(done.err()).contains("3 contigs");
    assertThat(features(done.out())).hasSize(24);
  }

  @ParameterizedTest
  @CsvSource({"emptyread, 0, 18", "grep_prefix, 1, 16", "grep_sep, 1, 18", "wrapped, 0, 18"})
  void theCasesOfFastqHaveTheirGenes(String name, int exit, int genes) {
    CommandLines done =
        CommandLines.run("annotate", cases().resolve("fastq_shapes_that_pass/" + name + ".fq"));
    assertThat(done.exit()).as(done.err()).isEqualTo(exit);
    assertThat(features(done.out())).hasSize(genes);
  }
}
