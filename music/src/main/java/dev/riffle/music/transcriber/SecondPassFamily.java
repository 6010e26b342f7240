package dev.riffle.music.transcriber;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.families.Family;
import dev.riffle.models.families.Form;
import dev.riffle.models.families.LoadedModel;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.rse.RseFamily;
import dev.riffle.models.weights.ModelDirectory;

/**
 * The family {@code rse-second-pass}: {@link SecondPass}, which revises the notes of a transcriber
 * and cannot be used without one.
 */
public final class SecondPassFamily implements Family<Note> {
  static final String NAME = "rse-second-pass";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Class<Note> predictionType() {
    return Note.class;
  }

  @Override
  public Form form(Settings config) {
    return Form.STEPS;
  }

  /**
   * Fails: a second pass needs the notes of a transcriber.
   *
   * @throws ModelException always
   */
  @Override
  public LoadedModel<Note> load(ModelDirectory directory, Kernels kernels) {
    throw new ModelException(
        String.format(
            "Model %s is a second pass, which revises the notes of a transcriber and reads no sound"
                + " itself. Use a transcriber as the model, and pass this one as --second-pass.",
            directory.label()));
  }

  /** Describes the network, which reads windows. */
  @Override
  public Description describe(ModelDirectory directory, Kernels kernels, int length) {
    return new RseFamily().describe(directory, kernels, length);
  }

  @Override
  public void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    SecondPassGolden.check(golden, kernels, report);
  }
}
