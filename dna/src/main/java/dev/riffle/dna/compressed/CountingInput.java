package dev.riffle.dna.compressed;

import java.io.IOException;
import java.io.InputStream;

/**
 * Counts the bytes that are read from a buffered stream. The bytes that were read to detect the
 * format come first. The stream is never asked how many bytes are available.
 */
final class CountingInput extends InputStream {
  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private byte[] buffer;
  private int at;
  private int filled;
  private long before; // position of the buffer's first byte

  /**
   * @param head bytes that were already read
   */
  CountingInput(byte[] head, InputStream in) {
    this.in = in;
    this.buffer = head;
    this.filled = head.length;
  }

  /** Number of bytes that were read. */
  long position() {
    return before + at;
  }

  @Override
  public int read() throws IOException {
    return at < filled || fill() ? buffer[at++] & 0xff : -1;
  }

  @Override
  public int read(byte[] to, int from, int count) throws IOException {
    if (count == 0) {
      return 0;
    }
    if (at == filled && !fill()) {
      return -1;
    }
    int copied = Math.min(count, filled - at);
    System.arraycopy(buffer, at, to, from, copied);
    at += copied;
    return copied;
  }

  private boolean fill() throws IOException {
    before += filled;
    at = 0;
    filled = 0;
    if (buffer.length < BUFFER) {
      buffer = new byte[BUFFER];
    }
    filled = Math.max(0, in.read(buffer, 0, buffer.length));
    return filled > 0;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
