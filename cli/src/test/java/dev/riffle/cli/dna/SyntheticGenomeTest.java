package dev.riffle.cli.dna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.cli.dna.SyntheticGenome.Placed;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SyntheticGenomeTest {
  @TempDir Path dir;

  @ParameterizedTest
  @EnumSource
  void everyWholeGeneIsAnOpenReadingFrameFromStartToStop(GeneticCode code) {
    SyntheticGenome genome = SyntheticGenome.make("g", 30_000, 7, code.number());
    assertThat(genome.bases()).hasSize(30_000);
    assertThat(genome.genes()).hasSizeGreaterThan(20);
    assertThat(genome.genes()).extracting(Placed::strand).contains(1, -1);
    int last = 0;
    for (Placed gene : genome.genes()) {
      assertThat(gene.left()).isGreaterThanOrEqualTo(last);
      last = gene.right();
      if (gene.whole()) {
        int codons = (gene.right() - gene.left()) / 3;
        assertThat((gene.right() - gene.left()) % 3).isZero();
        assertThat(Nucleotides.isStart(codon(genome, gene, 0))).isTrue();
        for (int i = 1; i < codons - 1; i++) {
          assertThat(code.isStop(codon(genome, gene, i))).isFalse();
        }
        assertThat(code.isStop(codon(genome, gene, codons - 1))).isTrue();
      }
    }
  }

  private static int codon(SyntheticGenome genome, Placed gene, int index) {
    int at = gene.strand() > 0 ? gene.left() + 3 * index : gene.right() - 3 * index - 3;
    int a = Nucleotides.of(genome.bases()[at]);
    int b = Nucleotides.of(genome.bases()[at + 1]);
    int c = Nucleotides.of(genome.bases()[at + 2]);
    return gene.strand() > 0 ? Nucleotides.codon(a, b, c) : Nucleotides.reverseCodon(a, b, c);
  }

  @Test
  void aSeedIsAGenome() {
    SyntheticGenome first = SyntheticGenome.make("g", 3_000, 1, 11);
    assertThat(SyntheticGenome.make("g", 3_000, 1, 11)).isEqualTo(first);
    assertThat(SyntheticGenome.make("g", 3_000, 2, 11)).isNotEqualTo(first);
  }

  @Test
  void theLastGeneIsCutByTheEnd() {
    SyntheticGenome genome = SyntheticGenome.make("g", 30_000, 7, 11);
    Placed gene = genome.genes().get(9);
    SyntheticGenome cut = SyntheticGenome.make("g", gene.left() + 100, 7, 11);
    assertThat(cut.genes()).hasSize(10);
    assertThat(cut.genes().get(9))
        .isEqualTo(new Placed(gene.left(), gene.left() + 100, gene.strand(), false));
  }

  @Test
  void itIsWrittenAsFastaAndGff3() throws Exception {
    SyntheticGenome genome = SyntheticGenome.make("g", 3_000, 7, 4);
    genome.write(dir.resolve("g.fasta"), dir.resolve("g.gff3"));
    List<String> fasta = Files.readAllLines(dir.resolve("g.fasta"));
    assertThat(fasta.get(0)).isEqualTo(">g synthetic, genetic_code=4");
    assertThat(String.join("", fasta.subList(1, fasta.size())))
        .isEqualTo(new String(genome.bases(), StandardCharsets.US_ASCII));
    Placed gene = genome.genes().get(0);
    assertThat(Files.readAllLines(dir.resolve("g.gff3")))
        .hasSize(2 + genome.genes().size())
        .startsWith("##gff-version 3", "##sequence-region g 1 3000")
        .element(2)
        .asString()
        .startsWith(
            String.join(
                "\t", "g", "synthetic", "CDS", "" + (gene.left() + 1), "" + gene.right(), "."));
  }
}
