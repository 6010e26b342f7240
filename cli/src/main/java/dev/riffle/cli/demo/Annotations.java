package dev.riffle.cli.demo;

import dev.riffle.dna.annotator.Gff3;
import dev.riffle.jobs.annotation.GeneMapper;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The genes of the final topic, contig by contig, and the ends of contigs. */
public final class Annotations {
  private final Map<String, List<GeneEvent>> genes = new LinkedHashMap<>();
  private final Map<String, Long> lengths = new LinkedHashMap<>();

  /** Adds a gene of the final topic. */
  public void take(GeneEvent gene) {
    genes.computeIfAbsent(gene.getSequenceId(), id -> new ArrayList<>()).add(gene);
  }

  /** Takes what happened to a contig. */
  public void take(SessionEvent session) {
    if (session.getKind() == SessionKind.ENDED) {
      lengths.put(session.getSequenceId(), session.getPosition());
    }
  }

  /** Contigs that have ended. */
  public int ended() {
    return lengths.size();
  }

  /** Bases of the contigs that have ended. */
  public long bases() {
    return lengths.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Genes of all contigs. */
  public List<GeneEvent> genes() {
    return genes.values().stream().flatMap(List::stream).toList();
  }

  /** Writes them as {@code annotate} does: each contig's length, then its genes. */
  public void write(Path file) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      line(out, Gff3.HEADER);
      for (Map.Entry<String, Long> contig : lengths.entrySet()) {
        if (contig.getValue() > 0) {
          line(out, Gff3.region(contig.getKey(), contig.getValue()));
        }
        for (GeneEvent gene : genes.getOrDefault(contig.getKey(), List.of())) {
          line(out, Gff3.feature(gene.getSequenceId(), GeneMapper.gene(gene)));
        }
      }
    }
  }

  private static void line(BufferedWriter out, String text) throws IOException {
    out.write(text);
    out.write('\n');
  }
}
