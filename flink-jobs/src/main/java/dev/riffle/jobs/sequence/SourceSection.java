package dev.riffle.jobs.sequence;

import dev.riffle.jobs.registry.RegistryAccess;
import dev.riffle.jobs.registry.SecretReference;
import dev.riffle.jobs.sequence.Diagnostic.Advice;
import dev.riffle.schemas.Printable;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/** Reads the section {@code source} of a job file. */
final class SourceSection {
  private static final List<JobKey> AVRO_KEYS =
      List.of(
          JobKey.SCHEMA,
          JobKey.WRITER_SCHEMA,
          JobKey.HEADER,
          JobKey.REGISTRY,
          JobKey.REGISTRY_CREDENTIALS);

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
    boolean header = values.flag(JobKey.HEADER);
    if (name.equals(RecordFormat.Kind.AVRO.text())) {
      return avro(header);
    }
    for (JobKey key : AVRO_KEYS) {
      refuse(key, "no such key unless the format is avro");
    }
    return isGeneric(name)
        ? Optional.of(
            new RecordFormat(RecordFormat.Kind.valueOf(name.toUpperCase(Locale.ROOT)), null, false))
        : Optional.empty();
  }

  private Optional<RecordFormat> avro(boolean header) {
    Optional<String> reader =
        values
            .required(JobKey.SCHEMA, "the file with the Avro schema")
            .flatMap(file -> schema(JobKey.SCHEMA, file, texts.reader()));
    if (values.has(JobKey.REGISTRY)) {
      return registered(reader);
    }
    refuse(JobKey.REGISTRY_CREDENTIALS, "no such key without source.registry");
    Optional<String> writer =
        values
            .text(JobKey.WRITER_SCHEMA)
            .flatMap(file -> schema(JobKey.WRITER_SCHEMA, file, texts.writer()));
    reader.ifPresent(text -> writer.ifPresent(other -> checkResolution(text, other)));
    return reader.map(
        text -> new RecordFormat(RecordFormat.Kind.AVRO, text, writer.orElse(null), header));
  }

  private Optional<RecordFormat> registered(Optional<String> reader) {
    refuse(
        JobKey.WRITER_SCHEMA, "no such key with source.registry, which has the writers' schemas");
    if (values.has(JobKey.HEADER) && !values.flag(JobKey.HEADER)) {
      String expected = "true with source.registry: the header contains the id of the schema";
      values.report(JobKey.HEADER, "false", expected, Advice.hint("Remove one of the two keys."));
    }
    Optional<SecretReference> credentials =
        values.text(JobKey.REGISTRY_CREDENTIALS).flatMap(this::credentials);
    return values
        .text(JobKey.REGISTRY)
        .flatMap(this::registry)
        .flatMap(
            url ->
                reader.map(
                    text ->
                        RecordFormat.registered(
                            text, new RegistryAccess(url, credentials.orElse(null)))));
  }

  /** Neither the message nor anything else repeats credentials in a URL. */
  private Optional<String> registry(String text) {
    Optional<String> url = RegistryAccess.url(text);
    if (url.isEmpty()) {
      values.report(
          JobKey.REGISTRY,
          Printable.url(text.split("[?#]", 2)[0]),
          "an http or https URL such as https://registry.example:8081, without user, password and"
              + " query",
          text.contains("@")
              ? Advice.hint(
                  "Name the credentials as source.registry-credentials: "
                      + SecretReference.FORM
                      + ".")
              : Advice.NONE);
    }
    return url;
  }

  /** The message does not repeat the value, which may be a password. */
  private Optional<SecretReference> credentials(String text) {
    Optional<SecretReference> reference = SecretReference.parse(text);
    if (reference.isEmpty()) {
      values.report(
          JobKey.REGISTRY_CREDENTIALS,
          "another text",
          SecretReference.FORM,
          Advice.hint(
              "Credentials do not belong in a job file. Put user:password or a token into an"
                  + " environment variable or a file, and name it here."));
    }
    return reference;
  }

  private void refuse(JobKey key, String expected) {
    if (values.has(key)) {
      values.report(key, key.leaf(), expected, Advice.hint("Remove it."));
    }
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
    AvroSchemas.incompatibility(
            new Schema.Parser().parse(reader), new Schema.Parser().parse(writer))
        .ifPresent(
            reasons ->
                values.report(
                    JobKey.WRITER_SCHEMA,
                    values.text(JobKey.WRITER_SCHEMA).orElse(""),
                    "a schema whose records can be read as source.schema",
                    Advice.hint(
                        "Avro reports: " + reasons + ". A field that is added needs a default.")));
  }

  private Optional<String> schema(JobKey key, String file, Optional<String> given) {
    try {
      String text = given.isPresent() ? given.get() : Files.readString(base.resolve(file));
      Schema parsed = SchemaText.parse(text, file);
      if (parsed.getType() != Schema.Type.RECORD) {
        values.report(key, file, "the schema of a record, not of type " + parsed.getType());
        return Optional.empty();
      }
      Optional<AvroSchemas.Problem> problem =
          key == JobKey.WRITER_SCHEMA ? AvroSchemas.problem(parsed) : Optional.empty();
      if (problem.isEmpty()) {
        return Optional.of(text);
      }
      values.report(key, file, problem.get().expected(), Advice.hint(problem.get().hint()));
    } catch (CharacterCodingException e) {
      values.report(key, file, "a text file in UTF-8", Advice.NONE);
    } catch (IOException e) {
      Advice advice = Advice.hint("The path is " + base.resolve(file) + ".");
      values.report(key, file, "a readable file", advice);
    } catch (SchemaParseException e) {
      values.report(key, file, "an Avro schema", Advice.hint(e.getMessage()));
    }
    return Optional.empty();
  }
}
