package dev.riffle.models.chordmixer;

import dev.riffle.models.WindowContract;
import dev.riffle.models.chordmixer.ChordMixer.Config;
import dev.riffle.models.chordmixer.ChordMixer.Embedding;
import dev.riffle.models.chordmixer.ChordMixer.NormKind;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.util.List;

class ChordMixerWindowTest extends WindowContract {

  @Override
  protected List<Case> cases() {
    return List.of(
        drawn(
            "features",
            13,
            new Config(3, 5, 20, 4, 10, Embedding.FEATURES, true, NormKind.LN, NormKind.GN, false)),
        drawn(
            "tokens of variable length",
            21,
            new Config(7, 5, 32, 3, 7, Embedding.TOKENS, true, NormKind.LN, NormKind.LN, true)),
        drawn(
            "the mean alone",
            40, // longer than max_seq_len, as the reference allows
            new Config(2, 5, 9, 5, 9, Embedding.FEATURES, false, NormKind.GN, NormKind.BN, false)));
  }

  private static Case drawn(String name, int length, Config config) {
    Safetensors weights =
        Safetensors.parse(ChordMixerInit.draw(config, 3).toBytes(), "drawn weights");
    return new Case(name, length, k -> new ChordMixer(k, config, Weights.of(weights)));
  }
}
