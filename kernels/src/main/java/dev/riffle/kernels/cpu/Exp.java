package dev.riffle.kernels.cpu;

/**
 * The constants of exp(x) = 2^n exp(r), n = round(x / ln 2), r = x - n ln 2.
 *
 * <p>exp(r) = 1 + r + r^2 (C2 + C3 r + ... + C6 r^4) on |r| {@code <=} ln(2)/2, a Chebyshev fit
 * with a relative error of 1e-8 before rounding and at most 1 unit in the last place after it.
 * Adding {@code SHIFTER} leaves n in the low bits of the sum, where it becomes the exponent of 2^n
 * by a shift of the bits. Arguments are first held to {@code [LOWEST, HIGHEST]}: at HIGHEST the
 * exponent is that of infinity, at LOWEST the result is 1.7e-38.
 */
public final class Exp {
  private Exp() {}

  public static final float LOWEST = -87f;
  public static final float HIGHEST = 89f;
  public static final float LOG2_E = 1.44269504f;

  /** 1.5 * 2^23. */
  public static final float SHIFTER = 12582912f;

  /** High part of ln 2: so few digits that n times it is exact. */
  public static final float LN_2_HIGH = 0.693359375f;

  /** ln 2 less its high part. */
  public static final float LN_2_LOW = -2.12194440e-4f;

  public static final float C2 = 0.5f;
  public static final float C3 = 0.16666576f;
  public static final float C4 = 0.041666463f;
  public static final float C5 = 0.008363236f;
  public static final float C6 = 0.0013933734f;

  /** Bits between the end of a float and its exponent. */
  public static final int EXPONENT = 23;

  /** 2 sqrt(2/pi): gelu_tanh(x) = x sigmoid(GELU (x + 0.044715 x^3)). */
  public static final float GELU = 1.5957691f;

  public static final float GELU_CUBIC = 0.044715f;

  /** gelu_quick(x) = x sigmoid(GELU_QUICK x). */
  public static final float GELU_QUICK = 1.702f;
}
