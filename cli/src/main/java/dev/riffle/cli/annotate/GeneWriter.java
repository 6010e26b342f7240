package dev.riffle.cli.annotate;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.dna.annotator.Gff3;
import dev.riffle.models.Prediction;
import java.io.PrintWriter;

/** Published genes as text, a line each, in the order in which they come. */
public enum GeneWriter {
  /** GFF3; the length of a contig, where it is known, is before its genes. */
  GFF3("gff3") {
    @Override
    public void begin(PrintWriter to) {
      line(to, Gff3.HEADER);
    }

    @Override
    public void gene(PrintWriter to, String contig, GeneticCode code, Prediction<Gene> gene) {
      line(to, Gff3.feature(contig, gene.value()));
    }

    @Override
    public void contig(PrintWriter to, String contig, long bases) {
      line(to, Gff3.region(contig, bases));
    }
  },

  /** BED with six columns; the score is the confidence of 1000. */
  BED("bed") {
    @Override
    public void gene(PrintWriter to, String contig, GeneticCode code, Prediction<Gene> output) {
      Gene gene = output.value();
      line(
          to,
          String.join(
              "\t",
              Gff3.bedName(contig),
              Long.toString(gene.left()),
              Long.toString(gene.right()),
              Gff3.seqid(contig + "_" + gene.number()),
              Long.toString(Math.round(1000 * gene.confidence())),
              gene.reverse() ? "-" : "+"));
    }
  },

  /** An object of JSON per gene. */
  JSON("jsonl") {
    @Override
    public void gene(PrintWriter to, String contig, GeneticCode code, Prediction<Gene> output) {
      Gene gene = output.value();
      ObjectNode node = MAPPER.createObjectNode();
      node.put("contig", contig).put("number", gene.number());
      node.put("left", gene.left()).put("right", gene.right());
      node.put("strand", gene.reverse() ? "-" : "+").put("partial", gene.partial());
      node.put("start_type", gene.start().text()).put("score", gene.score());
      node.put("coding_score", gene.codingScore()).put("start_score", gene.startScore());
      node.put("confidence", gene.confidence()).put("genetic_code", code.number());
      node.put("bases_read", output.position());
      line(to, node.toString());
    }
  };

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String extension;

  GeneWriter(String extension) {
    this.extension = extension;
  }

  /** Of files in this form. */
  public String extension() {
    return extension;
  }

  /** The text before all genes. */
  public void begin(PrintWriter to) {}

  /** A published gene. */
  public abstract void gene(PrintWriter to, String contig, GeneticCode code, Prediction<Gene> gene);

  /** The text before the genes of a contig whose length is known, one base or more. */
  public void contig(PrintWriter to, String contig, long bases) {}

  private static void line(PrintWriter to, String text) {
    to.print(text);
    to.print('\n');
  }
}
