package dev.riffle.jobs.readuntil;

import dev.riffle.dna.readuntil.ReadVerdict;
import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.JobProfile;
import dev.riffle.jobs.annotation.ReadInput;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionGroup;
import dev.riffle.jobs.stream.EventInput;
import dev.riffle.jobs.stream.InputOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.operators.ModelSource;
import dev.riffle.operators.OutputMapper;
import java.util.List;
import java.util.Optional;

/** Decides for each read whether a sequencer should continue with it: adaptive sampling. */
public final class ReadUntilJob extends JobDefinition<ReadVerdict> {
  public ReadUntilJob() {
    super(
        new JobProfile(
            "read-until",
            "Decide which reads a sequencer should finish (adaptive sampling).",
            Optional.of("reads"),
            Optional.of("demo/models/read-until/1"),
            "reads",
            "decide"));
  }

  @Override
  public Class<ReadVerdict> predictionType() {
    return ReadVerdict.class;
  }

  @Override
  public List<OptionGroup> ownOptions() {
    return List.of(ReadUntilOptions.GROUP);
  }

  @Override
  public EventInput input(JobOptions options) {
    return ReadInput.ofCalls(InputOptions.limits(options));
  }

  @Override
  public ModelSource<ReadVerdict> model(JobOptions options) {
    return new ReadUntilModel(
        options.get(ModelOptions.MODEL),
        options.get(ReadUntilOptions.TARGETS),
        options.optional(ReadUntilOptions.BACKGROUND).orElse(""),
        ReadUntilOptions.test(options),
        options.get(ModelOptions.BACKEND));
  }

  @Override
  public OutputMapper<ReadVerdict> output(JobOptions options) {
    return new DecisionMapper(
        ReadUntilOptions.enriches(options), options.get(ReadUntilOptions.AT_MAX_BASES));
  }

  /** Entry point for clusters; {@code arguments} are the job's options. */
  public static void main(String[] arguments) throws Exception {
    new ReadUntilJob().execute(arguments);
  }
}
