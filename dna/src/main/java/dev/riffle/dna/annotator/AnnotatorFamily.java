package dev.riffle.dna.annotator;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.Settings;
import dev.riffle.models.families.Family;
import dev.riffle.models.families.Form;
import dev.riffle.models.families.LoadedModel;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;

/** The family {@code dna-annotator}: {@link Annotator}. */
public final class AnnotatorFamily implements Family<Gene> {
  @Override
  public String name() {
    return "dna-annotator";
  }

  @Override
  public Class<Gene> predictionType() {
    return Gene.class;
  }

  @Override
  public Form form(Settings config) {
    return Form.STEPS;
  }

  @Override
  public LoadedModel<Gene> load(ModelDirectory directory, Kernels kernels) {
    return new LoadedModel.Steps<>(new Annotator(directory, kernels));
  }

  /** Describes an annotator; a step is a token. */
  @Override
  public Description describe(ModelDirectory directory, Kernels kernels, int length) {
    return new Annotator(directory, kernels).describe(length);
  }

  @Override
  public void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    AnnotatorGolden.check(golden, kernels, report);
  }
}
