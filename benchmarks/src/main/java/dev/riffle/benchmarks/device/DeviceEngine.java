package dev.riffle.benchmarks.device;

/** An engine with one {@link DeviceCase}, its weights and its input where it computes. */
interface DeviceEngine extends AutoCloseable {

  /** Puts states back before their first step. */
  void reset();

  /**
   * Computes a number of times; returns the seconds of each, from the call until the result is
   * complete.
   */
  double[] run(int times);

  /** The same, the input being handed over and the answer fetched each time. */
  double[] feed(int times);

  /** A part of the last answer of {@link #run}. */
  float[] answer(int first, int count);

  @Override
  void close();
}
