package dev.riffle.cli.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.riffle.cli.CommandLines;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnnotateCommandTest {
  @TempDir Path folder;

  private static Path golden(String name) {
    return CommandLines.checkout().resolve("demo/models/dna-annotator/1/golden").resolve(name);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static List<String> features(String gff) {
    return gff.lines().filter(line -> !line.startsWith("#")).toList();
  }

  /** All but the scores, which may differ by 0.1. */
  private static List<String> exact(List<String> features) {
    return features.stream()
        .map(line -> line.replaceFirst("(\t\\d+\t\\d+)\t[\\d.]+\t", "$1\t"))
        .map(line -> line.replaceFirst(";coding_score=.*", ""))
        .toList();
  }

  private static byte[] gzipped(byte[] plain) throws IOException {
    var bytes = new java.io.ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(plain);
    }
    return bytes.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({"case-1, 11", "case-2, 4"})
  void theGenesOfTheGoldensComeAsGff3(String name, String code) throws IOException {
    Path out = folder.resolve("x.gff3");
    CommandLines done =
        CommandLines.run("annotate", golden(name + ".fasta"), "-o", out, "--code", code);
    assertThat(done.exit()).as(done.err()).isZero();
    String gff = Files.readString(out);
    List<String> expected = features(Files.readString(golden(name + ".gff3")));
    assertThat(exact(features(gff))).isEqualTo(exact(expected));
    assertThat(gff).startsWith("##gff-version 3\n");
    if (name.equals("case-1")) {
      assertThat(gff).startsWith("##gff-version 3\n##sequence-region c11 1 4520\n");
    } else {
      // each contig's region before its genes; one without bases has none
      assertThat(gff.lines().filter(l -> l.startsWith("##seq")))
          .containsExactly(
              "##sequence-region m1 1 2900",
              "##sequence-region m2 1 310",
              "##sequence-region m3 1 20");
      assertThat(done.err()).contains("m4 has no bases");
    }
    assertThat(CommandLines.run("annotate", golden(name + ".fasta"), "-o", out).err())
        .contains("exists")
        .contains("--force");
  }

  @Test
  void gzipFastqAndTheOutputStreamGiveTheSameGenes() throws IOException {
    String fasta = Files.readString(golden("case-1.fasta"));
    String bases = fasta.lines().skip(1).reduce("", String::concat);
    CommandLines done = CommandLines.run("annotate", golden("case-1.fasta"));
    assertThat(done.exit()).as(done.err()).isZero();
    String expected = done.out();
    assertThat(features(expected)).hasSize(7);
    assertThat(done.err()).contains("1 contig, 4,520 bases, 7 genes;");
    Path gzip =
        Files.write(folder.resolve("x.gz"), gzipped(fasta.getBytes(StandardCharsets.UTF_8)));
    assertThat(CommandLines.run("annotate", gzip).out()).isEqualTo(expected);
    Path fastq = write("x.fastq", "@c11 x\n" + bases + "\n+\n" + "I".repeat(bases.length()) + "\n");
    assertThat(CommandLines.run("annotate", fastq).out()).isEqualTo(expected);
    Path reference = write("y.fna", fasta);
    assertThat(CommandLines.run("annotate", reference, "--backend", "reference").out())
        .isEqualTo(expected);
  }

  @Test
  void bedAndJsonSayTheSame() throws IOException {
    Path out = folder.resolve("x.gff3");
    CommandLines done =
        CommandLines.run("annotate", golden("case-1.fasta"), "-o", out, "--bed", "--json");
    assertThat(done.exit()).as(done.err()).isZero();
    List<String> features = features(Files.readString(out));
    List<String> bed = Files.readAllLines(folder.resolve("x.bed"));
    List<JsonNode> json = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("x.jsonl"))) {
      json.add(new ObjectMapper().readTree(line));
    }
    assertThat(bed).hasSameSizeAs(features);
    assertThat(json).hasSameSizeAs(features);
    for (int i = 0; i < bed.size(); i++) {
      String[] gff = features.get(i).split("\t");
      String[] columns = bed.get(i).split("\t");
      assertThat(columns[0]).isEqualTo("c11");
      assertThat(Long.parseLong(columns[1]) + 1).isEqualTo(Long.parseLong(gff[3]));
      assertThat(columns[2]).isEqualTo(gff[4]);
      assertThat(columns[3]).isEqualTo("c11_" + (i + 1));
      assertThat(Integer.parseInt(columns[4])).isBetween(0, 1000);
      assertThat(columns[5]).isEqualTo(gff[6]);
      assertThat(json.get(i).path("left").asText()).isEqualTo(columns[1]);
      assertThat(json.get(i).path("bases_read").asLong()).isGreaterThan(Long.parseLong(gff[4]) - 1);
    }
    CommandLines both = CommandLines.run("annotate", golden("case-1.fasta"), "--bed", "--json");
    assertThat(both.exit()).isEqualTo(2);
  }

  @Test
  void theCodeOfAHeaderHoldsUnlessAnotherIsGiven() throws IOException {
    String dna = Files.readString(golden("case-2.fasta"));
    Path named = write("x.fna", dna.replace(">m1 code 4", ">m1 genetic_code=4"));
    Path plain = write("y.fna", dna);
    String four = CommandLines.run("annotate", plain, "--code", "4").out();
    String eleven = CommandLines.run("annotate", plain).out();
    assertThat(eleven).isNotEqualTo(four);
    assertThat(m1(CommandLines.run("annotate", named).out())).isEqualTo(m1(four));
    assertThat(m1(CommandLines.run("annotate", named, "--code", "11").out())).isEqualTo(m1(eleven));
    CommandLines other = CommandLines.run("annotate", plain, "--code", "1");
    assertThat(other.exit()).isEqualTo(2);
    assertThat(other.err()).contains("expected auto, 11 or 4");
  }

  private static List<String> m1(String gff) {
    return gff.lines().filter(line -> line.startsWith("m1\t")).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"protein", "twice", "quality", "odd", "code"})
  void aBadRecordIsReportedAndTheOthersAreAnnotated(String kind) throws IOException {
    String good = Files.readString(golden("case-1.fasta"));
    String bases = good.lines().skip(1).reduce("", String::concat);
    String asRead = "@c11\n" + bases + "\n+\n" + "I".repeat(bases.length()) + "\n";
    String text =
        switch (kind) {
          case "protein" -> ">p\nMKVLAAGIVGLCAKAYDEPQWLEEF\n" + good;
          case "twice" -> good + "\n" + good;
          case "quality" -> "@r\nACGTACGT\n+\nIII\n" + asRead;
          case "odd" -> ">o\n" + "ACGT".repeat(30) + "\u0001\u0002E\n" + good;
          case "code" -> ">z genetic_code=25\nACGTACGT\n" + good;
          default -> throw new IllegalArgumentException(kind);
        };
    String word =
        switch (kind) {
          case "protein" -> "p (line 1) was not annotated: it looks like a protein";
          case "twice" -> "c11 is the name of two contigs";
          case "quality" -> "r (line 1) was not annotated: it has 8 bases but 3 qualities";
          case "odd" -> "o: 3 of 123 characters are no letters of DNA";
          default -> "z (line 1) was not annotated: The genetic code must be 11";
        };
    CommandLines done = CommandLines.run("annotate", write("x", text));
    assertThat(done.exit()).isEqualTo(1);
    assertThat(done.err()).contains(word);
    List<String> genes = features(done.out());
    assertThat(genes).filteredOn(gene -> gene.startsWith("c11\t")).hasSize(7);
    if (kind.equals("twice")) {
      assertThat(genes).filteredOn(gene -> gene.startsWith("c11.2\t")).hasSize(7);
    }
  }

  @Test
  void aFileThatIsNoSequenceOrEndsTooEarlyIsReported() throws IOException {
    Path binary = Files.write(folder.resolve("x.bin"), new byte[] {7, 0, 1, 2});
    CommandLines no = CommandLines.run("annotate", binary);
    assertThat(no.exit()).isEqualTo(1);
    assertThat(no.err()).contains("neither FASTA nor FASTQ").contains("byte 0x07");
    CommandLines none = CommandLines.run("annotate", folder.resolve("none"));
    assertThat(none.exit()).isEqualTo(1);
    assertThat(none.err()).contains("does not exist");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    CommandLines nothing = CommandLines.run("annotate", empty);
    assertThat(nothing.exit()).isEqualTo(1);
    assertThat(nothing.err()).contains("contains no").doesNotContain("Several inputs");
    CommandLines twice = CommandLines.run("annotate", binary, empty, "-o", folder.resolve("o"));
    assertThat(twice.err())
        .contains("riffle: " + binary + " is neither")
        .doesNotContain(binary + ": " + binary);

    byte[] whole = gzipped(longContig().getBytes(StandardCharsets.UTF_8));
    Path cut = Files.write(folder.resolve("cut.gz"), Arrays.copyOf(whole, whole.length * 2 / 3));
    CommandLines half = CommandLines.run("annotate", cut);
    assertThat(half.exit()).isEqualTo(1);
    assertThat(half.err())
        .contains("is truncated within its compressed data")
        .contains("as far as it could be read");
    assertThat(features(half.out())).isNotEmpty();
  }

  @Test
  void aFolderIsAnnotatedFileByFileAndABadOneDoesNotStopTheOthers() throws IOException {
    String good = Files.readString(golden("case-1.fasta"));
    Files.createDirectories(folder.resolve("in/b"));
    write("in/one.fna", good);
    Files.write(folder.resolve("in/b/two.fa.gz"), gzipped(good.getBytes(StandardCharsets.UTF_8)));
    Path bad = Files.write(folder.resolve("in/b/bad.fasta"), new byte[] {7, 0, 1, 2});
    Path none = folder.resolve("none.fna");
    Path out = folder.resolve("out");

    CommandLines done =
        CommandLines.run("annotate", folder.resolve("in"), none, "-o", out, "--bed");

    assertThat(done.exit()).isEqualTo(1);
    assertThat(done.err()).contains(bad + " is neither", "The file " + none + " does not exist.");
    String expected = CommandLines.run("annotate", golden("case-1.fasta")).out();
    assertThat(out.resolve("one.gff3")).hasContent(expected);
    assertThat(out.resolve("b/two.gff3")).hasContent(expected);
    assertThat(out.resolve("b/two.bed")).isNotEmptyFile();
    assertThat(done.out()).contains("one.fna: 1 contig", "b/two.gff3");

    CommandLines again = CommandLines.run("annotate", folder.resolve("in"), "-o", out);
    assertThat(again.exit()).isEqualTo(1);
    assertThat(again.err()).contains(".gff3 exists");
  }

  @Test
  void severalInputsNeedADirectoryAndDifferentNames() throws IOException {
    Path one = write("one.fna", ">a\nACGT\n");
    Path same = write("one.fa", ">a\nACGT\n");
    Path file = write("genes.gff3", "");
    assertThat(CommandLines.run("annotate", one, same).err())
        .contains("Several inputs need a directory", "found standard output");
    assertThat(CommandLines.run("annotate", one, same, "-o", file).err())
        .contains("found the file " + file);
    CommandLines equal = CommandLines.run("annotate", one, same, "-o", folder.resolve("out"));
    assertThat(equal.exit()).isEqualTo(2);
    assertThat(equal.err()).contains(one + " and " + same + " would both be written to");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void standardInputIsAnnotatedToStandardOutput() throws IOException {
    byte[] good = Files.readAllBytes(golden("case-1.fasta"));
    String expected = CommandLines.run("annotate", golden("case-1.fasta")).out();
    for (byte[] bytes : List.of(good, gzipped(good))) {
      CommandLines done = CommandLines.runWithInput(bytes, "annotate", "-", "-o", "-");
      assertThat(done.exit()).as(done.err()).isZero();
      assertThat(done.out()).isEqualTo(expected);
      assertThat(done.err()).contains("standard input: 1 contig");
    }
    CommandLines.runWithInput(good, "annotate", "-", "-o", folder);
    assertThat(folder.resolve("stdin.gff3")).hasContent(expected);
  }

  /** Longer than a piece of the reader. */
  private static String longContig() throws IOException {
    String bases =
        Files.readString(golden("case-1.fasta")).lines().skip(1).reduce("", String::concat);
    StringBuilder text = new StringBuilder(">long\n");
    for (int i = 0; i < 20; i++) {
      text.append(bases, i, bases.length() - 7 * i);
    }
    return text.toString();
  }

  @Test
  void manyContigsTogetherAreWhatEachIsAlone() throws IOException {
    String bases =
        Files.readString(golden("case-1.fasta")).lines().skip(1).reduce("", String::concat);
    StringBuilder all = new StringBuilder();
    StringBuilder expected = new StringBuilder("##gff-version 3\n");
    for (int i = 0; i < 4; i++) {
      String one = ">k" + i + "\n" + bases.substring(300 * i) + "\n";
      all.append(one);
      String gff = CommandLines.run("annotate", write("k" + i, one)).out();
      expected.append(gff.substring(gff.indexOf('\n') + 1));
    }
    assertThat(CommandLines.run("annotate", write("all", all.toString())).out())
        .isEqualTo(expected.toString());
  }

  /**
   * The genes that training/annotator/annotator.py finds: contig, left + 1, right, strand, start.
   */
  @ParameterizedTest
  @ValueSource(strings = {"ph_NC_013600", "ph_NC_016566", "ph_NC_049491"})
  void aPhageHasTheGenesOfTheReference(String name) throws IOException {
    Path dna = CommandLines.checkout().resolve("../shared/data/dna/" + name + ".fna.gz");
    assumeThat(dna).exists();
    List<String> found =
        features(CommandLines.run("annotate", dna).out()).stream()
            .map(line -> line.split("\t"))
            .map(
                f ->
                    String.join(
                        " ",
                        f[3],
                        f[4],
                        f[6],
                        f[8].replaceFirst(".*partial=(\\d\\d);start_type=(\\w+);.*", "$1 $2")))
            .toList();
    try (var expected = AnnotateCommandTest.class.getResourceAsStream("/dna/" + name + ".genes")) {
      assertThat(found)
          .isEqualTo(new String(expected.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
    }
  }
}
