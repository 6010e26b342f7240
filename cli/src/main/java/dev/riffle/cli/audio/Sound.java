package dev.riffle.cli.audio;

/** Something that can be listened to from its beginning; for one thread. */
public interface Sound extends AutoCloseable {
  /** Samples per second and channel. */
  int rate();

  /** Interleaved channels. */
  int channels();

  /** The smallest encoding of a chunk that loses nothing: {@code s16le}, {@code s24le}, ... */
  String encoding();

  /**
   * Reads the next samples, fewer than asked for only at the end.
   *
   * @param into receives {@code samples * channels()} values from index 0, full scale 1
   * @return samples per channel read, 0 at the end
   */
  int read(float[] into, int samples);

  @Override
  void close();
}
