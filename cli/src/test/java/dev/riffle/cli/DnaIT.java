package dev.riffle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.riffle.local.LocalBroker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DNA through the command line, with a broker and a cluster in this JVM. */
class DnaIT {
  @TempDir Path dir;

  @Test
  void theDemonstrationFindsMostOfItsGenesAndWritesWhatAnnotateWrites() throws Exception {
    Path out = dir.resolve("out");
    CommandLines result =
        CommandLines.run(
            "demo",
            "dna",
            "--speed",
            "max",
            "--chunk-bases",
            "180",
            "--bases",
            "20000",
            "-o",
            out,
            "--json");
    assertThat(result.err()).isEmpty();
    JsonNode summary = new ObjectMapper().readTree(result.out());
    assertThat(summary.at("/truth/genes").asInt()).isGreaterThan(15);
    assertThat(summary.at("/truth/stop_recall").asDouble()).isGreaterThan(0.9);
    assertThat(summary.at("/truth/stop_precision").asDouble()).isGreaterThan(0.9);
    assertThat(summary.at("/delay_bases/forward_model/p50").asInt()).isBetween(305, 334);
    assertThat(summary.at("/delay_bases/forward_model/max").asInt()).isBetween(305, 334);
    assertThat(summary.at("/delay_bases/forward_chunks/max").asInt()).isLessThan(334 + 180);
    assertThat(summary.path("growth_updates").asInt()).isPositive();

    Path alone = dir.resolve("alone.gff3");
    CommandLines annotated = CommandLines.run("annotate", out.resolve("genome.fasta"), "-o", alone);
    assertThat(annotated.exit()).as(annotated.err()).isZero();
    assertThat(out.resolve("out.gff3")).hasSameTextualContentAs(alone);
  }

  @Test
  void whatIsProducedIsAnnotatedByTheJobAndSeenByTail() throws Exception {
    Path fasta = dir.resolve("two.fasta");
    Path golden = CommandLines.checkout().resolve("demo/models/dna-annotator/1/golden");
    Files.writeString(
        fasta, Files.readString(golden.resolve("case-1.fasta")) + "\n>prot\nMKLVEEIPQMKLVEEIPQ\n");
    try (LocalBroker broker = LocalBroker.start()) {
      String bootstrap = broker.bootstrap();
      CommandLines produced =
          CommandLines.run(
              "produce",
              "reads",
              fasta,
              "--speed",
              "max",
              "--bootstrap",
              bootstrap,
              "--chunk-bases",
              "100");
      assertThat(produced.exit()).isEqualTo(1);
      assertThat(produced.err()).contains("prot", "was not sent: it looks like a protein");
      assertThat(produced.out()).contains("riffle.dna.in.v1", "Sent 4,520 bases");
      CommandLines synthetic =
          CommandLines.run(
              "produce",
              "reads",
              "--synthetic",
              "3000",
              "--contigs",
              "2",
              "--channels",
              "2",
              "--speed",
              "max",
              "--stream",
              "synthetic",
              "--bootstrap",
              bootstrap);
      assertThat(synthetic.exit()).as(synthetic.err()).isZero();
      assertThat(synthetic.out()).contains("2 synthetic contigs", "Sent 6,000 bases");

      CommandLines ran =
          CommandLines.run("run", "annotation", "--bootstrap", bootstrap, "--bounded", "true");
      assertThat(ran.exit()).as(ran.err()).isZero();

      List<String> genes = new ArrayList<>();
      for (String line :
          tail(bootstrap, "riffle.dna.final.v1", 7, "--json").out().lines().toList()) {
        JsonNode gene = new ObjectMapper().readTree(line);
        assertThat(gene.path("is_final").asBoolean()).isTrue();
        assertThat(gene.path("sequence_id").asText()).isEqualTo("c11");
        genes.add(gene.path("left").asLong() + 1 + " " + gene.path("right").asLong());
      }
      List<String> expected =
          Files.readAllLines(golden.resolve("case-1.gff3")).stream()
              .filter(l -> !l.startsWith("#"))
              .map(l -> l.split("\t")[3] + " " + l.split("\t")[4])
              .toList();
      assertThat(genes).isEqualTo(expected);
      assertThat(tail(bootstrap, "riffle.dna.in.v1", 1).out())
          .contains("c11  position 0  100 bases  channel 1  code 11  start");
      assertThat(tail(bootstrap, "riffle.dna.sessions.v1", 2).out())
          .contains("STARTED c11  start", "ENDED   c11  end  position 4520");
      assertThat(tail(bootstrap, "riffle.synthetic.in.v1", 34).out())
          .contains("synthetic-1  position 0  180 bases  channel 1  code 11  start")
          .contains("synthetic-2  position 2880  120 bases  channel 2  code 11  end");
    }
  }

  private static CommandLines tail(String bootstrap, String topic, int max, Object... more) {
    List<Object> line =
        new ArrayList<>(
            List.of("tail", topic, "--bootstrap", bootstrap, "--from-beginning", "--max", max));
    line.addAll(List.of(more));
    CommandLines result = CommandLines.run(line.toArray());
    assertThat(result.exit()).as(result.err()).isZero();
    return result;
  }
}
