package dev.riffle.kernels;

/** How a backend holds numbers, and so how many bytes a stored state takes. */
public enum Precision {
  FLOAT32(4),
  FLOAT64(8);

  private final int bytes;

  Precision(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one number. */
  public int bytes() {
    return bytes;
  }
}
