package dev.riffle.jobs.stream;

import dev.riffle.models.InputException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The capture times that jobs accept: the years 1970 to 2200. A time outside them was written in
 * another unit, or by a clock that is wrong; the message says which unit is likely.
 */
public final class CaptureTimes {
  /** The time after the last one, 2201-01-01. */
  private static final Instant END = Instant.parse("2201-01-01T00:00:00Z");

  private static final long MICROS_PER_SECOND = 1_000_000;

  /** Units of numbers of which the likely one is named, with the words for it. */
  private static final Map<TimeUnit, String> UNITS = new LinkedHashMap<>();

  static {
    UNITS.put(TimeUnit.SECONDS, "s");
    UNITS.put(TimeUnit.MILLISECONDS, "ms");
    UNITS.put(TimeUnit.MICROSECONDS, "us");
    UNITS.put(TimeUnit.NANOSECONDS, "ns");
  }

  /** Years in which a number is taken for a time in a unit. */
  private static final long PLAUSIBLE_FROM = Instant.parse("2000-01-01T00:00:00Z").getEpochSecond();

  private static final long PLAUSIBLE_TO = Instant.parse("2100-01-01T00:00:00Z").getEpochSecond();

  private CaptureTimes() {}

  /** True if a job accepts this time. */
  public static boolean isValid(Instant time) {
    return !time.isBefore(Instant.EPOCH) && time.isBefore(END);
  }

  /** Microseconds since the epoch; exact for valid times. */
  static long micros(Instant time) {
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), MICROS_PER_SECOND), time.getNano() / 1000);
  }

  /**
   * The time of a number.
   *
   * @param number since the epoch
   * @param field that the number is in, for the message
   * @param advice how to choose another unit, for the message
   * @throws InputException if no job accepts the time
   */
  public static Instant of(BigDecimal number, TimeUnit unit, String field, String advice) {
    BigDecimal seconds = seconds(number, unit);
    if (seconds.signum() < 0 || seconds.compareTo(BigDecimal.valueOf(END.getEpochSecond())) >= 0) {
      throw new InputException(
          "Expected a time of the years 1970 to 2200 in '"
              + field
              + "' but it is "
              + shown(number)
              + " "
              + UNITS.get(unit)
              + " since 1970"
              + likely(number, unit)
                  .map(other -> ". The number is likely in " + other + ": " + advice)
                  .orElse(". Correct the clock or the unit of the producer."));
    }
    if (number.stripTrailingZeros().scale() > 0) { // a fraction is as exact as its microseconds
      seconds = seconds.setScale(6, RoundingMode.HALF_UP);
    }
    long whole = seconds.longValue();
    long nanos = seconds.subtract(BigDecimal.valueOf(whole)).movePointRight(9).longValue();
    return Instant.ofEpochSecond(whole, nanos);
  }

  /**
   * Checks the time of one of Riffle's own records, which is in microseconds.
   *
   * @throws InputException if no job accepts it
   */
  static void check(Instant time) {
    if (!isValid(time)) {
      BigInteger micros =
          BigInteger.valueOf(time.getEpochSecond())
              .multiply(BigInteger.valueOf(MICROS_PER_SECOND))
              .add(BigInteger.valueOf(time.getNano() / 1000));
      of(
          new BigDecimal(micros),
          TimeUnit.MICROSECONDS,
          "capture_time",
          "write microseconds since 1970.");
    }
  }

  /** The message for a text with a time that no job accepts. */
  public static InputException outOfRange(Instant time, String field) {
    return new InputException(
        "Expected a time of the years 1970 to 2200 in '"
            + field
            + "' but it is "
            + time
            + ". Correct the clock of the producer.");
  }

  private static Optional<String> likely(BigDecimal number, TimeUnit unit) {
    return UNITS.entrySet().stream()
        .filter(other -> other.getKey() != unit)
        .filter(
            other -> {
              BigDecimal seconds = seconds(number, other.getKey());
              return seconds.compareTo(BigDecimal.valueOf(PLAUSIBLE_FROM)) >= 0
                  && seconds.compareTo(BigDecimal.valueOf(PLAUSIBLE_TO)) < 0;
            })
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static BigDecimal seconds(BigDecimal number, TimeUnit unit) {
    return number.movePointLeft(
        switch (unit) {
          case SECONDS -> 0;
          case MILLISECONDS -> 3;
          case MICROSECONDS -> 6;
          case NANOSECONDS -> 9;
          default -> throw new IllegalArgumentException("Times are not in " + unit + ".");
        });
  }

  private static String shown(BigDecimal number) {
    return number.precision() <= 25 && Math.abs(number.scale()) <= 25
        ? number.toPlainString()
        : number.round(new MathContext(6)).toString();
  }
}
