package dev.riffle.cli.annotate;

import dev.riffle.dna.Composition;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.SequenceFile;
import dev.riffle.dna.UniqueNames;
import dev.riffle.dna.annotator.Annotator;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.models.BatchItem;
import dev.riffle.models.InputException;
import dev.riffle.models.Prediction;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Annotates the contigs of a file, in their order. A long one goes through the model piece by
 * piece, in memory that does not grow with it; short ones go together. For one thread.
 */
public final class FileAnnotation {
  /** Letters that are read at once; a contig of fewer waits for others. */
  private static final int PIECE = 1 << 15;

  /** Letters of short contigs that are computed together, at least. */
  private static final int BATCH = 1 << 16;

  /** Names that are remembered, to tell one that comes again. */
  private static final int MOST_NAMES = 1_000_000;

  /** Receives what comes of it, contig by contig. */
  public interface Listener {
    /** A contig of known length, one base or more, before its genes; a long one does not come. */
    default void begun(String contig, long bases) {}

    /** A gene, growing or published. */
    void gene(String contig, GeneticCode code, Prediction<Gene> gene);

    /** The end of a contig that was annotated, of one base or more. */
    void ended(String contig, long bases);

    /** What could not be done as asked. */
    void problem(String what);

    /** What is worth a word, though all was done. */
    void note(String what);
  }

  /** A short contig; not whole if the file is damaged within it. */
  private record Contig(String name, GeneticCode code, BatchItem<Gene> row, boolean whole) {}

  private final StreamRunner<Gene> runner;
  private final GeneticCode given;
  private final Listener listener;
  private final byte[] opened;
  private final byte[] piece = new byte[PIECE];
  private final float[] values = new float[PIECE];
  private final UniqueNames names = new UniqueNames();
  private final List<Contig> batch = new ArrayList<>();
  private int batched; // letters of the batch
  private CodeCheck check;
  private long records;
  private long annotated; // of them

  /**
   * @param model a DNA annotator
   * @param given genetic code of all contigs; null for what their headers say, else 11
   */
  public FileAnnotation(StreamModel<Gene> model, GeneticCode given, Listener listener) {
    this.runner = model.newRunner();
    this.given = given;
    this.listener = listener;
    this.opened = runner.open(Annotator.FORMAT);
  }

  /**
   * Annotates a file. Errors in the file or in a contig are reported as problems, and so is a file
   * of which nothing can be annotated.
   */
  public void annotate(SequenceFile file) {
    check = new CodeCheck(runner);
    records = 0;
    annotated = 0;
    boolean broken = false;
    try {
      for (SequenceFile.Entry entry = file.next(); entry != null; entry = file.next()) {
        annotate(file, entry);
      }
    } catch (InputException e) {
      broken = true;
      listener.problem(e.getMessage());
    }
    flush();
    check.finding().ifPresent(listener::note);
    if (annotated == 0) {
      String why =
          records > 0
              ? records + (records == 1 ? " record has" : " records have") + " no DNA to annotate"
              : broken ? "it cannot be read" : "it contains no record that begins with > or @";
      listener.problem(file.name() + ": nothing was annotated, because " + why + ".");
    }
  }

  private void annotate(SequenceFile file, SequenceFile.Entry entry) {
    records++;
    String why = entry.problem();
    Optional<GeneticCode> known = Optional.ofNullable(given);
    try {
      known = given != null || why != null ? known : entry.code();
    } catch (InputException e) {
      why = e.getMessage();
    }
    GeneticCode code = known.orElse(GeneticCode.BACTERIAL);
    int count = why == null ? file.read(piece) : 0;
    Composition composition = new Composition();
    composition.add(piece, count);
    why = why == null ? composition.foreign() : why;
    if (why != null) {
      String line = "line " + entry.line();
      String name = entry.name().equals(line) ? line : entry.name() + " (" + line + ")";
      listener.problem(name + " was not annotated: " + why);
      return;
    }
    String name = unique(entry.name());
    if (count == 0) {
      listener.note(name + " has no bases.");
    } else if (count < PIECE) {
      float[] steps = new float[count];
      Nucleotides.values(piece, 0, count, steps, 0);
      boolean whole = true;
      try {
        file.read(piece); // nothing more, or why there is nothing more
      } catch (InputException e) {
        whole = false;
        cut(name, count, e);
      }
      annotated++;
      batch.add(new Contig(name, code, row(code, opened, steps, count), whole));
      batched += count;
      if (known.isEmpty()) {
        check.add(steps, count);
      }
      if (batched >= BATCH) {
        flush();
      }
    } else {
      flush();
      annotated++;
      if (known.isEmpty()) {
        Nucleotides.values(piece, 0, count, values, 0);
        check.add(values, count);
      }
      annotateLong(file, name, code, composition);
    }
    if (composition.oddities() != null) {
      listener.problem(name + ": " + composition.oddities() + ".");
    }
  }

  /** A contig whose first piece has been read. */
  private void annotateLong(
      SequenceFile file, String name, GeneticCode code, Composition composition) {
    long bases = 0;
    byte[] state = opened;
    InputException cut = null;
    int count = PIECE;
    while (count > 0) {
      Nucleotides.values(piece, 0, count, values, 0);
      BatchItem<Gene> row = row(code, state, values, count);
      runner.advance(List.of(row));
      tell(name, code, row);
      state = row.state;
      bases += count;
      try {
        count = file.read(piece);
        composition.add(piece, count);
      } catch (InputException e) {
        cut = e;
        count = 0;
      }
    }
    BatchItem<Gene> end = row(code, state, values, 0);
    runner.finish(List.of(end));
    tell(name, code, end);
    listener.ended(name, bases);
    if (cut != null) {
      cut(name, bases, cut);
    }
  }

  private void cut(String name, long bases, InputException why) {
    listener.problem(
        name
            + " was annotated as far as it could be read, "
            + bases
            + " bases: "
            + why.getMessage());
  }

  private static BatchItem<Gene> row(GeneticCode code, byte[] state, float[] steps, int count) {
    return new BatchItem<>(Annotator.format(code), state, steps, 0, count);
  }

  /** Annotates the short contigs that wait. */
  private void flush() {
    if (batch.isEmpty()) {
      return;
    }
    runner.finish(batch.stream().map(Contig::row).toList());
    for (Contig contig : batch) {
      if (contig.whole) {
        listener.begun(contig.name, contig.row.steps);
      }
      tell(contig.name, contig.code, contig.row);
      listener.ended(contig.name, contig.row.steps);
    }
    batch.clear();
    batched = 0;
  }

  private void tell(String name, GeneticCode code, BatchItem<Gene> row) {
    for (Prediction<Gene> gene : row.predictions) {
      listener.gene(name, code, gene);
    }
  }

  /** A name that no contig before has. */
  private String unique(String name) {
    if (names.size() >= MOST_NAMES) {
      return name;
    }
    String unique = names.of(name);
    if (names.size() == MOST_NAMES) {
      listener.note(
          "More than " + MOST_NAMES + " contigs: later contigs are not checked for equal names.");
    }
    if (!unique.equals(name)) {
      listener.problem(
          String.format(
              "%s is the name of %s contigs: the genes of this one are written under %s.",
              name, unique.equals(name + ".2") ? "two" : "several", unique));
    }
    return unique;
  }
}
