package dev.riffle.kernels.cuda;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Arrays of the host that operations read on the GPU, kept there by what they hold: the same
 * starts, positions or entries come again and again, and so go over once.
 */
final class Uploads {
  /** Bytes that are kept at most; the arrays used longest ago go first. */
  private static final long MOST_BYTES = 64L << 20;

  private static final int MOST_ARRAYS = 1024;

  /**
   * Arrays that are kept at least: more than one operation takes, whose arrays all have to stay.
   */
  private static final int FEWEST_ARRAYS = 16;

  /** The first values of an array, compared by value. */
  private static final class Key {
    private final int[] values;
    private final int count;
    private final int hash;

    Key(int[] values, int count) {
      this.values = values;
      this.count = count;
      int h = count;
      for (int i = 0; i < count; i++) {
        h = 31 * h + values[i];
      }
      this.hash = h;
    }

    Key copy() {
      return new Key(Arrays.copyOf(values, count), count);
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key
          && key.hash == hash
          && Arrays.equals(values, 0, count, key.values, 0, key.count);
    }
  }

  private final Gpu gpu;
  private final Map<Key, Memory> kept = new LinkedHashMap<>(64, 0.75f, true);
  private long bytes;

  Uploads(Gpu gpu) {
    this.gpu = gpu;
  }

  /** Address of the first {@code count} values; good for this operation. */
  long of(int[] values, int count) {
    Key key = new Key(values, count);
    Memory memory = kept.get(key);
    if (memory == null) {
      memory = gpu.allocate(4L * Math.max(1, count));
      gpu.upload(values, 0, memory.address(), count);
      kept.put(key.copy(), memory);
      bytes += memory.bytes();
      forget();
    }
    return memory.address();
  }

  /** Address of the whole array. */
  long of(int[] values) {
    return of(values, values.length);
  }

  private void forget() {
    var oldest = kept.entrySet().iterator();
    while (kept.size() > FEWEST_ARRAYS && (bytes > MOST_BYTES || kept.size() > MOST_ARRAYS)) {
      Memory memory = oldest.next().getValue();
      oldest.remove();
      bytes -= memory.bytes();
      memory.close(); // what was launched with it comes first in the stream
    }
  }
}
