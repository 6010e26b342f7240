package dev.riffle.dna.readuntil;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.StreamModel;
import dev.riffle.models.families.Families;
import dev.riffle.models.families.Family;
import dev.riffle.models.families.Form;
import dev.riffle.models.families.LoadedModel;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;

/** The family {@code read-until}: {@link ReadUntil}, which needs the references of its user. */
public final class ReadUntilFamily implements Family<ReadVerdict> {
  private static final String NAME = "read-until";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Class<ReadVerdict> predictionType() {
    return ReadVerdict.class;
  }

  @Override
  public Form form(Settings config) {
    return Form.STEPS;
  }

  /**
   * Fails: a model of this family needs references.
   *
   * @throws ModelException always
   */
  @Override
  public LoadedModel<ReadVerdict> load(ModelDirectory directory, Kernels kernels) {
    throw new ModelException(
        String.format(
            "Model %s classifies reads by reference sequences, and none were given. Pass those of"
                + " the targets: run read-until --targets FILE.fasta.",
            directory.label()));
  }

  /**
   * Loads a model that classifies reads by the references of its user.
   *
   * @throws ModelException if the model belongs to another family or cannot be loaded
   */
  public static StreamModel<ReadVerdict> load(
      ModelDirectory directory, References references, SequentialTest test, Kernels kernels) {
    if (!directory.family().equals(NAME)) {
      throw new ModelException(
          String.format(
              "Model %s belongs to the family '%s', expected one of the family '%s'.",
              directory.label(), directory.family(), NAME));
    }
    return Families.loadOnDevice(
        kernels, () -> new ReadUntil(directory, references, test, kernels));
  }

  /** Describes the network behind the references. */
  @Override
  public Description describe(ModelDirectory directory, Kernels kernels, int length) {
    return ReadUntil.describe(directory, kernels, length);
  }

  @Override
  public void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    ReadUntilGolden.check(golden, kernels, report);
  }
}
