package dev.riffle.cli.dna;

import dev.riffle.dna.Composition;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.SequenceFile;
import dev.riffle.dna.UniqueNames;
import dev.riffle.models.InputException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The reads or contigs of a file, one at a time. Reads that cannot be sent are reported and
 * skipped. Repeated ids get a number appended, like in {@code annotate}.
 */
public final class ReadFile implements Iterator<Read> {
  private static final int PIECE = 1 << 16;

  private final SequenceFile file;
  private final Optional<GeneticCode> given;
  private final Consumer<String> problems;
  private final UniqueNames ids = new UniqueNames();
  private boolean broken;
  private Read next;

  /**
   * @param given genetic code of all reads; by default that of their headers, else 11
   * @param problems receives a sentence about each read that is skipped
   */
  public ReadFile(SequenceFile file, Optional<GeneticCode> given, Consumer<String> problems) {
    this.file = file;
    this.given = given;
    this.problems = problems;
  }

  @Override
  public boolean hasNext() {
    while (next == null && !broken) {
      try {
        SequenceFile.Entry entry = file.next();
        if (entry == null) {
          return false;
        }
        next = read(entry);
      } catch (InputException e) {
        broken = true;
        problems.accept(e.getMessage());
      }
    }
    return next != null;
  }

  @Override
  public Read next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Read read = next;
    next = null;
    return read;
  }

  private Read read(SequenceFile.Entry entry) {
    GeneticCode code;
    try {
      if (entry.problem() != null) {
        throw new InputException(entry.problem());
      }
      code = given.orElseGet(() -> entry.code(GeneticCode.BACTERIAL));
    } catch (InputException e) {
      return passedOver(entry, e.getMessage());
    }
    byte[] bases = new byte[PIECE];
    byte[] piece = new byte[PIECE];
    int count = 0;
    Composition composition = new Composition();
    try {
      for (int got = file.read(piece); got > 0; got = file.read(piece)) {
        if (count + got > bases.length) {
          bases = Arrays.copyOf(bases, Math.multiplyExact(2, bases.length));
        }
        System.arraycopy(piece, 0, bases, count, got);
        count += got;
        composition.add(piece, got);
      }
    } catch (ArithmeticException e) {
      return passedOver(entry, "it has more than " + Integer.MAX_VALUE + " bases");
    } catch (InputException e) {
      broken = true;
      problems.accept(
          entry.name()
              + " is sent as far as it could be read, "
              + count
              + " bases: "
              + e.getMessage());
    }
    if (composition.foreign() != null) {
      return passedOver(entry, composition.foreign());
    }
    if (count == 0) {
      return passedOver(entry, "it has no bases");
    }
    String id = unique(entry.name());
    if (composition.oddities() != null) {
      problems.accept(id + ": " + composition.oddities() + ".");
      for (int i = 0; i < count; i++) {
        bases[i] = Composition.isBase(bases[i]) ? bases[i] : (byte) 'N';
      }
    }
    return new Read(
        id,
        code.number(),
        ByteBuffer.wrap(bases, 0, count),
        entry.qualities() == null ? null : ByteBuffer.wrap(entry.qualities(), 0, count));
  }

  private Read passedOver(SequenceFile.Entry entry, String why) {
    problems.accept(entry.name() + " (line " + entry.line() + ") was not sent: " + why + ".");
    return null;
  }

  private String unique(String name) {
    String id = ids.of(name);
    if (!id.equals(name)) {
      problems.accept(name + " is the name of several reads: this one is sent as " + id + ".");
    }
    return id;
  }
}
