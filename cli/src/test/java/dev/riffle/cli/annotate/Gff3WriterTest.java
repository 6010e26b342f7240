package dev.riffle.cli.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.riffle.cli.CommandLines;
import dev.riffle.cli.demo.Annotations;
import dev.riffle.cli.dna.SyntheticGenome;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.GeneStatus;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each writer of GFF3 and BED writes is valid, whatever the names. */
class Gff3WriterTest {
  private static final List<String> NAMES =
      List.of(
          "#1",
          ">c1",
          "HG002#1#chr1",
          "\"q\"",
          "é中",
          "a%b;c=d&e,f",
          "@x",
          "track",
          "browser_2",
          "##FASTA",
          "gi|123|ref",
          "a\u007fb",
          "(x)[y]{z}/~`'\\");

  @TempDir Path folder;

  private static String bases() {
    return new String(SyntheticGenome.make("g", 4_000, 5, 11).bases(), StandardCharsets.US_ASCII);
  }

  private Path annotated() throws IOException {
    StringBuilder text = new StringBuilder();
    NAMES.forEach(
        name -> text.append('>').append(name).append(" x\n").append(bases()).append('\n'));
    text.append(">long\n");
    text.append(bases().repeat(12)).append('\n');
    Path fasta = Files.writeString(folder.resolve("x.fna"), text);
    Path gff3 = folder.resolve("x.gff3");
    CommandLines done =
        CommandLines.run("annotate", fasta, "-o", gff3, "--bed", "--json", "--force");
    assertThat(done.exit()).as(done.err()).isZero();
    return gff3;
  }

  private Path demonstrated() throws IOException {
    Annotations annotations = new Annotations();
    for (String name : NAMES) {
      for (int number = 1; number < 4; number++) {
        annotations.take(gene(name, number));
      }
      annotations.take(end(name, 4_000));
    }
    annotations.take(end("nothing", 0));
    Path gff3 = folder.resolve("demo.gff3");
    annotations.write(gff3);
    return gff3;
  }

  private static GeneEvent gene(String name, long number) {
    return GeneEvent.newBuilder()
        .setSequenceId(name)
        .setNumber(number)
        .setLeft(300 * number)
        .setRight(300 * number + 99)
        .setStrand(number == 2 ? "-" : "+")
        .setPartial("00")
        .setStartType("ATG")
        .setScore(5)
        .setCodingScore(50)
        .setStartScore(-1)
        .setConfidence(0.5f)
        .setStatus(GeneStatus.PUBLISHED)
        .setBasesRead(4_000)
        .setModelVersion("m/1")
        .setIsFinal(true)
        .setLatency(null)
        .build();
  }

  private static SessionEvent end(String name, long bases) {
    return SessionEvent.newBuilder()
        .setSequenceId(name)
        .setKind(SessionKind.ENDED)
        .setReason("end")
        .setPosition(bases)
        .setMissing(0)
        .setCaptureTime(Instant.EPOCH)
        .setModelVersion("m/1")
        .setDuplicates(0)
        .setTrimmedSteps(0)
        .setFilledSteps(0)
        .build();
  }

  /** Genomes whose last gene the end cuts, on both strands and in all phases. */
  private List<Path> synthetic() throws IOException {
    List<Path> files = new ArrayList<>();
    SyntheticGenome whole = SyntheticGenome.make("g", 10_000, 3, 11);
    for (int i = 0; i < 6; i++) {
      for (int end = 100; end < 103; end++) {
        int length = whole.genes().get(i).left() + end;
        Path gff3 = folder.resolve("g" + i + "-" + end + ".gff3");
        SyntheticGenome.make(">g#1", length, 3, 11).write(folder.resolve("g.fna"), gff3);
        files.add(gff3);
      }
    }
    return files;
  }

  @Test
  void eachWriterWritesByTheSpecification() throws IOException {
    assertThat(Gff3Checker.check(annotated())).isGreaterThan(3 * NAMES.size());
    assertThat(Gff3Checker.check(demonstrated())).isEqualTo(3 * NAMES.size());
    for (Path file : synthetic()) {
      assertThat(Gff3Checker.check(file)).isPositive();
    }
  }

  @Test
  void genometoolsAcceptsWhatEachWriterWrites() throws Exception {
    Gff3Checker.validate(annotated());
    Gff3Checker.validate(demonstrated());
    for (Path file : synthetic()) {
      Gff3Checker.validate(file);
    }
  }

  @Test
  void noLineOfBedLooksLikeAnythingButAFeature() throws IOException {
    annotated();
    List<String> bed = Files.readAllLines(folder.resolve("x.bed"));
    assertThat(bed).hasSizeGreaterThan(3 * NAMES.size());
    for (String line : bed) {
      String[] columns = line.split("\t");
      assertThat(columns).as(line).hasSize(6);
      assertThat(columns[0]).matches("[!-~]+").doesNotMatch("(?i)(?:#|track|browser|>).*");
      assertThat(columns[3]).matches("[!-~]+");
      assertThat(Long.parseLong(columns[1])).isLessThan(Long.parseLong(columns[2]));
    }
    assertThat(bed).anyMatch(line -> line.startsWith("%74rack\t"));
    assertThat(bed.stream().map(line -> line.split("\t")[0]).distinct()).hasSize(NAMES.size() + 1);
  }

  @Test
  void aRegionIsWrittenOnlyWhereTheLengthIsKnown() throws IOException {
    List<String> regions =
        Files.readAllLines(annotated()).stream().filter(line -> line.startsWith("##seq")).toList();
    assertThat(regions).hasSize(NAMES.size()).contains("##sequence-region %231 1 4000");
  }

  @Test
  void theCasesFromTheFieldAreValid() throws IOException {
    Path cases = CommandLines.checkout().resolve("../shared/cases");
    assumeThat(cases).exists();
    for (String name :
        List.of(
            "names_hash_and_gt/hash",
            "names_hash_and_gt/gtname",
            "gff3_region_after_features/base")) {
      Path gff3 = folder.resolve("case.gff3");
      CommandLines.run("annotate", cases.resolve(name + ".fna"), "-o", gff3, "--force");
      assertThat(Gff3Checker.check(gff3)).as(name).isEqualTo(17);
    }
  }
}
