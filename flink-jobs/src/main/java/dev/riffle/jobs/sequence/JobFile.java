package dev.riffle.jobs.sequence;

import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.Topics;
import dev.riffle.models.PredictAt;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.weights.Suggestions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/**
 * A job as its YAML file says it; {@code docs/jobs.md} describes the file. Reading never fails:
 * what is wrong is in {@link #mistakes}, all of it at once, and only a file without mistakes is a
 * job.
 */
public final class JobFile {
  private static final Map<String, TimeUnit> UNITS =
      Map.of(
          "s", TimeUnit.SECONDS,
          "ms", TimeUnit.MILLISECONDS,
          "us", TimeUnit.MICROSECONDS,
          "ns", TimeUnit.NANOSECONDS);
  private static final String ISO = "iso-8601";
  private static final String NO_STRIDE = "none";

  /** A number whose mistake was noted. */
  static final int UNKNOWN = -1;

  /** Options that stand elsewhere in the file. */
  private static final Map<String, String> FOREIGN = foreign();

  private static final Map<String, JobKey> ELSEWHERE =
      Map.of(
          JobOptions.BOOTSTRAP.key(), JobKey.BOOTSTRAP,
          JobOptions.NAMESPACE.key(), JobKey.NAMESPACE,
          JobOptions.STREAM.key(), JobKey.STREAM,
          JobOptions.MODEL.key(), JobKey.DIRECTORY,
          JobOptions.BACKEND.key(), JobKey.BACKEND);

  private final String name;
  private final String yaml;
  private final Path base;
  private final YamlTree tree;
  private final Map<String, String> overrides;

  private RecordFormat format;
  private EventFields fields;
  private PredictAt answers;
  private WindowOptions windows;
  private boolean jsonAnswers;
  private JobOptions options;
  private Topics topics;

  private JobFile(
      String name, String yaml, Path base, String schema, Map<String, String> overrides) {
    this.name = name;
    this.yaml = yaml;
    this.base = base;
    this.overrides = overrides;
    this.tree = new YamlTree(yaml);
    if (tree.isMapping()) {
      read(schema);
    }
  }

  /**
   * Reads a file.
   *
   * @param overrides options, by name, that go before what the file says
   * @throws IOException if it cannot be read
   */
  public static JobFile read(Path file, Map<String, String> overrides) throws IOException {
    String yaml = Files.readString(file, StandardCharsets.UTF_8);
    Path base = file.toAbsolutePath().getParent();
    return new JobFile(file.toString(), yaml, base, null, overrides);
  }

  /**
   * Reads what {@link #arguments} made of a file on another machine.
   *
   * @param schema text of the schema that the file names; null if it names none
   */
  static JobFile of(String name, String yaml, String schema, Map<String, String> overrides) {
    return new JobFile(name, yaml, Path.of(""), schema, overrides);
  }

  private void read(String schema) {
    Map<String, String> given = new LinkedHashMap<>();
    readNames(given);
    readSource(schema);
    readFields();
    readModel(given);
    readOptions(given);
    readSinks();
    if (fields != null && format != null && format.schema() != null) {
      AvroFields.check(new Schema.Parser().parse(format.schema()), fields, tree);
    }
  }

  // ---- sections ----

  private void readNames(Map<String, String> given) {
    String stream = tree.text(JobKey.STREAM);
    if (stream == null && !overrides.containsKey(JobOptions.STREAM.key())) {
      required(JobKey.STREAM, "a name for the job");
    }
    put(given, JobOptions.STREAM.key(), stream);
    put(given, JobOptions.NAMESPACE.key(), tree.text(JobKey.NAMESPACE));
    put(given, JobOptions.BOOTSTRAP.key(), tree.text(JobKey.BOOTSTRAP));
  }

  private void readSource(String schema) {
    String kind = oneOf(JobKey.FORMAT, null, "riffle", "json", "avro", "reads");
    boolean header = Boolean.parseBoolean(oneOf(JobKey.HEADER, "false", "true", "false"));
    if (kind == null) {
      return;
    }
    boolean avro = kind.equals("avro");
    if (!avro) {
      for (JobKey key : List.of(JobKey.SCHEMA, JobKey.HEADER)) {
        if (tree.has(key)) {
          tree.note(key.path(), key.leaf(), "it with format avro alone", null, "Remove it.");
        }
      }
    }
    String text = avro ? schemaText(schema) : null;
    if (!avro || text != null) {
      format =
          new RecordFormat(RecordFormat.Kind.valueOf(kind.toUpperCase(Locale.ROOT)), text, header);
    }
  }

  private String schemaText(String schema) {
    String file = required(JobKey.SCHEMA, "the file of the records' Avro schema");
    if (file == null) {
      return null;
    }
    try {
      String text = schema != null ? schema : Files.readString(base.resolve(file));
      Schema parsed = new Schema.Parser().parse(text);
      if (parsed.getType() == Schema.Type.RECORD) {
        return text;
      }
      tree.note(
          JobKey.SCHEMA.path(),
          file,
          "the schema of a record, not of " + parsed.getType(),
          null,
          null);
    } catch (IOException e) {
      tree.note(
          JobKey.SCHEMA.path(),
          file,
          "a file that can be read",
          null,
          "Looked for " + base.resolve(file) + ".");
    } catch (SchemaParseException e) {
      tree.note(JobKey.SCHEMA.path(), file, "an Avro schema", null, "It says: " + e.getMessage());
    }
    return null;
  }

  private void readFields() {
    if (reads()) {
      for (String path :
          List.of(JobKey.ANSWERS.path(), JobKey.WINDOW.path(), JobKey.SINK_FORMAT.path())) {
        if (tree.has(path)) {
          String expected = "none with format reads: genes are told as they are found, in Avro";
          tree.note(path, path.substring(path.indexOf('.') + 1), expected, null, "Remove it.");
        }
      }
    }
    if (reads() || format != null && format.kind() == RecordFormat.Kind.RIFFLE) {
      if (tree.has("fields")) {
        tree.note(
            "fields",
            "fields",
            "none with format "
                + tree.text(JobKey.FORMAT)
                + ", whose records say themselves what is what",
            null,
            "Remove it, or choose format json or avro.");
      }
      return;
    }
    if (!tree.has(JobKey.FORMAT) && !tree.has("fields")) {
      return; // which of the two is missing is not known
    }
    List<String> features = features();
    String token = field(JobKey.TOKEN);
    if (!tree.has(JobKey.FEATURES) && !tree.has(JobKey.TOKEN)) {
      tree.note(
          JobKey.FEATURES.path(),
          null,
          "the fields with a step's values, or fields.token",
          null,
          null);
    } else if (token != null && tree.has(JobKey.FEATURES)) {
      tree.note(
          JobKey.TOKEN.path(), token, "fields.features or fields.token, not both", null, null);
    }
    Alphabet alphabet = alphabet();
    List<String> listed = tree.list(JobKey.FEATURES);
    int width = 0;
    if (listed == null && tree.has(JobKey.FEATURES)) {
      width = count(JobKey.FEATURES_WIDTH, "how many numbers a step has");
    } else if (listed != null && listed.contains(null)) {
      width = UNKNOWN;
    }
    String time = null;
    String unit = null;
    if (tree.has(JobKey.TIME)) {
      time = requiredField(JobKey.TIME_FIELD, "the field of the capture time");
      unit = oneOf(JobKey.TIME_UNIT, null, "s", "ms", "us", "ns", ISO);
    }
    String key = field(JobKey.KEY);
    String position = field(JobKey.POSITION);
    String start = field(JobKey.START);
    String end = field(JobKey.END);
    if (features.isEmpty() && token == null) {
      return;
    }
    fields =
        new EventFields(
            key,
            features,
            width,
            token,
            alphabet,
            position,
            unit == null ? null : time, // a time without a unit is a mistake: it is not looked up
            unit == null ? null : UNITS.get(unit),
            start,
            end);
  }

  private Alphabet alphabet() {
    if (!tree.has(JobKey.ALPHABET)) {
      return null;
    }
    if (!tree.has(JobKey.TOKEN)) {
      tree.note(
          JobKey.ALPHABET.path(), "alphabet", "fields.token, the field of the letters", null, null);
    }
    String letters = required(JobKey.ALPHABET_LETTERS, "the letters, each at its token's place");
    String other = tree.text(JobKey.ALPHABET_OTHER);
    boolean ignore = Boolean.parseBoolean(oneOf(JobKey.ALPHABET_CASE, "false", "true", "false"));
    if (letters == null) {
      return new Alphabet("", null, ignore);
    }
    Alphabet alphabet = new Alphabet(letters, other, ignore);
    String mistake = alphabet.mistake();
    if (mistake != null) {
      tree.note(JobKey.ALPHABET_LETTERS.path(), letters, mistake, null, null);
    } else if (other != null && (other.length() != 1 || !letters.contains(other))) {
      tree.note(JobKey.ALPHABET_OTHER.path(), other, "one of the letters " + letters, null, null);
    }
    return alphabet;
  }

  private List<String> features() {
    List<String> list = tree.list(JobKey.FEATURES);
    if (list == null && tree.has(JobKey.FEATURES)) {
      String field = requiredField(JobKey.FEATURES_FIELD, "the field with the array");
      return field == null ? List.of() : List.of(field);
    }
    if (list == null) {
      return List.of();
    }
    Set<String> seen = new HashSet<>();
    for (String name : list) {
      if (name != null && !seen.add(checkField(JobKey.FEATURES, name))) {
        tree.note(JobKey.FEATURES.path(), name, "each field once", null, null);
      }
    }
    if (list.isEmpty()) {
      tree.note(JobKey.FEATURES.path(), "[]", "at least one field", null, null);
    }
    return list.stream().filter(Objects::nonNull).toList();
  }

  private void readModel(Map<String, String> given) {
    if (!overrides.containsKey(JobOptions.MODEL.key())) {
      String directory = required(JobKey.DIRECTORY, "the model's version, <name>/<version>");
      put(
          given,
          JobOptions.MODEL.key(),
          directory == null ? null : base.resolve(directory).normalize().toString());
    }
    put(given, JobOptions.BACKEND.key(), tree.text(JobKey.BACKEND));
    String told = oneOf(JobKey.ANSWERS, "every-step", "every-step", "last-step");
    answers = "last-step".equals(told) ? PredictAt.LAST_STEP : PredictAt.EVERY_STEP;
    if (tree.has(JobKey.WINDOW)) {
      int length = count(JobKey.WINDOW_LENGTH, "how many steps a window has");
      int stride = tree.has(JobKey.WINDOW_STRIDE) ? stride() : length;
      windows = length < 1 || stride == UNKNOWN ? null : new WindowOptions(length, stride);
      if (tree.has(JobKey.ANSWERS)) {
        tree.note(
            JobKey.ANSWERS.path(),
            told,
            "none with model.window: which steps a window answers is the model's own",
            null,
            "Remove it.");
      }
    }
  }

  private int stride() {
    return NO_STRIDE.equals(tree.text(JobKey.WINDOW_STRIDE))
        ? WindowOptions.NONE
        : count(JobKey.WINDOW_STRIDE, null, ", or " + NO_STRIDE);
  }

  private void noteForeign(String option, String value) {
    tree.note(
        JobKey.OPTIONS.path() + "." + option,
        value,
        "none: " + FOREIGN.get(option),
        null,
        "Remove it.");
  }

  /** Options of other jobs alone, and why. */
  private static Map<String, String> foreign() {
    Map<String, String> why = new LinkedHashMap<>();
    why.put(JobOptions.SECOND_PASS.key(), "a second pass follows the transcription alone");
    JobOptions.READ_UNTIL.forEach(o -> why.put(o.key(), "it is of read-until alone"));
    return why;
  }

  private void readOptions(Map<String, String> given) {
    FOREIGN.keySet().stream()
        .filter(overrides::containsKey)
        .forEach(option -> noteForeign(option, overrides.get(option)));
    tree.options()
        .forEach(
            (option, value) -> {
              String path = JobKey.OPTIONS.path() + "." + option;
              JobKey key = ELSEWHERE.get(option);
              if (key != null) {
                tree.note(path, option, "it as " + key.path(), null, "Move it there.");
              } else if (FOREIGN.containsKey(option)) {
                noteForeign(option, value);
              } else if (!JobOptions.names().contains(option)) {
                tree.note(
                    path,
                    option,
                    "an option of docs/options.md",
                    Suggestions.of(option, JobOptions.names()).orElse(null),
                    null);
              } else {
                given.put(option, value);
              }
            });
    given.putAll(overrides);
    Map<String, String> wrong = JobOptions.mistakes(given);
    wrong.forEach(
        (option, expected) -> {
          JobKey key = ELSEWHERE.get(option);
          String path = key != null ? key.path() : JobKey.OPTIONS.path() + "." + option;
          tree.note(path, given.get(option), expected, null, null);
        });
    given.keySet().removeAll(wrong.keySet());
    if (wrong.containsKey(JobOptions.MAX_PARALLELISM.key())) {
      given.remove(JobOptions.PARALLELISM.key()); // which its own bound has to allow
    }
    JobOptions all = JobOptions.of(given);
    options =
        given.containsKey(JobOptions.GROUP.key())
            ? all
            : all.with(JobOptions.GROUP, all.streamName());
  }

  private void readSinks() {
    jsonAnswers = "json".equals(oneOf(JobKey.SINK_FORMAT, "avro", "avro", "json"));
    Topics ours = options.topics();
    topics =
        new Topics(
            topic(JobKey.TOPIC, ours.in()),
            options.get(JobOptions.PREVIEW) ? topic(JobKey.PREVIEW, ours.preview()) : null,
            topic(JobKey.FINAL, ours.finals()),
            topic(JobKey.SESSIONS, ours.sessions()),
            topic(JobKey.DLQ, ours.deadLetters()));
    Map<String, JobKey> taken = new LinkedHashMap<>();
    taken.put(topics.in(), JobKey.TOPIC);
    for (JobKey key : List.of(JobKey.FINAL, JobKey.PREVIEW, JobKey.SESSIONS, JobKey.DLQ)) {
      String topic = topic(key);
      JobKey other = topic == null ? null : taken.putIfAbsent(topic, key);
      if (other != null) {
        tree.note(key.path(), topic, "a topic of its own, not that of " + other.path(), null, null);
      }
    }
  }

  private String topic(JobKey key) {
    return switch (key) {
      case FINAL -> topics.finals();
      case PREVIEW -> topics.preview();
      case SESSIONS -> topics.sessions();
      default -> topics.deadLetters();
    };
  }

  // ---- values ----

  private static void put(Map<String, String> to, String name, String value) {
    if (value != null) {
      to.put(name, value);
    }
  }

  private String required(JobKey key, String expected) {
    String text = tree.text(key);
    if (text == null && !tree.isBroken(key)) {
      tree.note(key.path(), null, expected, null, null);
    }
    return text;
  }

  private String oneOf(JobKey key, String standard, String... allowed) {
    String words =
        String.join(", ", Arrays.copyOf(allowed, allowed.length - 1))
            + " or "
            + allowed[allowed.length - 1];
    String text = standard == null ? required(key, words) : tree.text(key);
    if (text == null || List.of(allowed).contains(text)) {
      return text == null ? standard : text;
    }
    tree.note(key.path(), text, words, Suggestions.of(text, List.of(allowed)).orElse(null), null);
    return standard;
  }

  private String topic(JobKey key, String standard) {
    String text = tree.text(key);
    if (text == null) {
      return standard;
    }
    if (!Topics.isName(text)) {
      tree.note(key.path(), text, "a topic's name of " + Topics.NAME_RULE, null, null);
      return standard;
    }
    return text;
  }

  private int count(JobKey key, String expected) {
    return count(key, expected, "");
  }

  private int count(JobKey key, String expected, String orElse) {
    String text = required(key, expected);
    try {
      int count = text == null ? UNKNOWN : Integer.parseInt(text);
      if (count >= 1 || text == null) {
        return count;
      }
    } catch (NumberFormatException e) {
      // noted below
    }
    tree.note(key.path(), text, "a whole number from 1 to 2147483647" + orElse, null, null);
    return UNKNOWN;
  }

  private String requiredField(JobKey key, String expected) {
    String text = required(key, expected);
    return text == null ? null : checkField(key, text);
  }

  private String field(JobKey key) {
    String text = tree.text(key);
    return text == null ? null : checkField(key, text);
  }

  private String checkField(JobKey key, String field) {
    if (field.isBlank() || field.startsWith(".") || field.endsWith(".") || field.contains("..")) {
      tree.note(key.path(), field, "a field's name, or names with dots between", null, null);
    }
    return field;
  }

  // ---- what it says ----

  /** All that is wrong, in the order of the file. */
  public List<Diagnostic> mistakes() {
    List<Diagnostic> sorted = new ArrayList<>(tree.mistakes());
    sorted.sort(Comparator.comparingInt(Diagnostic::line).thenComparingInt(Diagnostic::column));
    return sorted;
  }

  /**
   * Holds the file against its model, which is loaded for it; what does not fit is among the {@link
   * #mistakes} then.
   *
   * @return the model in a few words; null if it cannot be used
   */
  public String checkModel() {
    return options == null ? null : ModelCheck.check(this);
  }

  /** True if the directory of its model is on this machine. */
  public boolean hasModel() {
    return options != null
        && options.optional(JobOptions.MODEL).map(Path::of).filter(Files::isDirectory).isPresent();
  }

  /** What messages call it. */
  public String name() {
    return name;
  }

  /** How the job runs; the topics' names in it are those of {@link #topics}. */
  public JobOptions options() {
    return options;
  }

  /** What it reads and writes. */
  public Topics topics() {
    return topics;
  }

  /** True if it reads DNA and answers genes. */
  boolean reads() {
    return format != null && format.kind() == RecordFormat.Kind.READS;
  }

  RecordFormat format() {
    return format;
  }

  EventFields fields() {
    return fields;
  }

  PredictAt answers() {
    return answers;
  }

  /** How sequences are cut into windows; null for a model that goes step by step. */
  WindowOptions windows() {
    return windows;
  }

  boolean jsonAnswers() {
    return jsonAnswers;
  }

  YamlTree tree() {
    return tree;
  }

  /** What {@link SequenceJob#main} has to be called with, wherever it runs. */
  public List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of("--job=" + yaml, "--name=" + name));
    if (format.schema() != null) {
      arguments.add("--schema=" + format.schema());
    }
    Map<String, String> all = new LinkedHashMap<>(overrides);
    all.put(JobOptions.MODEL.key(), options.model());
    all.forEach((option, value) -> arguments.add("--" + option + "=" + value));
    return arguments;
  }
}
