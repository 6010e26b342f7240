package dev.riffle.cli.topic;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How fast a sound is played: {@code realtime}, {@code max}, or a factor. */
public final class Speed {
  @Option(
      names = "--speed",
      paramLabel = "X",
      defaultValue = "realtime",
      converter = Factor.class,
      description =
          "realtime, max (no limit), or a multiple of real time" + " (default: ${DEFAULT-VALUE}).")
  public double factor;

  /** Reads it; max is infinity. */
  public static final class Factor implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      if (value.equals("max")) {
        return Double.POSITIVE_INFINITY;
      }
      if (value.equals("realtime")) {
        return 1.0;
      }
      try {
        double factor = Double.parseDouble(value);
        if (factor > 0 && factor <= 10_000) {
          return factor;
        }
      } catch (NumberFormatException e) {
        throw bad(value);
      }
      throw bad(value);
    }

    private static TypeConversionException bad(String value) {
      return new TypeConversionException(
          "must be realtime, max or a number above 0 and up to 10000, but is '" + value + "'");
    }
  }
}
