package dev.riffle.jobs;

import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionGroup;
import dev.riffle.jobs.options.OptionSet;
import dev.riffle.jobs.stream.EventInput;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.InputOptions;
import dev.riffle.jobs.stream.InputRecord;
import dev.riffle.jobs.stream.KafkaEndpoints;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.OperatorOptions;
import dev.riffle.jobs.stream.Sinks;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.operators.ModelSource;
import dev.riffle.operators.OutputMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.connector.source.Source;

/**
 * Defines one job: its name, its options and defaults, how it reads records, the model that
 * computes, and how predictions become output records. The command line, job files, submission to a
 * cluster and the documentation read this definition.
 *
 * <p>To add a job, write one package with a subclass and register the subclass in {@code
 * META-INF/services/dev.riffle.jobs.JobDefinition}.
 *
 * @param <O> what the model predicts
 */
public abstract class JobDefinition<O> {
  /** Options that every job takes. */
  public static final List<OptionGroup> COMMON_OPTIONS =
      List.of(
          KafkaOptions.GROUP,
          ModelOptions.GROUP,
          FlinkOptions.GROUP,
          OperatorOptions.GROUP,
          InputOptions.GROUP);

  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(30);

  private final JobProfile profile;

  protected JobDefinition(JobProfile profile) {
    this.profile = profile;
  }

  /** Type of the predictions, which the model has to produce. */
  public abstract Class<O> predictionType();

  /** Converts the records of the input topic to steps. */
  public abstract EventInput input(JobOptions options);

  /** The model, as each task loads it. */
  public abstract ModelSource<O> model(JobOptions options);

  /** Converts predictions to the records of the output topics. */
  public abstract OutputMapper<O> output(JobOptions options);

  /** Options that only this job takes. */
  public List<OptionGroup> ownOptions() {
    return List.of();
  }

  /** Directories of all models that the job loads, for a check before it starts. */
  public List<String> modelDirectories(JobOptions options) {
    return List.of(options.get(ModelOptions.MODEL));
  }

  /** Name of the job as Flink displays it. */
  protected String title(JobOptions options) {
    return "riffle " + KafkaOptions.streamName(options) + " " + name();
  }

  /** Name on the command line, such as {@code read-until}. */
  public final String name() {
    return profile.name();
  }

  /** What the job does, in one sentence. */
  public final String summary() {
    return profile.summary();
  }

  /** The model that ships with Riffle for this job, relative to the installation. */
  public final Optional<String> shippedModel() {
    return profile.shippedModel();
  }

  /** Value of {@code source.format} in a job file that chooses this job. */
  public Optional<String> recordFormat() {
    return Optional.empty();
  }

  /** All options that the job takes: the common ones and its own, with the job's defaults. */
  public final OptionSet options() {
    List<OptionGroup> groups = new ArrayList<>(COMMON_OPTIONS);
    groups.addAll(ownOptions());
    OptionSet options = new OptionSet(groups, Jobs::ownerOf);
    return profile
        .defaultStream()
        .map(stream -> options.withDefault(KafkaOptions.STREAM, stream))
        .orElse(options);
  }

  /**
   * Reads options from a command line.
   *
   * @throws IllegalArgumentException as {@link OptionSet#parse}
   */
  public final JobOptions parse(String... arguments) {
    return options().parse(arguments);
  }

  /**
   * The job between the Kafka topics that the options name.
   *
   * @throws IllegalArgumentException if a required option has no value
   */
  public final StreamJob<O> onKafka(JobOptions options) {
    return onKafka(options, Topics.of(options));
  }

  /** The job between other Kafka topics. */
  public final StreamJob<O> onKafka(JobOptions options, Topics topics) {
    KafkaEndpoints endpoints = new KafkaEndpoints(options, topics);
    return between(endpoints.source(input(options)), endpoints.sinks(), options);
  }

  /** The job between any source and sinks. */
  public final StreamJob<O> between(
      Source<InputRecord, ?, ?> source, Sinks sinks, JobOptions options) {
    options.checkRequired();
    return new StreamJob<>(
        new StreamJob.Names(title(options), profile.source(), profile.operator()),
        source,
        model(options),
        output(options),
        sinks,
        options);
  }

  /**
   * Runs the job on the cluster that calls this, or in this JVM, until it ends.
   *
   * @param arguments {@code --name value} for each option that does not have its default
   */
  protected final void execute(String... arguments) throws Exception {
    JobOptions options = parse(arguments);
    execute(options, Topics.of(options));
  }

  /** Runs the job between other Kafka topics until it ends. */
  public final void execute(JobOptions options, Topics topics) throws Exception {
    options.checkRequired();
    topics.require(options.get(KafkaOptions.BOOTSTRAP), BROKER_TIMEOUT);
    StreamJob<O> job = onKafka(options, topics);
    job.environment().execute(job.name());
  }
}
