package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.TOKEN;

import java.nio.ByteBuffer;

/**
 * The start codons of a forward reading frame that are too close to the last base read to begin a
 * gene of minimum length. They are not scored yet: most of them never need to be.
 */
final class RecentStarts {
  /** Bytes of one entry. */
  static final int ENTRY_BYTES = 2 * Long.BYTES + 1;

  private final long[] position;
  private final double[] codingSum;
  private final Gene.Start[] kind;
  private int count;

  RecentStarts(AnnotatorConfig config) {
    int capacity = capacity(config);
    position = new long[capacity];
    codingSum = new double[capacity];
    kind = new Gene.Start[capacity];
  }

  /** Most entries: one start per codon. */
  static int capacity(AnnotatorConfig config) {
    return (config.calling().minLength() + TOKEN) / 3 + 2;
  }

  int count() {
    return count;
  }

  void clear() {
    count = 0;
  }

  void add(long itsPosition, double itsCodingSum, Gene.Start itsKind) {
    position[count] = itsPosition;
    codingSum[count] = itsCodingSum;
    kind[count] = itsKind;
    count++;
  }

  long position(int index) {
    return position[index];
  }

  double codingSum(int index) {
    return codingSum[index];
  }

  Gene.Start kind(int index) {
    return kind[index];
  }

  /** Removes the oldest entries. */
  void removeFirst(int entries) {
    count -= entries;
    System.arraycopy(position, entries, position, 0, count);
    System.arraycopy(codingSum, entries, codingSum, 0, count);
    System.arraycopy(kind, entries, kind, 0, count);
  }

  void store(ByteBuffer to) {
    to.putShort((short) count);
    for (int i = 0; i < count; i++) {
      to.putLong(position[i]).putDouble(codingSum[i]).put(kind[i].code());
    }
  }

  void load(ByteBuffer from) {
    int entries = from.getShort();
    count = 0;
    for (int i = 0; i < entries; i++) {
      add(from.getLong(), from.getDouble(), Gene.Start.ofCode(from.get()));
    }
  }
}
