package dev.riffle.cli.annotate;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.annotator.Annotator;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Prediction;
import dev.riffle.models.StreamRunner;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Suspects genetic code 4 in contigs that are annotated with code 11 because nothing names their
 * code. The first bases of a file are annotated with both codes. If TGA is a stop codon, code 4
 * adds nothing but wrong tails; if it is tryptophan, code 11 cuts genes in pieces, whose scores add
 * up to less. For one thread.
 */
final class CodeCheck {
  /** Bases of a file that are annotated twice, at most. */
  private static final int MOST_BASES = 1 << 18;

  /** Genes that code 4 needs for a verdict. */
  private static final int FEWEST_GENES = 5;

  /** How many times more the genes of code 4 must score. */
  private static final double FACTOR = 1.1;

  private final StreamRunner<Gene> runner;
  private final Sum bacterial = new Sum(GeneticCode.BACTERIAL);
  private final Sum table4 = new Sum(GeneticCode.TABLE_4);
  private int bases;

  /** The genes of one code. */
  private static final class Sum {
    final GeneticCode code;
    long genes;
    long bases;
    double score;

    Sum(GeneticCode code) {
      this.code = code;
    }

    long mean() {
      return genes == 0 ? 0 : bases / genes;
    }
  }

  CodeCheck(StreamRunner<Gene> runner) {
    this.runner = runner;
  }

  /** Takes the first bases of a contig, unless there were enough. */
  void add(float[] steps, int count) {
    if (bases < MOST_BASES) {
      bases += count;
      add(bacterial, steps, count);
      add(table4, steps, count);
    }
  }

  private void add(Sum to, float[] steps, int count) {
    BatchItem<Gene> item =
        new BatchItem<>(
            Annotator.format(to.code), runner.open(Annotator.format(to.code)), steps, 0, count);
    runner.finish(List.of(item));
    for (Prediction<Gene> prediction : item.predictions) {
      Gene gene = prediction.value();
      if (gene.status() == Gene.Status.PUBLISHED) {
        to.genes++;
        to.bases += gene.right() - gene.left();
        to.score += gene.score();
      }
    }
  }

  /** The warning, if there is a reason for one. */
  Optional<String> finding() {
    return table4.genes >= FEWEST_GENES && table4.score > FACTOR * bacterial.score
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "The genes seem to have stop codons inside: in the first %,d bases, genetic code 11"
                    + " finds %d genes of mean %,d bases (score %.0f), code 4 finds %d of mean %,d"
                    + " (score %.0f). If this is a mycoplasma or spiroplasma, pass --code 4.",
                bases,
                bacterial.genes,
                bacterial.mean(),
                bacterial.score,
                table4.genes,
                table4.mean(),
                table4.score))
        : Optional.empty();
  }
}
