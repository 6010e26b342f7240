package dev.riffle.dna.annotator;

import java.nio.ByteBuffer;
import java.util.Optional;

/** The start with the highest key of an open reading frame; of equal keys the first one added. */
final class BestStart {
  /** Most bytes that {@link #store} writes. */
  static final int MOST_BYTES = 2 + Long.BYTES + 3 * Double.BYTES;

  private ScoredStart best; // null if there is none

  Optional<ScoredStart> get() {
    return Optional.ofNullable(best);
  }

  void clear() {
    best = null;
  }

  /** True if a start with this key would become the best one. */
  boolean isBeatenBy(double key) {
    return best == null || key > best.key();
  }

  /** Adds a start; true if it is the best one now. */
  boolean add(ScoredStart start) {
    boolean wins = isBeatenBy(start.key());
    if (wins) {
      best = start;
    }
    return wins;
  }

  int bytes() {
    return best == null ? 1 : MOST_BYTES;
  }

  void store(ByteBuffer to) {
    to.put((byte) (best == null ? 0 : 1));
    if (best != null) {
      to.putDouble(best.key()).putLong(best.boundary()).putDouble(best.codingSum());
      to.putDouble(best.score()).put(best.kind().code());
    }
  }

  void load(ByteBuffer from) {
    best =
        from.get() == 0
            ? null
            : new ScoredStart(
                from.getDouble(),
                from.getLong(),
                from.getDouble(),
                from.getDouble(),
                Gene.Start.ofCode(from.get()));
  }
}
