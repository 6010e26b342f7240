package dev.riffle.jobs.annotation;

import dev.riffle.dna.annotator.Gene;
import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.JobProfile;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.jobs.stream.EventInput;
import dev.riffle.jobs.stream.InputOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.operators.ModelSource;
import dev.riffle.operators.OutputMapper;
import java.util.Optional;

/** Finds genes in DNA. */
public final class AnnotationJob extends JobDefinition<Gene> {
  public AnnotationJob() {
    super(
        new JobProfile(
            "annotation",
            "Find genes in DNA.",
            Optional.of("dna"),
            Optional.of("demo/models/dna-annotator/1"),
            "reads",
            "annotate"));
  }

  @Override
  public Optional<String> recordFormat() {
    return Optional.of("reads");
  }

  @Override
  public Class<Gene> predictionType() {
    return Gene.class;
  }

  @Override
  public EventInput input(JobOptions options) {
    return ReadInput.ofBases(InputOptions.limits(options));
  }

  @Override
  public ModelSource<Gene> model(JobOptions options) {
    return DirectoryModel.ofSteps(
        options.get(ModelOptions.MODEL), options.get(ModelOptions.BACKEND), Gene.class);
  }

  @Override
  public OutputMapper<Gene> output(JobOptions options) {
    return new GeneMapper();
  }

  /** Entry point for clusters; {@code arguments} are the job's options. */
  public static void main(String[] arguments) throws Exception {
    new AnnotationJob().execute(arguments);
  }
}
