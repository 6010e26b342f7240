package dev.riffle.jobs.sequence;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.riffle.jobs.sequence.Diagnostic.Advice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/** Reads the section {@code source} of a job file. */
final class SourceSection {
  private final YamlValues values;
  private final Path base;
  private final Optional<String> schemaText;

  /**
   * @param base directory to which paths are relative
   * @param schemaText the Avro schema, if its file need not be read
   */
  SourceSection(YamlValues values, Path base, Optional<String> schemaText) {
    this.values = values;
    this.base = base;
    this.schemaText = schemaText;
  }

  /**
   * The format of records of the generic job.
   *
   * @param name value of {@code source.format}
   * @return empty if it belongs to another job, or the schema is invalid, which is reported
   */
  Optional<RecordFormat> format(String name) {
    boolean avro = name.equals(RecordFormat.Kind.AVRO.text());
    boolean header = values.flag(JobKey.HEADER);
    if (avro) {
      return schema().map(text -> new RecordFormat(RecordFormat.Kind.AVRO, text, header));
    }
    for (JobKey key : List.of(JobKey.SCHEMA, JobKey.HEADER)) {
      if (values.has(key)) {
        String expected = "no such key unless the format is avro";
        values.report(key, key.leaf(), expected, Advice.hint("Remove it."));
      }
    }
    return isGeneric(name)
        ? Optional.of(
            new RecordFormat(RecordFormat.Kind.valueOf(name.toUpperCase(Locale.ROOT)), null, false))
        : Optional.empty();
  }

  private static boolean isGeneric(String name) {
    for (RecordFormat.Kind kind : RecordFormat.Kind.values()) {
      if (kind.text().equals(name)) {
        return true;
      }
    }
    return false;
  }

  private Optional<String> schema() {
    Optional<String> file = values.required(JobKey.SCHEMA, "the file with the Avro schema");
    return file.flatMap(this::schema);
  }

  private Optional<String> schema(String file) {
    try {
      String text =
          schemaText.isPresent() ? schemaText.get() : Files.readString(base.resolve(file));
      Schema parsed = new Schema.Parser().parse(text);
      if (parsed.getType() == Schema.Type.RECORD) {
        return Optional.of(text);
      }
      values.report(JobKey.SCHEMA, file, "the schema of a record, not of type " + parsed.getType());
    } catch (IOException e) {
      Advice advice = Advice.hint("The path is " + base.resolve(file) + ".");
      values.report(JobKey.SCHEMA, file, "a readable file", advice);
    } catch (SchemaParseException e) {
      values.report(JobKey.SCHEMA, file, "an Avro schema", Advice.hint(reason(file, e)));
    }
    return Optional.empty();
  }

  /** Why Avro rejects a schema: with line and column where its JSON is broken. */
  private static String reason(String file, SchemaParseException e) {
    if (e.getCause() instanceof JsonProcessingException broken && broken.getLocation() != null) {
      return String.format(
          "%s:%d:%d: %s.",
          file,
          broken.getLocation().getLineNr(),
          broken.getLocation().getColumnNr(),
          broken.getOriginalMessage().replaceFirst("(?s) \\(start marker at .*", ""));
    }
    return "Avro reports: " + e.getMessage();
  }
}
