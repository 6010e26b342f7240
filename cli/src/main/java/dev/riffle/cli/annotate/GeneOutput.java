package dev.riffle.cli.annotate;

import dev.riffle.cli.shared.Failure;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.models.Prediction;
import java.io.PrintWriter;
import java.util.Map;

/**
 * Writes the genes of one input in each of its formats, and counts them.
 *
 * @param writers of each format
 * @param stream standard output, which is not closed
 */
record GeneOutput(Map<GeneWriter, PrintWriter> writers, PrintWriter stream, AnnotationReport report)
    implements FileAnnotation.Listener, AutoCloseable {

  /** Number of contigs between two checks of the output for write errors. */
  private static final int CONTIGS_PER_CHECK = 1000;

  @Override
  public void begun(String contig, long bases) {
    writers.forEach((form, to) -> form.contig(to, contig, bases));
  }

  @Override
  public void gene(String contig, GeneticCode code, Prediction<Gene> gene) {
    if (gene.value().status() == Gene.Status.PUBLISHED) {
      report.gene();
      writers.forEach((form, to) -> form.gene(to, contig, code, gene));
    }
  }

  @Override
  public void ended(String contig, long bases) {
    report.contig(bases);
    if (report.contigs() % CONTIGS_PER_CHECK == 0) {
      check();
    }
  }

  @Override
  public void problem(String what) {
    report.problem(what);
  }

  @Override
  public void note(String what) {
    report.note(what);
  }

  /**
   * A full disk is reported at once, not at the end.
   *
   * @throws Failure if something could not be written
   */
  void check() {
    for (PrintWriter to : writers.values()) {
      if (to.checkError()) {
        throw new Failure("The genes cannot be written: is the disk full, or the pipe closed?");
      }
    }
  }

  @Override
  public void close() {
    for (PrintWriter to : writers.values()) {
      to.flush();
      if (to != stream) {
        to.close();
      }
    }
  }
}
