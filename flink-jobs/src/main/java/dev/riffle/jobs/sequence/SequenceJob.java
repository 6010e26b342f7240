package dev.riffle.jobs.sequence;

import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.JobProfile;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.registry.RegistryAccess;
import dev.riffle.jobs.registry.RegistryClient;
import dev.riffle.jobs.registry.RegistryException;
import dev.riffle.jobs.registry.Retries;
import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.jobs.stream.InputOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.models.PredictionValues;
import dev.riffle.operators.ModelSource;
import dev.riffle.operators.OutputMapper;
import java.util.Optional;

/** Runs any model on any topic, as a job file describes. */
public final class SequenceJob extends JobDefinition<PredictionValues> {
  private final SequenceSettings settings;

  SequenceJob(SequenceSettings settings) {
    super(
        new JobProfile(
            "sequence",
            "Runs any model on any topic, as a job file describes.",
            Optional.empty(),
            Optional.empty(),
            "events",
            "model"));
    this.settings = settings;
  }

  SequenceSettings settings() {
    return settings;
  }

  @Override
  protected String title(JobOptions options) {
    return "riffle " + KafkaOptions.streamName(options);
  }

  @Override
  public Class<PredictionValues> predictionType() {
    return PredictionValues.class;
  }

  @Override
  public SequenceInput input(JobOptions options) {
    return new SequenceInput(
        settings.format().orElseThrow(),
        settings.fields().orElse(null),
        InputOptions.limits(options));
  }

  @Override
  public ModelSource<PredictionValues> model(JobOptions options) {
    return new SequenceModel(
        new DirectoryModel<>(
            options.get(ModelOptions.MODEL),
            options.get(ModelOptions.BACKEND),
            PredictionValues.class,
            settings.windows().orElse(null)),
        settings.answers());
  }

  @Override
  public OutputMapper<PredictionValues> output(JobOptions options) {
    return new PredictionMapper(settings.jsonOutput());
  }

  /**
   * Checks that the schema registry, if the job has one, answers and accepts the credentials.
   *
   * @throws IllegalStateException if not; the message says what to do
   */
  void requireRegistry() {
    Optional<RegistryAccess> access = settings.format().map(RecordFormat::registry);
    try {
      if (access.isPresent()) {
        new RegistryClient(access.get(), Retries.STARTING).check();
      }
    } catch (RegistryException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  /**
   * Entry point for clusters.
   *
   * @param arguments the path of a job file, then {@code --name=value} for each option that takes
   *     precedence over the file; or the result of {@link JobFile#arguments}
   */
  public static void main(String[] arguments) throws Exception {
    JobFile file = JobArguments.read(arguments);
    file.requireValid();
    file.requireRegistry();
    file.definition().execute(file.options(), file.topics());
  }
}
