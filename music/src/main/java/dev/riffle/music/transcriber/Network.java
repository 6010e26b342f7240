package dev.riffle.music.transcriber;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Constants.Index;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentModel;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.lru.LruLayer;
import dev.riffle.models.lru.Norm;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;

/**
 * Computes probabilities from features, frame by frame (docs/lru-transcriber.md, section 4).
 *
 * <pre>
 *   features [2, 294] -> harmonic stack -> octaves = z [88, 16]      per pitch, no state
 *        z -> encode -> three LRU layers -> spread = c [88, 8]       across pitches
 *        [z, c] -> join -> pitch layer = v [88, 16]                  one state per pitch
 *        [z, v] -> hidden -> heads [88, 3]                           onset, frame, velocity
 * </pre>
 *
 * <p>Immutable and shared by all threads.
 */
final class Network implements RecurrentModel {
  private final Kernels kernels;
  private final int pitches;
  private final int features;
  private final TranscriberConfig.Stack s;
  private final TranscriberConfig.Network n;

  private final Index stackIndex;
  private final Linear stack;
  private final Index octavesIndex;
  private final Linear octaves;
  private final Index encodeIndex;
  private final Linear encode;
  private final LruLayer[] layers; // the pitch layer last
  private final Norm norm;
  private final Linear spread;
  private final Linear join;
  private final Linear hidden;
  private final Linear heads;
  private final Tensor ones; // [pitches, 3]
  private final Tensor pitchBias; // [pitches, 3]

  Network(Kernels kernels, TranscriberConfig config, Weights w) {
    this.kernels = kernels;
    pitches = config.pitches();
    features = config.audio().windows().length * config.spectrum().count();
    s = config.stack();
    n = config.network();

    // the weights come first: their shapes show that the sizes of the other arrays are possible
    pitchBias = kernels.constant(w.require("pitch_bias", pitches, NoteProbabilities.PER_PITCH));
    int channels = s.shifts().length * config.audio().windows().length;
    stack = linear(w, "stack", s.channels(), channels, s.kernel());
    stackIndex = stackIndex(config);
    octaves = linear(w, "octaves", s.octaveChannels(), s.channels(), s.octaveKernel());
    octavesIndex = octavesIndex();
    encode = linear(w, "encode", n.width(), pitches * n.encodedChannels());
    encodeIndex = encodeIndex();
    layers = new LruLayer[n.layers() + 1];
    for (int k = 0; k < n.layers(); k++) {
      layers[k] = layer(w.under("layers." + k + "."), n.width(), n.state(), n.epsilon(), 1);
    }
    layers[n.layers()] =
        layer(w.under("pitch_layer."), n.pitchWidth(), n.pitchState(), n.pitchEpsilon(), pitches);
    norm = norm(w.under("norm."), n.width(), n.epsilon());
    spread = linear(w, "spread", pitches * n.spread(), n.width());
    join = linear(w, "join", n.pitchWidth(), s.octaveChannels() + n.spread());
    hidden = linear(w, "hidden", n.hidden(), s.octaveChannels() + n.pitchWidth());
    heads = linear(w, "heads", NoteProbabilities.PER_PITCH, n.hidden());
    double[] one = new double[pitches * NoteProbabilities.PER_PITCH];
    Arrays.fill(one, 1);
    ones = kernels.constant(one);
  }

  /** The tensors {@code name.weight}, of this shape with the outputs first, and its bias. */
  private Linear linear(Weights w, String name, int... shape) {
    double[] weight = w.require(name + ".weight", shape);
    double[] bias = w.require(name + ".bias", shape[0]);
    return kernels.linear(weight, bias, shape[0], weight.length / shape[0]);
  }

  private Norm norm(Weights w, int width, double epsilon) {
    return Norm.layer(kernels, w.require("weight", width), w.require("bias", width), epsilon);
  }

  private LruLayer layer(Weights w, int width, int state, double epsilon, int groups) {
    LruLayer.Parameters parameters =
        LruLayer.Parameters.of(
            w,
            width,
            state,
            w.require("out1.weight", width, width),
            w.require("out1.bias", width),
            w.require("out2.weight", width, width),
            w.require("out2.bias", width));
    Norm before = norm(w.under("norm."), width, epsilon);
    return new LruLayer(kernels, parameters, before, true, groups);
  }

  /**
   * Inputs of a pitch from the shifted spectra: {@code [pitches, shifts, windows, kernel]}.
   *
   * <pre>
   *   G(k, c, j) = 0 if j is not in the stacked channel, else P(c, j + shift_k),  j = 3p - 1 + i
   *   P(c, j)    = features[c][j], or `outside` of an out-of-range bin
   * </pre>
   */
  private Index stackIndex(TranscriberConfig config) {
    int bins = config.spectrum().count();
    int windows = config.audio().windows().length;
    int[] entries = new int[pitches * s.shifts().length * windows * s.kernel()];
    int at = 0;
    for (int p = 0; p < pitches; p++) {
      for (int shift : s.shifts()) {
        for (int c = 0; c < windows; c++) {
          for (int i = 0; i < s.kernel(); i++) {
            int j = s.stride() * p - s.padding() + i;
            int bin = j + shift;
            if (j < 0 || j >= s.stride() * pitches) {
              entries[at++] = -1; // constant 0: zero
            } else if (bin < 0 || bin >= bins) {
              entries[at++] = -2; // constant 1: outside
            } else {
              entries[at++] = c * bins + bin;
            }
          }
        }
      }
    }
    return kernels.index(entries, new double[] {0, s.outside()}, features);
  }

  /** Inputs of a pitch from its octaves: {@code [pitches, channels, kernel]}; 0 if out of range. */
  private Index octavesIndex() {
    int[] entries = new int[pitches * s.channels() * s.octaveKernel()];
    int at = 0;
    for (int p = 0; p < pitches; p++) {
      for (int c = 0; c < s.channels(); c++) {
        for (int i = 0; i < s.octaveKernel(); i++) {
          int q = p + s.octaveDilation() * (i - s.octaveKernel() / 2);
          entries[at++] = q < 0 || q >= pitches ? -1 : q * s.channels() + c;
        }
      }
    }
    return kernels.index(entries, new double[] {0}, pitches * s.channels());
  }

  /** The first channels of each pitch: {@code [pitches, encoded channels]}. */
  private Index encodeIndex() {
    int[] entries = new int[pitches * n.encodedChannels()];
    for (int j = 0; j < entries.length; j++) {
      int pitch = j / n.encodedChannels();
      entries[j] = pitch * s.octaveChannels() + j % n.encodedChannels();
    }
    return kernels.index(entries, new double[0], pitches * s.octaveChannels());
  }

  /** Number of multiply-adds of the linear maps for one frame. */
  long multiplyAdds() {
    long perPitch = size(stack) + size(octaves) + size(join) + size(hidden) + size(heads);
    long layered = Arrays.stream(layers).mapToLong(LruLayer::multiplyAdds).sum();
    return pitches * perPitch + size(encode) + layered + size(spread);
  }

  private static long size(Linear linear) {
    return (long) linear.inputs() * linear.outputs();
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  /** {@code [windows, bins]} features of a frame. */
  @Override
  public int inputs() {
    return features;
  }

  /** {@code [pitches, 3]}, see {@link NoteProbabilities}. */
  @Override
  public int[] outputShape() {
    return new int[] {pitches, NoteProbabilities.PER_PITCH};
  }

  /** One part per layer, {@code [groups, 2, n]}, the pitch layer last. */
  @Override
  public int[] stateSizes() {
    return Arrays.stream(layers).mapToInt(LruLayer::stateSize).toArray();
  }

  @Override
  public void advance(
      Block block, RecurrentState state, PredictAt predictAt, Tensor y, Scratch work) {
    int rows = block.rows();
    int keys = rows * pitches; // rows of the operations per pitch

    // 4.1 u = relu(stack G + bias)
    int seen = stackIndex.outputs() / pitches;
    Tensor g = work.tensor("gathered", keys * seen);
    Tensor u = work.tensor("u", keys * s.channels());
    kernels.gather(stackIndex, block.x(), g, rows);
    kernels.linear(stack, g, u, keys);
    kernels.activate(Activation.RELU, u, u, keys * s.channels());

    // 4.2 z = relu(octaves [u of the pitch's octaves] + bias)
    int around = octavesIndex.outputs() / pitches;
    g = work.tensor("gathered", keys * around);
    Tensor z = work.tensor("z", keys * s.octaveChannels());
    kernels.gather(octavesIndex, u, g, rows);
    kernels.linear(octaves, g, z, keys);
    kernels.activate(Activation.RELU, z, z, keys * s.octaveChannels());
    work.show("local", z, keys, s.octaveChannels());

    // 4.3 h = encode [first channels of z]
    Tensor a = work.tensor("a", keys * n.encodedChannels());
    Tensor h = work.tensor("h", rows * n.width());
    kernels.gather(encodeIndex, z, a, rows);
    kernels.linear(encode, a, h, rows);

    // 4.4
    for (int k = 0; k < n.layers(); k++) {
      layers[k].advance(h, block.sequences(), state.part(k), work);
    }

    // 4.5 v = join [z, spread norm(h)]
    Tensor c = work.tensor("c", keys * n.spread());
    Tensor joined = work.tensor("joined", keys * (s.octaveChannels() + n.spread()));
    Tensor v = work.tensor("v", keys * n.pitchWidth());
    norm.apply(h, h, rows);
    kernels.linear(spread, h, c, rows);
    kernels.concat(z, s.octaveChannels(), c, n.spread(), joined, keys);
    kernels.linear(join, joined, v, keys);

    // 4.6
    layers[n.layers()].advance(v, block.sequences(), state.part(n.layers()), work);

    // 4.7 r = heads relu(hidden [z, v]) + pitch bias
    joined = work.tensor("joined", keys * (s.octaveChannels() + n.pitchWidth()));
    Tensor q = work.tensor("q", keys * n.hidden());
    int outputs = pitches * NoteProbabilities.PER_PITCH; // of a frame
    Tensor r = work.tensor("r", rows * outputs);
    kernels.concat(z, s.octaveChannels(), v, n.pitchWidth(), joined, keys);
    kernels.linear(hidden, joined, q, keys);
    kernels.activate(Activation.RELU, q, q, keys * n.hidden());
    kernels.linear(heads, q, r, keys);
    kernels.affine(ones, pitchBias, r, r, rows, outputs);
    work.show("logits", r, rows, outputs);
    kernels.activate(Activation.SIGMOID, r, r, rows * outputs);
    copyPredictions(block, predictAt, r, y);
    state.count(block);
  }

  /** Copies the predictions of the requested steps. */
  private void copyPredictions(Block block, PredictAt predictAt, Tensor r, Tensor y) {
    switch (predictAt) {
      case EVERY_STEP -> kernels.copy(r, 0, y, 0, block.rows() * outputs());
      case LAST_STEP -> block.lastRows(kernels, r, y, outputs());
      case NO_STEP -> {}
    }
  }
}
