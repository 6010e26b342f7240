package dev.riffle.kernels;

/**
 * The gates of {@link Operations#foPooling}.
 *
 * @param count 2 for z f, 3 for z f o, 4 for z f o i
 * @param activation of z; the other gates are sigmoids
 * @param zoneout f' = zoneout + (1 - zoneout) f
 */
public record FoGates(int count, Activation activation, double zoneout) {

  /**
   * @throws IllegalArgumentException unless there are 2, 3 or 4 gates and zoneout is from 0 to 1
   */
  public FoGates {
    if (count < 2 || count > 4) {
      throw new IllegalArgumentException(
          "gates must be 2 (z, f), 3 (z, f, o) or 4 (z, f, o, i) but is " + count + ".");
    }
    if (!(zoneout >= 0 && zoneout <= 1)) {
      throw new IllegalArgumentException(
          "zoneout must be a probability from 0 to 1 but is " + zoneout + ".");
    }
  }
}
