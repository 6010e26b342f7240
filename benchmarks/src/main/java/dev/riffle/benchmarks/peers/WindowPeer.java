package dev.riffle.benchmarks.peers;

/** One engine with one model of whole windows, and one window that it is given again and again. */
interface WindowPeer extends AutoCloseable {

  /** Runs the window; the seconds that it took. */
  double run();

  /**
   * Runs only the matrix products of a window, on arbitrary values.
   *
   * @return the seconds that they took, NaN where the engine can not be asked
   */
  double products();

  /** The answer to the window, after a run. */
  float[] answer();

  @Override
  void close();
}
