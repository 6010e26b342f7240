package dev.riffle.cli.demo;

import dev.riffle.cli.dna.SyntheticGenome;
import dev.riffle.cli.dna.SyntheticGenome.Placed;
import dev.riffle.schemas.record.GeneEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Genes that were found, compared with the known genes. Genes that an end of the contig cuts count
 * on neither side.
 *
 * @param reference genes that were put there
 * @param found genes that were found
 * @param stops of them with a stop codon that was put there
 * @param exact of those with its start codon, too
 */
public record GeneMatch(int reference, int found, int stops, int exact) {

  /** Matches the genes of a synthetic genome. */
  public static GeneMatch of(SyntheticGenome genome, List<GeneEvent> genes) {
    Map<Long, Placed> known = new HashMap<>();
    for (Placed gene : genome.genes()) {
      if (gene.whole()) {
        known.put(stop(gene.strand() > 0, gene.left(), gene.right()), gene);
      }
    }
    int reference = known.size();
    int found = 0;
    int stops = 0;
    int exact = 0;
    for (GeneEvent gene : genes) {
      if (gene.getPartial().equals("00")) {
        found++;
        boolean forward = gene.getStrand().equals("+");
        Placed same = known.remove(stop(forward, gene.getLeft(), gene.getRight()));
        stops += same != null ? 1 : 0;
        exact +=
            same != null && same.left() == gene.getLeft() && same.right() == gene.getRight()
                ? 1
                : 0;
      }
    }
    return new GeneMatch(reference, found, stops, exact);
  }

  /** Where a gene stops, negative on the reverse strand. */
  private static long stop(boolean forward, long left, long right) {
    return forward ? right : -left - 1;
  }

  /** Share of the genes put there whose stop codon was found. */
  public double recall() {
    return reference == 0 ? Double.NaN : stops / (double) reference;
  }

  /** Share of the genes found whose stop codon was put there. */
  public double precision() {
    return found == 0 ? Double.NaN : stops / (double) found;
  }
}
