package dev.riffle.jobs.sequence;

import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.Jobs;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The keys of a job file. The table in {@code docs/jobs.md} and the JSON Schema of job files are
 * generated from them.
 */
enum JobKey {
  STREAM(
      "stream",
      KeyType.NAME,
      Use.REQUIRED,
      "Name of the job. Topics, consumer group and transactional ids that are not set otherwise"
          + " start with `<namespace>.<stream>`."),
  NAMESPACE("namespace", KeyType.NAME, "`riffle`", "Owner of the topics."),

  BOOTSTRAP(
      "source.bootstrap",
      KeyType.text("host:port"),
      "`127.0.0.1:9092`",
      "Kafka broker; separate several with commas."),
  TOPIC("source.topic", KeyType.TOPIC, "`<namespace>.<stream>.in.v1`", "Input topic."),
  FORMAT(
      "source.format",
      KeyType.choice(formats()),
      Use.REQUIRED,
      "Format of the records: `riffle`, Riffle's `SequenceEvent`; `json`, a JSON object; `avro`, a"
          + " record of your own Avro schema; `reads`, Riffle's `ReadChunk`, which a [DNA](dna.md)"
          + " annotator turns into `GeneEvent` records."),
  SCHEMA(
      "source.schema",
      KeyType.FILE,
      "required for `avro`",
      "Avro schema (`.avsc`) as which the records are read, relative to this file."),
  WRITER_SCHEMA(
      "source.writer-schema",
      KeyType.FILE,
      "the same as `schema`",
      "For `avro`: schema with which the records were written, if it is another one. Fields that only"
          + " `schema` has get their defaults; fields that only the writer has are skipped."),
  HEADER(
      "source.confluent-header",
      KeyType.FLAG,
      "`false`",
      "For `avro`: each record starts with 5 bytes, a zero and the id of a schema registry. They"
          + " are skipped; the id is looked up only with `registry`, which implies this key."),
  REGISTRY(
      "source.registry",
      KeyType.text("URL"),
      "none",
      "For `avro`: URL of a [schema registry](#schema-registry) with the REST interface of"
          + " Confluent's. It has the schemas with which the records were written, by the ids in"
          + " them; so it replaces `writer-schema`."),
  REGISTRY_CREDENTIALS(
      "source.registry-credentials",
      KeyType.text("`${env:NAME}` or `${file:/PATH}`"),
      "none",
      "Environment variable or file with `user:password` or a token for the registry. Each process"
          + " of the job reads it. The credentials themselves must not be in the file."),

  KEY(
      "fields.key",
      KeyType.FIELD,
      "the Kafka key",
      "Text or whole number that identifies the sequence. All records of a sequence must be in one"
          + " partition, or carry a position."),
  KEY_ENCODING(
      "fields.key-encoding",
      KeyType.choice(KeyEncoding.names()),
      "`utf-8`",
      "How the Kafka key identifies the sequence. `utf-8`: the key is text, and a record with another"
          + " key becomes a dead letter. `bytes`: the key is any bytes, and the sequence id is their"
          + " hexadecimal text, two digits for each byte."),
  FEATURES(
      "fields.features",
      KeyType.listOrSection("field", "width"),
      "this or `token`",
      "Values of a step: a list of fields of one number each; or one field with an array of"
          + " `width` numbers, or with an array of such arrays for several steps."),
  FEATURES_FIELD("fields.features.field", KeyType.FIELD, Use.REQUIRED, "Field of the array."),
  FEATURES_WIDTH("fields.features.width", KeyType.COUNT, Use.REQUIRED, "Numbers per step."),
  TOKEN(
      "fields.token",
      KeyType.FIELD,
      "this or `features`",
      "Token of a step: a whole number from 0 on; or an array of them for several steps; or, with"
          + " an alphabet, characters."),
  ALPHABET(
      "fields.alphabet",
      KeyType.section("letters", "other", "ignore-case"),
      "none",
      "Tokens are the characters of a text, or of bytes in Avro. Each character is a step; white"
          + " space is skipped."),
  ALPHABET_LETTERS(
      "fields.alphabet.letters",
      KeyType.text("characters"),
      Use.REQUIRED,
      "The token of a character is its index in this text, from 0 on: in `NACGT`, A is token 1."),
  ALPHABET_OTHER(
      "fields.alphabet.other",
      KeyType.text("one of the letters"),
      "none",
      "Letter that replaces every character outside the alphabet. Without it, records with such"
          + " characters become dead letters."),
  ALPHABET_CASE(
      "fields.alphabet.ignore-case",
      KeyType.FLAG,
      "`false`",
      "Whether lower-case letters equal upper-case letters."),
  POSITION(
      "fields.position",
      KeyType.FIELD,
      "order of arrival",
      "Index of the record's first step in its sequence. With it, duplicates are dropped, early"
          + " records are reordered and gaps are detected."),
  TIME(
      "fields.time",
      KeyType.section("field", "unit"),
      "Kafka's timestamp",
      "Capture time of the record's first step."),
  TIME_FIELD("fields.time.field", KeyType.FIELD, Use.REQUIRED, "Field of the capture time."),
  TIME_UNIT(
      "fields.time.unit",
      KeyType.choice("s", "ms", "us", "ns", "iso-8601"),
      Use.REQUIRED,
      "Unit since 1970-01-01 UTC; or `iso-8601` for text such as `2026-11-22T10:00:00Z`."),
  START(
      "fields.start",
      KeyType.FIELD,
      "none",
      "True in the first record of a sequence. A session that is still open ends first."),
  END("fields.end", KeyType.FIELD, "none", "True in the last record, which may have no step."),

  DIRECTORY(
      "model.directory",
      KeyType.text("directory"),
      Use.REQUIRED,
      "Version directory of the model, `<name>/<version>`, relative to this file. The model may be"
          + " of any family of [models](models.md) except the transcriber."),
  BACKEND(
      "model.backend",
      KeyType.NAME,
      "`cpu`",
      "Backend that computes: `cpu`, `reference`, or another backend on the class path."),
  ANSWERS(
      "model.answers",
      KeyType.choice("every-step", "last-step"),
      "`every-step`",
      "For a recurrent model: predict after each step, or only after the last step of each"
          + " record."),

  WINDOW(
      "model.window",
      KeyType.section("length", "stride"),
      "none",
      "Required for a model that reads windows; invalid for any other model."),
  WINDOW_LENGTH("model.window.length", KeyType.COUNT, Use.REQUIRED, "Steps per window."),
  WINDOW_STRIDE(
      "model.window.stride",
      KeyType.countOr("none"),
      "the length",
      "Steps from the start of one window to the start of the next. `none`: one window per"
          + " sequence, which is complete when the sequence ends or the window is full; later steps"
          + " are ignored."),

  FINAL(
      "sinks.final",
      KeyType.TOPIC,
      "`<namespace>.<stream>.final.v1`",
      "Predictions, exactly once."),
  PREVIEW(
      "sinks.preview",
      KeyType.TOPIC,
      "`<namespace>.<stream>.preview.v1`",
      "Predictions, immediately."),
  SESSIONS(
      "sinks.sessions",
      KeyType.TOPIC,
      "`<namespace>.<stream>.sessions.v1`",
      "Session starts, gaps and ends."),
  DLQ(
      "sinks.dlq",
      KeyType.TOPIC,
      "`<namespace>.<stream>.dlq.v1`",
      "Dead letters: input records that could not be used, with the reason."),
  SINK_FORMAT(
      "sinks.format",
      KeyType.choice("avro", "json"),
      "`avro`",
      "Format of predictions on `final` and `preview`: Riffle's `Prediction` in Avro; or a JSON"
          + " object with the same fields, `values` as numbers."),

  OPTIONS(
      "options",
      KeyType.OPTIONS,
      "none",
      "Any of the [options](options.md) by name, except those with a key of their own above:"
          + " `gap-policy`, `max-sequence-idle`, `max-batch-size`, `checkpoint-interval`, ...");

  /** Defaults that are not values. */
  private static final class Use {
    static final String REQUIRED = "required";
  }

  private final String path;

  @SuppressWarnings("ImmutableEnumChecker") // key types are immutable
  private final KeyType type;

  private final String standard;
  private final String meaning;

  JobKey(String path, KeyType type, String standard, String meaning) {
    this.path = path;
    this.type = type;
    this.standard = standard;
    this.meaning = meaning;
  }

  /** Formats of the generic job, then those that select another job. */
  private static List<String> formats() {
    return Stream.concat(
            Arrays.stream(RecordFormat.Kind.values()).map(RecordFormat.Kind::text),
            Jobs.all().stream().map(JobDefinition::recordFormat).flatMap(Optional::stream))
        .toList();
  }

  /** Names of the sections around it and its own name, separated by dots. */
  String path() {
    return path;
  }

  /** Name within its section. */
  String leaf() {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /** Path of the section around it; empty for the file itself. */
  String section() {
    return path.contains(".") ? path.substring(0, path.lastIndexOf('.')) : "";
  }

  /** Kind of its values. */
  KeyType type() {
    return type;
  }

  /** What it means, as Markdown. */
  String meaning() {
    return meaning;
  }

  /** True if its section has to contain it. */
  boolean isRequired() {
    return standard.equals(Use.REQUIRED);
  }

  /** The key with this path. */
  static Optional<JobKey> at(String path) {
    return Arrays.stream(values()).filter(key -> key.path.equals(path)).findFirst();
  }

  /** Names that are valid in a section; the empty path is the file itself. */
  static List<String> in(String section) {
    String begin = section.isEmpty() ? "" : section + ".";
    return Arrays.stream(values())
        .map(JobKey::path)
        .filter(path -> path.startsWith(begin))
        .map(path -> path.substring(begin.length()).split("[.]")[0])
        .distinct()
        .toList();
  }

  /** The table in {@code docs/jobs.md}, as Markdown. */
  static String table() {
    StringBuilder table =
        new StringBuilder("| key | takes | default | meaning |\n|---|---|---|---|\n");
    for (JobKey key : values()) {
      table.append("| `").append(key.path).append("` | ").append(key.type.takes()).append(" | ");
      table.append(key.standard).append(" | ").append(key.meaning).append(" |\n");
    }
    return table.toString();
  }
}
