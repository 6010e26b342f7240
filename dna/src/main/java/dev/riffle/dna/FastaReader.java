package dev.riffle.dna;

import static dev.riffle.dna.CharacterReader.END;

import dev.riffle.dna.SequenceFile.Entry;
import dev.riffle.models.InputException;

/** FASTA: records of any length, on one line or many, read piece by piece. */
final class FastaReader extends SequenceReader {
  private boolean within; // a record whose bases are not all read
  private InputException failure; // thrown once the bases before it are read

  FastaReader(CharacterReader in) {
    super(in);
  }

  @Override
  Entry next() {
    throwFailure();
    while (in.peek() != END) {
      if (in.isLineStart() && in.peek() == '>') {
        long begins = in.line();
        String header = readHeader();
        within = true;
        return new Entry(firstWord(header), header, begins, null, null);
      }
      in.skipLine();
    }
    within = false;
    return null;
  }

  @Override
  int read(byte[] to) {
    throwFailure();
    int count = 0;
    try {
      while (within && count < to.length) {
        int next = in.peek();
        if (next == END || in.isLineStart() && next == '>') {
          within = false;
        } else if (in.isLineStart() && next == ';') {
          in.skipLine();
        } else {
          count = in.copyLine(to, count);
        }
      }
    } catch (InputException e) {
      within = false;
      failure = e;
      if (count == 0) {
        throwFailure();
      }
    }
    return count;
  }

  private void throwFailure() {
    if (failure != null) {
      InputException thrown = failure;
      failure = null;
      throw thrown;
    }
  }
}
