package dev.riffle.jobs.sequence;

import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.Jobs;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.sequence.Diagnostic.Advice;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.jobs.stream.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.avro.Schema;

/**
 * A job that a YAML file describes; {@code docs/jobs.md} documents the file. Reading never fails:
 * {@link #diagnostics} lists all problems at once, and only a file without problems is a job.
 */
public final class JobFile {
  /** Keys that configure the generic job only. */
  private static final List<JobKey> GENERIC_KEYS =
      List.of(JobKey.ANSWERS, JobKey.WINDOW, JobKey.SINK_FORMAT);

  private static final String FIELDS = "fields";

  private final String name;
  private final String yaml;
  private final YamlTree tree;
  private final YamlValues values;
  private final Map<String, String> overrides;

  private Optional<Job> job = Optional.empty();

  /** What the file describes. */
  private record Job(
      JobDefinition<?> definition, AvroSchemas schemas, JobOptions options, Topics topics) {}

  private JobFile(String name, String yaml, Map<String, String> overrides) {
    this.name = name;
    this.yaml = yaml;
    this.overrides = overrides;
    this.tree = new YamlTree(yaml);
    this.values = new YamlValues(tree);
  }

  /**
   * Reads a file.
   *
   * @param overrides options, by name, that take precedence over the file
   * @throws IOException if it cannot be read
   */
  public static JobFile read(Path file, Map<String, String> overrides) throws IOException {
    String yaml = Files.readString(file, StandardCharsets.UTF_8);
    JobFile read = new JobFile(file.toString(), yaml, overrides);
    read.read(file.toAbsolutePath().getParent(), AvroSchemas.NONE);
    return read;
  }

  /**
   * Reads the text of a file from another machine.
   *
   * @param schemas texts of the Avro schemas that the file names
   */
  static JobFile of(String name, String yaml, AvroSchemas schemas, Map<String, String> overrides) {
    JobFile read = new JobFile(name, yaml, overrides);
    read.read(Path.of(""), schemas);
    return read;
  }

  private void read(Path base, AvroSchemas schemas) {
    if (!tree.isMapping()) {
      return;
    }
    Map<String, String> ownKeys = OptionsSection.ownKeys(values, base, overrides);
    Optional<String> format = values.choice(JobKey.FORMAT);
    Optional<RecordFormat> records =
        format.flatMap(new SourceSection(values, base, schemas)::format);
    Optional<JobDefinition<?>> named = format.flatMap(Jobs::ofFormat);
    if (named.isPresent()) {
      refuseGenericKeys(named.get(), format.get());
    }
    JobDefinition<?> definition =
        named.isPresent() ? named.get() : new SequenceJob(settings(records));
    JobOptions options = OptionsSection.read(values, definition.options(), ownKeys, overrides);
    job =
        Optional.of(
            new Job(
                definition,
                records.map(AvroSchemas::of).orElse(AvroSchemas.NONE),
                options,
                SinksSection.topics(values, options)));
  }

  private void refuseGenericKeys(JobDefinition<?> definition, String format) {
    String expected =
        "no such key with format " + format + ", as the job " + definition.name() + " defines it";
    for (JobKey key : GENERIC_KEYS) {
      if (tree.has(key)) {
        tree.report(
            key.path(),
            key.path().substring(key.path().indexOf('.') + 1),
            expected,
            Advice.hint("Remove it."));
      }
    }
    refuseFields(format);
  }

  private void refuseFields(String format) {
    if (tree.has(FIELDS)) {
      tree.report(
          FIELDS,
          FIELDS,
          "no such section with format " + format + ", whose records have fixed fields",
          Advice.hint("Remove it, or choose the format json or avro."));
    }
  }

  private SequenceSettings settings(Optional<RecordFormat> format) {
    ModelSection model = ModelSection.read(values);
    Optional<EventFields> fields = fields(format);
    if (fields.isPresent() && format.map(RecordFormat::schema).isPresent()) {
      Schema schema = new Schema.Parser().parse(format.get().schema());
      AvroFields.check(schema, fields.get(), values);
    }
    boolean json = values.choice(JobKey.SINK_FORMAT, "avro").equals("json");
    return new SequenceSettings(format, fields, model.answers(), model.windows(), json);
  }

  private Optional<EventFields> fields(Optional<RecordFormat> format) {
    if (format.filter(records -> records.kind() == RecordFormat.Kind.RIFFLE).isPresent()) {
      refuseFields(RecordFormat.Kind.RIFFLE.text());
      return Optional.empty();
    }
    boolean undecided = !tree.has(JobKey.FORMAT) && !tree.has(FIELDS);
    return undecided ? Optional.empty() : FieldsSection.read(values);
  }

  // ---- the result ----

  /** All problems, in the order of the file. */
  public List<Diagnostic> diagnostics() {
    List<Diagnostic> sorted = new ArrayList<>(tree.diagnostics());
    sorted.sort(Comparator.comparingInt(Diagnostic::line).thenComparingInt(Diagnostic::column));
    return sorted;
  }

  /** True if the file describes a job that can run. */
  public boolean isValid() {
    return tree.diagnostics().isEmpty();
  }

  /**
   * Checks that the file has no problems.
   *
   * @throws IllegalArgumentException if it has; the message lists them
   */
  public void requireValid() {
    if (!isValid()) {
      throw new IllegalArgumentException(
          diagnostics().stream()
              .map(problem -> "\n" + problem.at(name))
              .collect(Collectors.joining("", "The job cannot run:", "")));
    }
  }

  /**
   * Loads the model and checks the file against it. Adds what does not fit to the {@link
   * #diagnostics}.
   *
   * @return name and family of the model; empty if it cannot be used
   */
  public Optional<String> checkModel() {
    return job.flatMap(read -> new ModelCheck(read.definition(), read.options(), values).check());
  }

  /**
   * Checks that the schema registry, if the job has one, answers and accepts the credentials.
   *
   * @throws IllegalStateException if not; the message says what to do
   */
  public void requireRegistry() {
    if (definition() instanceof SequenceJob generic) {
      generic.requireRegistry();
    }
  }

  /** True if the model's directory exists on this machine. */
  public boolean hasModel() {
    return job.flatMap(read -> read.options().optional(ModelOptions.MODEL))
        .map(Path::of)
        .filter(Files::isDirectory)
        .isPresent();
  }

  /** Name for messages. */
  public String name() {
    return name;
  }

  /** The job's definition. */
  public JobDefinition<?> definition() {
    return valid().definition();
  }

  /** The job's options; {@link #topics} has the names of its topics. */
  public JobOptions options() {
    return valid().options();
  }

  /** The job's topics. */
  public Topics topics() {
    return valid().topics();
  }

  /**
   * The job between its Kafka topics.
   *
   * @throws IllegalArgumentException if the file has problems; the message lists them
   */
  public StreamJob<?> onKafka() {
    requireValid();
    return definition().onKafka(options(), topics());
  }

  /** Arguments with which {@link SequenceJob#main} runs the job on any machine. */
  public List<String> arguments() {
    Map<String, String> all = new LinkedHashMap<>(overrides);
    all.put(ModelOptions.MODEL.name(), options().get(ModelOptions.MODEL));
    return JobArguments.write(name, yaml, valid().schemas(), all);
  }

  private Job valid() {
    return job.orElseThrow(
        () -> new IllegalStateException("The file " + name + " does not describe a job."));
  }
}
