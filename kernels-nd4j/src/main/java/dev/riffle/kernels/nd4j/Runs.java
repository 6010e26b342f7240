package dev.riffle.kernels.nd4j;

/**
 * How many sequences take a step at once: all of them where they have equally many steps, which are
 * then strides of one array; else one after the other.
 *
 * @param together sequences of one run
 */
record Runs(int together) {

  static Runs of(int[] starts, int sequences) {
    for (int b = 1; b < sequences; b++) {
      if (starts[b + 1] - starts[b] != starts[1]) {
        return new Runs(1);
      }
    }
    return new Runs(Math.max(1, sequences));
  }
}
