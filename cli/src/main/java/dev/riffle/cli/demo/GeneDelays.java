package dev.riffle.cli.demo;

import dev.riffle.cli.shared.Percentiles;
import dev.riffle.schemas.record.GeneEvent;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Delay of genes after their last base, in bases and in milliseconds. */
public final class GeneDelays {
  /** What is measured. */
  public enum Part {
    FORWARD_MODEL("forward, model", "independent of the chunk size"),
    FORWARD_CHUNKS("forward, in chunks", "with the rest of the chunk that published it"),
    REVERSE_MODEL("reverse, model", "their last base is the start codon: see docs/dna.md"),
    REVERSE_CHUNKS("reverse, in chunks", "");

    /** As a table names it. */
    public final String label;

    /** In words. */
    public final String meaning;

    Part(String label, String meaning) {
      this.label = label;
      this.meaning = meaning;
    }
  }

  private final Map<Part, List<Long>> bases = new EnumMap<>(Part.class);
  private final List<Double> millis = new ArrayList<>();

  public GeneDelays() {
    for (Part part : Part.values()) {
      bases.put(part, new ArrayList<>());
    }
  }

  /**
   * Adds a published gene; a gene that the end of the contig cuts is published at once and does not
   * count.
   *
   * @param chunkBases bases of a chunk
   */
  public void add(GeneEvent gene, int chunkBases) {
    if (gene.getPartial().charAt(1) == '1') {
      return;
    }
    boolean forward = gene.getStrand().equals("+");
    long chunks = (gene.getBasesRead() + chunkBases - 1) / chunkBases;
    bases
        .get(forward ? Part.FORWARD_MODEL : Part.REVERSE_MODEL)
        .add(gene.getBasesRead() - gene.getRight());
    bases
        .get(forward ? Part.FORWARD_CHUNKS : Part.REVERSE_CHUNKS)
        .add(chunks * chunkBases - gene.getRight());
  }

  /** Adds the time from the call of a chunk's last base to the record in hand. */
  public void addMillis(double time) {
    millis.add(time);
  }

  /** Genes that count. */
  public int count(Part part) {
    return bases.get(part).size();
  }

  /**
   * The smallest delay that this share of genes does not exceed, in bases.
   *
   * @param share 1 for the largest
   */
  public long bases(Part part, double share) {
    return Percentiles.of(bases.get(part), share).orElse(0L);
  }

  /** The same in milliseconds; not a number without any. */
  public double millis(double share) {
    return Percentiles.of(millis, share).orElse(Double.NaN);
  }
}
