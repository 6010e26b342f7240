package dev.riffle.cli.dna;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** Options of the commands that send reads: chunks, speed and channels. */
public final class ReadFlow {
  /** Largest chunk: a record can still hold it with qualities. */
  public static final int MAX_CHUNK_BASES = 200_000;

  private static final int MAX_CHANNELS = 100_000;

  @Option(
      names = "--chunk-bases",
      paramLabel = "N",
      defaultValue = "180",
      description = "Bases of a chunk, 1 to 200000 (default: ${DEFAULT-VALUE}, 0.4 s of a pore).")
  private int chunkBases;

  @Option(
      names = "--speed",
      paramLabel = "BASES/S",
      defaultValue = "450",
      converter = Rate.class,
      description =
          "Bases per second of each channel, or max for no limit (default: ${DEFAULT-VALUE}, the"
              + " speed of a nanopore).")
  private double basesPerSecond;

  @Option(
      names = "--channels",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Reads that are sent at the same time; a channel takes the next read when its read has"
              + " ended (default: ${DEFAULT-VALUE}).")
  private int channels;

  /** The playback that these options describe. */
  public ReadPlayback playback(CommandSpec spec) {
    checkRange(spec, "--chunk-bases", chunkBases, MAX_CHUNK_BASES);
    checkRange(spec, "--channels", channels, MAX_CHANNELS);
    return new ReadPlayback(chunkBases, basesPerSecond, channels);
  }

  /**
   * Checks that an option is from 1 to {@code max}.
   *
   * @throws ParameterException if it is not
   */
  public static void checkRange(CommandSpec spec, String option, long value, long max) {
    if (value < 1 || value > max) {
      throw new ParameterException(
          spec.commandLine(), option + " must be 1 to " + max + ", found " + value + ".");
    }
  }

  /** Converts bases per second; {@code max} is infinity. */
  public static final class Rate implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      if (value.equals("max")) {
        return Double.POSITIVE_INFINITY;
      }
      try {
        double rate = Double.parseDouble(value);
        if (rate >= 1 && rate <= 1e9) {
          return rate;
        }
      } catch (NumberFormatException e) {
        throw invalid(value);
      }
      throw invalid(value);
    }

    private static TypeConversionException invalid(String value) {
      return new TypeConversionException(
          "must be max or 1 to 1000000000 bases per second, but is '" + value + "'");
    }
  }
}
