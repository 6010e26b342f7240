package dev.riffle.dna;

import static dev.riffle.dna.CharacterReader.END;

import dev.riffle.dna.SequenceFile.Entry;
import java.io.ByteArrayOutputStream;

/** FASTQ: reads with a quality per base, each of which is held in memory. */
final class FastqReader extends SequenceReader {
  private byte[] bases = new byte[0]; // of the current read
  private int at;

  FastqReader(CharacterReader in) {
    super(in);
  }

  @Override
  int read(byte[] to) {
    int count = Math.min(to.length, bases.length - at);
    System.arraycopy(bases, at, to, 0, count);
    at += count;
    return count;
  }

  @Override
  Entry next() {
    bases = new byte[0];
    at = 0;
    while (in.peek() == '\n' || in.peek() == '\r') {
      in.skip();
    }
    if (in.peek() == END) {
      return null;
    }
    long begins = in.line();
    return in.peek() == '@' ? read(begins) : skipToNextRead(begins);
  }

  private Entry skipToNextRead(long begins) {
    String found = CharacterReader.shown(in.peek());
    while (in.peek() != END && in.peek() != '@') {
      in.skipLine();
    }
    return unusable(
        "line " + begins,
        begins,
        "a read has to begin with @, but line "
            + begins
            + " begins with "
            + found
            + "; lines up to the next @ are skipped");
  }

  private Entry read(long begins) {
    String header = readHeader();
    String name = firstWord(header);
    ByteArrayOutputStream letters = new ByteArrayOutputStream();
    int lines = 0;
    while (in.peek() != END && in.peek() != '+' && !(lines > 0 && in.peek() == '@')) {
      append(letters, name);
      lines++;
    }
    if (in.peek() != '+') {
      String found =
          in.peek() == END
              ? "the file ends at line " + in.line()
              : "line " + in.line() + " begins with " + CharacterReader.shown(in.peek());
      return unusable(
          name, begins, "its bases are not followed by a line with + and by qualities: " + found);
    }
    in.skipLine();
    ByteArrayOutputStream qualities = new ByteArrayOutputStream();
    do {
      if (in.peek() != END) {
        append(qualities, name);
      }
    } while (lines > 1 && qualities.size() < letters.size() && in.peek() != END);
    if (qualities.size() != letters.size()) {
      return unusable(
          name,
          begins,
          "it has " + letters.size() + " bases but " + qualities.size() + " qualities");
    }
    bases = letters.toByteArray();
    return new Entry(name, header, begins, qualities.toByteArray(), null);
  }

  private static Entry unusable(String name, long line, String problem) {
    return new Entry(name, name, line, null, problem);
  }

  /** Appends a line without its white space. */
  private void append(ByteArrayOutputStream to, String name) {
    byte[] text = in.readLine(SequenceFile.MOST_READ - to.size());
    int count = 0;
    for (byte character : text) {
      if (Nucleotides.of(character) >= 0) {
        text[count++] = character;
      }
    }
    to.write(text, 0, count);
    if (to.size() >= SequenceFile.MOST_READ) {
      throw in.broken(
          in.name()
              + ": read "
              + name
              + " has more than "
              + SequenceFile.MOST_READ
              + " bases. Convert it to FASTA.");
    }
  }
}
