package dev.riffle.cli.dna;

import dev.riffle.dna.GeneticCode;
import dev.riffle.models.InputException;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The value of the option {@code --code}.
 *
 * @param given genetic code of all contigs; empty for {@code auto}
 */
public record CodeChoice(Optional<GeneticCode> given) {
  /** What {@code auto} means, for the help. */
  public static final String AUTO =
      "auto follows genetic_code=, transl_table= or [gcode=] in the header, else 11"
          + " (default: ${DEFAULT-VALUE}).";

  /** Converts {@code auto}, 11 or 4. */
  public static final class Converter implements ITypeConverter<CodeChoice> {
    @Override
    public CodeChoice convert(String value) {
      if (value.equals("auto")) {
        return new CodeChoice(Optional.empty());
      }
      try {
        return new CodeChoice(Optional.of(GeneticCode.parse(value)));
      } catch (InputException e) {
        throw new TypeConversionException("expected auto, 11 or 4. " + e.getMessage());
      }
    }
  }
}
