package dev.riffle.cli.notes;

import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of a MIDI file: tempo and grid. */
public final class MidiFlags {
  private static final double SLOWEST = 4;
  private static final double FASTEST = 1000;
  private static final int FINEST = 128;

  @Option(
      names = "--bpm",
      paramLabel = "N",
      defaultValue = "120",
      converter = Tempo.class,
      description =
          "Tempo of the MIDI file in quarter notes per minute, 4 to 1000. Notes keep their seconds"
              + " (default: ${DEFAULT-VALUE}).")
  double bpm;

  @Option(
      names = "--quantize",
      paramLabel = "1/N",
      converter = Division.class,
      description =
          "Move starts and ends in the MIDI file to a grid of 1/N notes at the tempo of --bpm, such"
              + " as 1/16, or 1/24 for triplets. Other formats keep their seconds (default: no"
              + " grid).")
  Optional<Integer> division = Optional.empty();

  /** How seconds become ticks. */
  public MidiTiming timing() {
    MidiTiming tempo = MidiTiming.of(bpm);
    return division.map(tempo::withGrid).orElse(tempo);
  }

  /** Reads a tempo. */
  static final class Tempo implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      try {
        double bpm = Double.parseDouble(value);
        if (bpm >= SLOWEST && bpm <= FASTEST) {
          return bpm;
        }
      } catch (NumberFormatException e) {
        throw invalid(value);
      }
      throw invalid(value);
    }

    private static TypeConversionException invalid(String value) {
      return new TypeConversionException(
          "expected 4 to 1000 quarter notes per minute, found '"
              + value
              + "'. Use the tempo of the piece, such as 96.");
    }
  }

  /** Reads 1/N as N. */
  static final class Division implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      if (value.matches("1/[1-9][0-9]{0,2}")) {
        int division = Integer.parseInt(value.substring(2));
        if (division <= FINEST && MidiTiming.TICKS_PER_WHOLE % division == 0) {
          return division;
        }
      }
      throw new TypeConversionException(
          "expected a fraction of a whole note, 1/N with N = 1, 2, 4, 8, 16, 32, 64 or 128, or 3, 6,"
              + " 12, 24, 48 or 96 for triplets, found '"
              + value
              + "'. Use 1/16 for sixteenth notes.");
    }
  }
}
