package dev.riffle.kernels.nd4j;

import dev.riffle.kernels.PackedSequences;

/**
 * How many sequences take a step at once: all of them where they have equally many steps, which are
 * then strides of one array; else one after the other.
 *
 * @param together sequences of one run
 */
record Runs(int together) {

  static Runs of(PackedSequences sequences) {
    for (int b = 1; b < sequences.count(); b++) {
      if (sequences.length(b) != sequences.length(0)) {
        return new Runs(1);
      }
    }
    return new Runs(Math.max(1, sequences.count()));
  }
}
