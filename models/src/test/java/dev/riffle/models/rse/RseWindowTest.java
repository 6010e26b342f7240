package dev.riffle.models.rse;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Settings;
import dev.riffle.models.WindowContract;
import dev.riffle.models.WindowModel;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.weights.Weights;
import java.nio.file.Path;
import java.util.List;

class RseWindowTest extends WindowContract {

  @Override
  protected List<Case> cases() {
    return List.of(
        network("rse-tf-03-heavy-N8-B2-m6-b2", 16),
        network("rse-tf-05-plain-N8-B1-m6-b2", 16),
        network("rse-tf-07-heavy-N16-B1-m6-b1-untiedinner", 16),
        network("rse-torcha-03-N8-B1-m6-b2", 13),
        network("rse-torchb-07-N8-B1-m6-b2", 13),
        new Case("tokens", 20, k -> tokens(k, "rse-tok-01-N8-B2-m8-b1")),
        new Case("music", 512, k -> music(k, "rse-music-01-w512-B2-m8-b2-c2")));
  }

  private static Case network(String golden, int length) {
    return new Case(
        golden, length, k -> Rse.of(k, settings(golden), Weights.of(read(golden).tensors())));
  }

  private static WindowModel tokens(Kernels kernels, String golden) {
    return new RseTokens(kernels, settings(golden), Weights.of(read(golden).tensors()));
  }

  private static WindowModel music(Kernels kernels, String golden) {
    return new RseMusic(kernels, settings(golden), Weights.of(read(golden).tensors()));
  }

  private static Settings settings(String golden) {
    return read(golden).settings().under("hparams");
  }

  private static GoldenCase read(String golden) {
    return GoldenCase.read(Path.of("goldens/rse/" + golden + ".safetensors"));
  }
}
