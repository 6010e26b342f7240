package dev.riffle.models.chordmixer;

import dev.riffle.models.WindowContract;
import dev.riffle.models.chordmixer.ChordMixerConfig.Embedding;
import dev.riffle.models.chordmixer.ChordMixerConfig.NormKind;
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
            new ChordMixerConfig(
                3, 5, 20, 4, 10, Embedding.FEATURES, true, NormKind.LN, NormKind.GN, false)),
        drawn(
            "tokens of variable length",
            21,
            new ChordMixerConfig(
                7, 5, 32, 3, 7, Embedding.TOKENS, true, NormKind.LN, NormKind.LN, true)),
        drawn(
            "the mean alone",
            40, // longer than max_seq_len, as the reference allows
            new ChordMixerConfig(
                2, 5, 9, 5, 9, Embedding.FEATURES, false, NormKind.GN, NormKind.BN, false)));
  }

  private static Case drawn(String name, int length, ChordMixerConfig config) {
    Safetensors weights =
        Safetensors.parse(ChordMixerInit.draw(config, 3).toBytes(), "drawn weights");
    return new Case(name, length, k -> new ChordMixer(k, config, Weights.of(weights)));
  }
}
