package dev.riffle.dna.readuntil;

import dev.riffle.dna.Composition;
import dev.riffle.dna.SequenceFile;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Reads references from FASTA files, plain or gzipped. */
public final class ReferenceFiles {
  private static final int PIECE = 1 << 16;

  private ReferenceFiles() {}

  /**
   * Reads references.
   *
   * @param background files of genomes that are not targets; may be empty
   * @throws ModelException if a file is missing or contains no DNA; the message names it
   */
  public static References read(List<Path> targets, List<Path> background) {
    References.Builder builder = References.builder();
    targets.forEach(file -> add(file, builder::target));
    background.forEach(file -> add(file, builder::background));
    try {
      return builder.build();
    } catch (InputException e) {
      throw new ModelException("References " + targets + ": " + e.getMessage(), e);
    }
  }

  private static void add(Path file, Consumer<ByteBuffer> to) {
    String where = "Reference " + file;
    int contigs = 0;
    try (SequenceFile in = SequenceFile.open(file)) {
      for (SequenceFile.Entry entry = in.next(); entry != null; entry = in.next()) {
        to.accept(contig(in, entry, where + ", " + entry.name()));
        contigs++;
      }
    } catch (NoSuchFileException e) {
      throw new ModelException(where + " is missing: there is no such file.");
    } catch (IOException e) {
      throw new ModelException(where + " cannot be read: " + e, e);
    } catch (InputException e) {
      throw new ModelException(where + ": " + e.getMessage(), e);
    }
    if (contigs == 0) {
      throw new ModelException(where + " contains no sequence.");
    }
  }

  private static ByteBuffer contig(SequenceFile in, SequenceFile.Entry entry, String where) {
    if (entry.problem() != null) {
      throw new ModelException(where + ": " + entry.problem() + ".");
    }
    byte[] piece = new byte[PIECE];
    Composition composition = new Composition();
    ByteArrayOutputStream bases = new ByteArrayOutputStream();
    for (int n = in.read(piece); n > 0; n = in.read(piece)) {
      composition.add(piece, n);
      bases.write(piece, 0, n);
    }
    if (composition.foreign() != null) {
      throw new ModelException(where + ": " + composition.foreign() + ".");
    }
    return ByteBuffer.wrap(bases.toByteArray());
  }
}
