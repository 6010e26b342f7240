package dev.riffle.dna.annotator;

/** The tanh form of gelu, in 64 bits: for tables that are built once. */
final class Gelu {
  private Gelu() {}

  /** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
  static double of(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }
}
