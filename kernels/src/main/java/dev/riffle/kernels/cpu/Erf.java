package dev.riffle.kernels.cpu;

/**
 * The constants of gelu(x) = x Phi(x) = max(0, x) - |x| Phi(-|x|), Phi the normal distribution.
 *
 * <p>With a = |x| and t = 1 / (1 + a / 4), Phi(-a) = exp(-a^2 / 2) (P1 t + P2 t^2 + ... + P7 t^7),
 * fitted for a gelu within 2e-9 before rounding and 3e-7 after it. So written nothing cancels:
 * small numbers keep their digits. a is first held to {@code FAR}, where the exponential is 2e-37.
 */
public final class Erf {
  private Erf() {}

  public static final float FAR = 13f;
  public static final float SCALE = 0.25f;

  public static final float P1 = 0.09862195f;
  public static final float P2 = 0.114151105f;
  public static final float P3 = 0.017222505f;
  public static final float P4 = 0.2961315f;
  public static final float P5 = -0.28302592f;
  public static final float P6 = 0.350513f;
  public static final float P7 = -0.093614146f;
}
