package dev.riffle.music.transcriber;

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

/** The family {@code lru-transcriber}: {@link Transcriber}. */
public final class TranscriberFamily implements Family<Note> {
  static final String NAME = "lru-transcriber";

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

  @Override
  public LoadedModel<Note> load(ModelDirectory directory, Kernels kernels) {
    return new LoadedModel.Steps<>(new Transcriber(directory, kernels));
  }

  /**
   * Loads a transcriber whose notes are revised by a second pass.
   *
   * @throws ModelException if the first directory is no transcriber, if the second is no second
   *     pass for it, or if one of them cannot be loaded
   */
  public static StreamModel<Note> load(
      ModelDirectory transcriber, ModelDirectory secondPass, Kernels kernels) {
    if (!transcriber.family().equals(NAME)) {
      throw new ModelException(
          String.format(
              "Model %s belongs to the family '%s', but the second pass %s follows a model of the"
                  + " family '%s'. Use such a model, or remove the second pass.",
              transcriber.label(), transcriber.family(), secondPass.label(), NAME));
    }
    return Families.loadOnDevice(kernels, () -> new Transcriber(transcriber, secondPass, kernels));
  }

  /** Describes a transcriber; a step is a frame, without the cost of its spectra. */
  @Override
  public Description describe(ModelDirectory directory, Kernels kernels, int length) {
    return new Transcriber(directory, kernels).describe(length);
  }

  @Override
  public void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    TranscriberGolden.check(golden, kernels, report);
  }
}
