package dev.riffle.models.families;

import dev.riffle.models.PredictionValues;
import dev.riffle.models.RecurrentModel;
import dev.riffle.models.RecurrentStreamModel;
import dev.riffle.models.Settings;
import dev.riffle.models.weights.ModelDirectory;

/**
 * A family of networks that predict plain values, and that read windows unless it says otherwise.
 */
public abstract class NetworkFamily implements Family<PredictionValues> {
  private final String name;

  /**
   * @param name value of {@code family} in {@code config.json}
   */
  protected NetworkFamily(String name) {
    this.name = name;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final Class<PredictionValues> predictionType() {
    return PredictionValues.class;
  }

  @Override
  public Form form(Settings config) {
    return Form.WINDOWS;
  }

  /** Returns a recurrent network of a directory as a loaded model. */
  protected static LoadedModel<PredictionValues> steps(
      ModelDirectory directory, RecurrentModel network) {
    return new LoadedModel.Steps<>(new RecurrentStreamModel(directory.info(), network));
  }
}
