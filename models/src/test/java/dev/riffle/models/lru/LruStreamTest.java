package dev.riffle.models.lru;

import dev.riffle.models.RecurrentContract;
import java.util.List;

class LruStreamTest extends RecurrentContract {

  @Override
  protected List<Case> cases() {
    return DrawnLru.CONFIGS.stream()
        .map(config -> new Case(config.toString(), kernels -> DrawnLru.draw(kernels, config)))
        .toList();
  }
}
