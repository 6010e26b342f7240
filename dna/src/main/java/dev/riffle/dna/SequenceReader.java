package dev.riffle.dna;

import dev.riffle.dna.SequenceFile.Entry;
import java.nio.charset.StandardCharsets;

/** The records of one format of sequence files. */
abstract sealed class SequenceReader permits FastaReader, FastqReader {
  /** Characters of a header that are kept. */
  private static final int MOST_HEADER = 1 << 14;

  final CharacterReader in;

  SequenceReader(CharacterReader in) {
    this.in = in;
  }

  /** The next record; null after the last one. What is left of the current one is skipped. */
  abstract Entry next();

  /** Reads bases of the current record; see {@link SequenceFile#read}. */
  abstract int read(byte[] to);

  /** The header of a record whose first character, {@code >} or {@code @}, is next. */
  String readHeader() {
    in.skip();
    byte[] header = in.readLine(MOST_HEADER);
    in.checkLine();
    return new String(header, StandardCharsets.UTF_8).strip();
  }

  static String firstWord(String header) {
    String word = header.split("\\s", 2)[0];
    return word.isEmpty() ? "unnamed" : word;
  }
}
