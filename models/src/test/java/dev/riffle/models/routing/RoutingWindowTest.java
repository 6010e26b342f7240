package dev.riffle.models.routing;

import dev.riffle.models.WindowContract;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.weights.Weights;
import java.nio.file.Path;
import java.util.List;

class RoutingWindowTest extends WindowContract {

  @Override
  protected List<Case> cases() {
    return List.of(
        golden("routing-06-T50-B2-lm-causal-unshared-mem1", 30),
        golden("routing-08-T64-B1-lm-noncausal-local1", 21),
        golden("routing-24-T40-B1-lm-pkm2020", 20),
        golden("routing-20-T64-B1-rt-plain", 25));
  }

  private static Case golden(String name, int length) {
    GoldenCase golden = GoldenCase.read(Path.of("goldens/routing/" + name + ".safetensors"));
    return new Case(
        name,
        length,
        k ->
            new RoutingTransformer(
                k, golden.settings().under("hparams"), Weights.of(golden.tensors())));
  }
}
