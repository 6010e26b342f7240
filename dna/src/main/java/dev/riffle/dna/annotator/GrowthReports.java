package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.READING_FRAMES;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Decides when the growing gene of a reading frame is reported: when its left end is new, and each
 * time its right end has advanced by {@value #EVERY} bases.
 */
final class GrowthReports {
  /** Bases between two reports of one growing gene. */
  static final int EVERY = 300;

  /** Bytes of one reading frame. */
  static final int FRAME_BYTES = 2 * Long.BYTES;

  private static final long NEVER = -1;

  private final long[] left = new long[READING_FRAMES];
  private final long[] right = new long[READING_FRAMES];

  /** Resets to a contig of which nothing has been reported. */
  void open() {
    Arrays.fill(left, NEVER);
    Arrays.fill(right, NEVER);
  }

  /** True if the gene is to be reported now, which is then recorded. */
  boolean due(Candidate gene) {
    int frame = gene.readingFrame();
    if (gene.left() == left[frame] && gene.right() < right[frame] + EVERY) {
      return false;
    }
    left[frame] = gene.left();
    right[frame] = gene.right();
    return true;
  }

  void storeFrame(int frame, ByteBuffer to) {
    to.putLong(left[frame]).putLong(right[frame]);
  }

  void loadFrame(int frame, ByteBuffer from) {
    left[frame] = from.getLong();
    right[frame] = from.getLong();
  }
}
