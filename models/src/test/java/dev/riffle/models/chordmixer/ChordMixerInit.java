package dev.riffle.models.chordmixer;

import dev.riffle.models.chordmixer.ChordMixerConfig.Embedding;
import dev.riffle.models.chordmixer.ChordMixerConfig.NormKind;
import dev.riffle.models.weights.SafetensorsWriter;
import java.util.Arrays;
import java.util.Random;

/**
 * Weights before training, as the reference draws them: linear layers uniformly (Glorot and Bengio
 * 2010) with biases of 0, embeddings normally with a row of zeros for token 0, norms that change
 * nothing. Sizes and speed of an untrained model are those of a trained one.
 */
public final class ChordMixerInit {
  private final Random random;
  private final SafetensorsWriter file = new SafetensorsWriter();

  private ChordMixerInit(long seed) {
    this.random = new Random(seed);
  }

  /** Draws all weights of a model, under their names; the same seed gives the same weights. */
  public static SafetensorsWriter draw(ChordMixerConfig config, long seed) {
    ChordMixerInit init = new ChordMixerInit(seed);
    int width = config.width();
    if (config.embedding() == Embedding.TOKENS) {
      init.table(config.inputSize(), width);
    } else {
      init.linear("embedding.", config.inputSize(), width);
    }
    for (int i = 0; i < config.layers(); i++) {
      String block = "encoder.chordmixer_blocks." + i + ".";
      init.norm(block + "prenorm.", config.prenorm(), width);
      init.linear(block + "mix.fc1.", width, config.hiddenSize());
      init.linear(block + "mix.fc2.", config.hiddenSize(), width);
      init.norm(block + "norm.", config.norm(), width);
    }
    if (config.decoder()) {
      init.linear("decoder.decoder.", width, config.outputSize());
    }
    return init.file;
  }

  private void table(int entries, int width) {
    float[] rows = new float[entries * width];
    for (int i = width; i < rows.length; i++) {
      rows[i] = (float) random.nextGaussian();
    }
    file.add("embedding.weight", rows, entries, width);
  }

  private void linear(String name, int inputs, int outputs) {
    float[] weight = new float[inputs * outputs];
    double bound = Math.sqrt(6.0 / (inputs + outputs));
    for (int i = 0; i < weight.length; i++) {
      weight[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    file.add(name + "weight", weight, outputs, inputs)
        .add(name + "bias", new float[outputs], outputs);
  }

  private void norm(String name, NormKind kind, int width) {
    if (kind == NormKind.NONE) {
      return;
    }
    float[] ones = new float[width];
    Arrays.fill(ones, 1);
    String part =
        switch (kind) {
          case BN -> name + "bn.";
          case GN -> name + "gn.";
          default -> name;
        };
    file.add(part + "weight", ones, width).add(part + "bias", new float[width], width);
    if (kind == NormKind.BN) {
      file.add(part + "running_mean", new float[width], width)
          .add(part + "running_var", ones, width);
    }
  }
}
