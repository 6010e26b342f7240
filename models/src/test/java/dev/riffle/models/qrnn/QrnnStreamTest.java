package dev.riffle.models.qrnn;

import dev.riffle.models.RecurrentContract;
import java.util.List;

class QrnnStreamTest extends RecurrentContract {

  @Override
  protected List<Case> cases() {
    return DrawnQrnn.CONFIGS.stream()
        .map(config -> new Case(config.toString(), kernels -> DrawnQrnn.draw(kernels, config)))
        .toList();
  }
}
