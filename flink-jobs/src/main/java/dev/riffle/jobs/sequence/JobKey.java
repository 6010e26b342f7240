package dev.riffle.jobs.sequence;

import java.util.Arrays;
import java.util.List;

/** What may stand in a job's file. The table of {@code docs/jobs.md} is made from this class. */
enum JobKey {
  STREAM(
      "stream",
      "name",
      "required",
      "Names the job: topics, consumer group and transactions that are not named otherwise begin"
          + " with `<namespace>.<stream>`."),
  NAMESPACE("namespace", "name", "`riffle`", "Who owns it."),

  BOOTSTRAP(
      "source.bootstrap", "host:port", "`127.0.0.1:9092`", "The broker; several with commas."),
  TOPIC("source.topic", "topic", "`<namespace>.<stream>.in.v1`", "What is read."),
  FORMAT(
      "source.format",
      "`riffle`, `json`, `avro` or `reads`",
      "required",
      "What a record is: our `SequenceEvent`; an object of JSON; a record of your own Avro schema;"
          + " our `ReadChunk`, whose bases an annotator of [DNA](dna.md) answers with `GeneEvent`."),
  SCHEMA(
      "source.schema",
      "file",
      "required for `avro`",
      "The schema (`.avsc`) that the records were written with, beside this file."),
  HEADER(
      "source.confluent-header",
      "true or false",
      "`false`",
      "With `avro`: 5 bytes stand before each record, a zero and a registry's schema id. They are"
          + " passed over, the id is not looked up."),

  KEY(
      "fields.key",
      "field",
      "the Kafka key",
      "Text or whole number that tells sequences apart. Records of one sequence must be in one"
          + " partition, or carry a position."),
  FEATURES(
      "fields.features",
      "list of fields, or `field` and `width`",
      "this or `token`",
      "The values of a step: a list of fields of one number each; or one field with an array of"
          + " `width` numbers, or an array of such arrays for several steps."),
  FEATURES_FIELD(
      "fields.features.field", "field", "required", "The array, if it is not a list of fields."),
  FEATURES_WIDTH("fields.features.width", "whole number", "required", "Numbers of one step."),
  TOKEN(
      "fields.token",
      "field",
      "this or `features`",
      "The token of a step, a whole number from 0 on; or an array of them for several steps; or"
          + " characters, with an alphabet."),
  ALPHABET(
      "fields.alphabet",
      "`letters`, `other` and `ignore-case`",
      "none",
      "Tokens are not numbers but the characters of a text, or of bytes in Avro: each is a step."
          + " White space is passed over and has no position."),
  ALPHABET_LETTERS(
      "fields.alphabet.letters",
      "characters",
      "required",
      "The token of a character is its place here, from 0 on: of `NACGT` an A is token 1."),
  ALPHABET_OTHER(
      "fields.alphabet.other",
      "one of the letters",
      "none",
      "Stands for every character that is not among them; without it their records are dead"
          + " letters."),
  ALPHABET_CASE(
      "fields.alphabet.ignore-case",
      "true or false",
      "`false`",
      "If a small letter is the same as its capital."),
  POSITION(
      "fields.position",
      "field",
      "order of arrival",
      "Index of the record's first step in its sequence. With it duplicates are dropped, what comes"
          + " early is put in order and gaps are noticed."),
  TIME("fields.time", "`field` and `unit`", "Kafka's timestamp", "When the step was captured."),
  TIME_FIELD("fields.time.field", "field", "required", "Where it stands."),
  TIME_UNIT(
      "fields.time.unit",
      "`s`, `ms`, `us`, `ns` or `iso-8601`",
      "required",
      "Since 1970-01-01 UTC; or text such as `2026-11-22T10:00:00Z`."),
  START(
      "fields.start",
      "field",
      "none",
      "True on the first record of a sequence: a session that is still open is ended first."),
  END("fields.end", "field", "none", "True on the last record; it may bring no step."),

  DIRECTORY(
      "model.directory",
      "directory",
      "required",
      "The model's version, `<name>/<version>`; relative to this file. Of any family of"
          + " [models](models.md) but the transcriber's."),
  BACKEND(
      "model.backend",
      "name",
      "`cpu`",
      "What computes: `cpu`, `reference`, or another on the class path."),
  ANSWERS(
      "model.answers",
      "`every-step` or `last-step`",
      "`every-step`",
      "Of a recurrent model: an answer after each step, or after the last step of each record"
          + " alone."),

  WINDOW(
      "model.window",
      "`length` and `stride`",
      "none",
      "Needed by a model of whole windows, and by it alone."),
  WINDOW_LENGTH("model.window.length", "whole number", "required", "Steps of a window."),
  WINDOW_STRIDE(
      "model.window.stride",
      "whole number or `none`",
      "the length",
      "Steps from the beginning of a window to that of the next. `none`: one window per sequence,"
          + " which ends with it, or once it has the length; what comes later is not answered."),

  FINAL(
      "sinks.final",
      "topic",
      "`<namespace>.<stream>.final.v1`",
      "Answers, once, with state and offsets."),
  PREVIEW("sinks.preview", "topic", "`<namespace>.<stream>.preview.v1`", "Answers at once."),
  SESSIONS(
      "sinks.sessions",
      "topic",
      "`<namespace>.<stream>.sessions.v1`",
      "Sequences that start, jump and end."),
  DLQ("sinks.dlq", "topic", "`<namespace>.<stream>.dlq.v1`", "What could not be used, and why."),
  SINK_FORMAT(
      "sinks.format",
      "`avro` or `json`",
      "`avro`",
      "What an answer is on `final` and `preview`: our `Prediction`; or an object of JSON with the"
          + " same fields, `values` as numbers."),

  OPTIONS(
      "options",
      "option: value",
      "none",
      "Any of [options](options.md) by its name, but those that stand above: `gap-policy`,"
          + " `max-sequence-idle`, `max-batch-size`, `checkpoint-interval`, `preview`, ...");

  private final String path;
  private final String takes;
  private final String standard;
  private final String meaning;

  JobKey(String path, String takes, String standard, String meaning) {
    this.path = path;
    this.takes = takes;
    this.standard = standard;
    this.meaning = meaning;
  }

  /** With the names of the sections it stands in, dots between. */
  String path() {
    return path;
  }

  /** Its name within its section. */
  String leaf() {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /** Names that may stand in a section; the empty path is the file itself. */
  static List<String> in(String section) {
    String begin = section.isEmpty() ? "" : section + ".";
    return Arrays.stream(values())
        .map(JobKey::path)
        .filter(path -> path.startsWith(begin))
        .map(path -> path.substring(begin.length()).split("[.]")[0])
        .distinct()
        .toList();
  }

  /** The table of the page, as Markdown. */
  static String table() {
    StringBuilder table =
        new StringBuilder("| key | takes | if not said | meaning |\n|---|---|---|---|\n");
    for (JobKey key : values()) {
      table.append("| `").append(key.path).append("` | ").append(key.takes).append(" | ");
      table.append(key.standard).append(" | ").append(key.meaning).append(" |\n");
    }
    return table.toString();
  }
}
