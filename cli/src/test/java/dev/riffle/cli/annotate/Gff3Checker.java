package dev.riffle.cli.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Checks files of CDS features against the GFF3 specification 1.26, more strictly than readers. */
public final class Gff3Checker {
  private static final Pattern SEQID = Pattern.compile("(?:[a-zA-Z0-9.:^*$@!+_?|-]|%[0-9A-F]{2})+");
  private static final Pattern REGION = Pattern.compile("##sequence-region (\\S+) 1 ([1-9]\\d*)");
  private static final Pattern NUMBER = Pattern.compile("[1-9]\\d*");
  private static final Pattern SCORE = Pattern.compile("\\.|-?\\d+(?:\\.\\d+)?");
  private static final Pattern ATTRIBUTE =
      Pattern.compile("([A-Za-z_]+)=((?:[ -~&&[^;=&,%]]|%[0-9A-F]{2})+)");

  private Gff3Checker() {}

  /** Checks a file; returns the number of its features. */
  public static int check(Path file) throws IOException {
    String text = Files.readString(file, StandardCharsets.UTF_8);
    assertThat(text).startsWith("##gff-version 3\n").endsWith("\n").doesNotContain("\r");
    Map<String, Long> regions = new HashMap<>();
    Set<String> seen = new HashSet<>();
    Set<String> ids = new HashSet<>();
    int features = 0;
    List<String> lines = text.lines().toList();
    for (String line : lines.subList(1, lines.size())) {
      if (line.startsWith("#")) {
        Matcher region = REGION.matcher(line);
        assertThat(region.matches()).as(line).isTrue();
        assertThat(region.group(1)).as(line).matches(SEQID);
        assertThat(seen).as("features before %s", line).doesNotContain(region.group(1));
        assertThat(regions.put(region.group(1), Long.parseLong(region.group(2)))).isNull();
      } else {
        feature(line, regions, ids);
        seen.add(line.substring(0, line.indexOf('\t')));
        features++;
      }
    }
    return features;
  }

  private static void feature(String line, Map<String, Long> regions, Set<String> ids) {
    String[] columns = line.split("\t", -1);
    assertThat(columns).as(line).hasSize(9);
    assertThat(columns[0]).as(line).matches(SEQID);
    assertThat(columns[2]).isEqualTo("CDS");
    assertThat(columns[3]).as(line).matches(NUMBER);
    assertThat(columns[4]).as(line).matches(NUMBER);
    long from = Long.parseLong(columns[3]);
    long to = Long.parseLong(columns[4]);
    assertThat(from).as(line).isLessThanOrEqualTo(to);
    assertThat(to).as(line).isLessThanOrEqualTo(regions.getOrDefault(columns[0], Long.MAX_VALUE));
    assertThat(columns[5]).as(line).matches(SCORE);
    assertThat(columns[6]).as(line).isIn("+", "-");
    assertThat(columns[7]).as(line).isIn("0", "1", "2");
    Map<String, String> attributes = new HashMap<>();
    for (String part : columns[8].split(";", -1)) {
      Matcher attribute = ATTRIBUTE.matcher(part);
      assertThat(attribute.matches()).as("%s in %s", part, line).isTrue();
      assertThat(attributes.put(attribute.group(1), attribute.group(2))).as(line).isNull();
    }
    assertThat(ids.add(attributes.get("ID"))).as(line).isTrue();
    String partial = attributes.get("partial");
    assertThat(partial).as(line).matches("[01][01]");
    boolean cutStart = partial.charAt(columns[6].equals("+") ? 0 : 1) == '1';
    boolean cutEnd = partial.charAt(columns[6].equals("+") ? 1 : 0) == '1';
    if (!cutStart) {
      assertThat(columns[7]).as(line).isEqualTo("0");
    }
    if (!cutEnd) { // it ends with a whole codon, its stop codon
      long codons = to - from + 1 - Long.parseLong(columns[7]);
      assertThat(codons % 3).as(line).isZero();
    }
  }

  /**
   * Runs {@code gt gff3validator}. Without {@code gt} of genometools on the PATH, the test is
   * skipped.
   */
  public static void validate(Path file) throws IOException, InterruptedException {
    Optional<Path> gt =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .map(folder -> Path.of(folder, "gt"))
            .filter(Files::isExecutable)
            .findFirst();
    if (gt.isEmpty()) {
      System.err.println(
          "SKIPPED: gt gff3validator did not check the GFF3 files, because gt is not on the PATH."
              + " Install the package genometools.");
    }
    assumeTrue(gt.isPresent(), "gt is not on the PATH: install the package genometools");
    Process process =
        new ProcessBuilder(gt.get().toString(), "gff3validator", file.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", file, said).isZero();
    assertThat(said).contains("input is valid GFF3");
  }
}
