package dev.riffle.jobs.sequence;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.riffle.jobs.sequence.Diagnostic.Advice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaParseException;

/** Reads the section {@code source} of a job file. */
final class SourceSection {
  private final YamlValues values;
  private final Path base;
  private final AvroSchemas texts;

  /**
   * @param base directory to which paths are relative
   * @param texts the Avro schemas whose files need not be read
   */
  SourceSection(YamlValues values, Path base, AvroSchemas texts) {
    this.values = values;
    this.base = base;
    this.texts = texts;
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
      Optional<String> reader =
          values
              .required(JobKey.SCHEMA, "the file with the Avro schema")
              .flatMap(file -> schema(JobKey.SCHEMA, file, texts.reader()));
      Optional<String> writer =
          values
              .text(JobKey.WRITER_SCHEMA)
              .flatMap(file -> schema(JobKey.WRITER_SCHEMA, file, texts.writer()));
      reader.ifPresent(text -> writer.ifPresent(other -> checkResolution(text, other)));
      return reader.map(
          text -> new RecordFormat(RecordFormat.Kind.AVRO, text, writer.orElse(null), header));
    }
    for (JobKey key : List.of(JobKey.SCHEMA, JobKey.WRITER_SCHEMA, JobKey.HEADER)) {
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

  /** Reports why records of the writer cannot be read as those of the reader. */
  private void checkResolution(String reader, String writer) {
    var result =
        SchemaCompatibility.checkReaderWriterCompatibility(
                new Schema.Parser().parse(reader), new Schema.Parser().parse(writer))
            .getResult();
    if (result.getCompatibility() == SchemaCompatibilityType.INCOMPATIBLE) {
      String reasons =
          result.getIncompatibilities().stream()
              .map(problem -> problem.getMessage() + " at " + problem.getLocation())
              .collect(Collectors.joining("; "));
      values.report(
          JobKey.WRITER_SCHEMA,
          values.text(JobKey.WRITER_SCHEMA).orElse(""),
          "a schema whose records can be read as source.schema",
          Advice.hint("Avro reports: " + reasons + ". A field that is added needs a default."));
    }
  }

  private Optional<String> schema(JobKey key, String file, Optional<String> given) {
    try {
      String text = given.isPresent() ? given.get() : Files.readString(base.resolve(file));
      Schema parsed = new Schema.Parser().parse(text);
      if (parsed.getType() != Schema.Type.RECORD) {
        values.report(key, file, "the schema of a record, not of type " + parsed.getType());
      } else if (key == JobKey.WRITER_SCHEMA && AvroSchemas.hasEmptyItems(parsed)) {
        values.report(
            key,
            file,
            "a schema without arrays of items that take no bytes, such as null",
            Advice.hint("A few bytes of a record could contain any number of them."));
      } else {
        return Optional.of(text);
      }
    } catch (IOException e) {
      Advice advice = Advice.hint("The path is " + base.resolve(file) + ".");
      values.report(key, file, "a readable file", advice);
    } catch (SchemaParseException e) {
      values.report(key, file, "an Avro schema", Advice.hint(reason(file, e)));
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
