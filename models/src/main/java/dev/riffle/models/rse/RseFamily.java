package dev.riffle.models.rse;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.Settings;
import dev.riffle.models.WindowModel;
import dev.riffle.models.families.ConvertedModel;
import dev.riffle.models.families.Families;
import dev.riffle.models.families.LoadedModel;
import dev.riffle.models.families.NetworkFamily;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import java.util.List;

/** The family {@code rse}: residual shuffle-exchange networks, over windows. */
public final class RseFamily extends NetworkFamily {
  /** Creates the family; {@link Families} discovers it. */
  public RseFamily() {
    super("rse");
  }

  @Override
  public LoadedModel<PredictionValues> load(ModelDirectory directory, Kernels kernels) {
    return new LoadedModel.Windows<>(model(directory, kernels.forWindows()));
  }

  @Override
  public Description describe(ModelDirectory directory, Kernels kernels, int length) {
    return switch (directory.config().text("variant")) {
      case "tf-token", "tf-lambada" -> tokens(directory, kernels).describe(length);
      case "tf-musicnet" -> music(directory, kernels).describe(length);
      default -> {
        Rse network = network(directory, kernels);
        int window = length == 0 ? network.length() : length;
        int padded = network.paddedLength(window);
        yield Description.windowed(
            network, network.depth(padded), window, network.multiplyAdds(padded));
      }
    };
  }

  private static WindowModel model(ModelDirectory directory, Kernels kernels) {
    return switch (directory.config().text("variant")) {
      case "tf-token", "tf-lambada" -> tokens(directory, kernels);
      case "tf-musicnet" -> music(directory, kernels);
      default -> network(directory, kernels);
    };
  }

  /** The bare network of a directory, of variant tf, torch-a or torch-b. */
  public static Rse network(ModelDirectory directory, Kernels kernels) {
    return Rse.of(kernels, directory.config(), directory.weights());
  }

  /** The model of tokens of a directory, of variant tf-token or tf-lambada. */
  public static RseTokens tokens(ModelDirectory directory, Kernels kernels) {
    Settings settings = variant(directory, "tf-token", "tf-lambada");
    return new RseTokens(kernels, settings, directory.weights());
  }

  /** The model of MusicNet of a directory, of variant tf-musicnet. */
  public static RseMusic music(ModelDirectory directory, Kernels kernels) {
    return new RseMusic(kernels, variant(directory, "tf-musicnet"), directory.weights());
  }

  private static Settings variant(ModelDirectory directory, String... variants) {
    Settings settings = directory.config();
    if (!List.of(variants).contains(settings.text("variant"))) {
      throw settings.expected(String.join(" or ", variants) + " here", "variant");
    }
    return settings;
  }

  @Override
  public void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    RseGolden.check(golden, kernels, report);
  }

  @Override
  public ConvertedModel convert(String variant, Settings config, Safetensors weights) {
    return RseConvention.to(variant, config, weights);
  }
}
