package dev.riffle.benchmarks;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Kernels.Linear;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.chordmixer.ChordMixer;
import dev.riffle.models.chordmixer.ChordMixerInit;
import dev.riffle.models.rse.Rse;
import dev.riffle.models.rse.RseInit;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A model, its weights and a window, in files that all peers read.
 *
 * @param family {@code chordmixer} or {@code rse}
 * @param weights before training, safetensors
 * @param window values from -1 to 1, {@code [length, features]}, little-endian floats
 * @param x the same values
 * @param outputs values of the answer
 */
record WindowCase(
    String family, Path weights, Path window, float[] x, int length, int features, int outputs) {
  private static final long SEED = 1919;
  private static final int CHORD_LENGTH = 8192;
  private static final int RSE_LENGTH = 2048;
  private static final int RSE_WIDTH = 192;
  private static final String RSE =
      "{\"variant\": \"tf\", \"network\": \"heavy\", \"num_units\": 192, \"n_blocks\": 2,"
          + " \"length\": 2048}";

  /** A model on one backend. */
  interface Model {
    /** Runs the window; what comes back holds the answer first. */
    Tensor run(Tensor x, Scratch work);
  }

  /** Matrix products of equal shape: {@code times} over {@code rows} rows. */
  record Product(Linear weights, int rows, int times) {}

  static WindowCase of(String family) throws IOException {
    Path weights = Checkout.target(family + ".safetensors");
    switch (family) {
      case "chordmixer" -> ChordMixerInit.draw(chord(), SEED).write(weights);
      case "rse" -> RseInit.draw(rse(), SEED).write(weights);
      default ->
          throw new IllegalArgumentException("A family is chordmixer or rse but not " + family);
    }
    boolean chord = family.equals("chordmixer");
    int length = chord ? CHORD_LENGTH : RSE_LENGTH;
    int features = chord ? chord().inputSize() : RSE_WIDTH;
    float[] x = new float[length * features];
    Random random = new Random(SEED);
    for (int i = 0; i < x.length; i++) {
      x[i] = 2 * random.nextFloat() - 1;
    }
    ByteBuffer bytes = ByteBuffer.allocate(x.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(x);
    Path window = Checkout.target(family + ".f32");
    Files.write(window, bytes.array());
    int outputs = chord ? chord().outputSize() : x.length;
    return new WindowCase(family, weights, window, x, length, features, outputs);
  }

  /** ChordMixer of track 16, hidden 128, 13 blocks, layer norm before and after. */
  private static ChordMixer.Config chord() {
    return new ChordMixer.Config(
        2,
        10,
        CHORD_LENGTH,
        16,
        128,
        ChordMixer.Embedding.FEATURES,
        true,
        ChordMixer.NormKind.LN,
        ChordMixer.NormKind.LN,
        false);
  }

  private static Settings rse() {
    return Settings.parse(RSE, "the benchmark");
  }

  Model model(Kernels kernels) {
    Weights w = Weights.of(Safetensors.read(weights));
    int[] starts = {0, length};
    if (family.equals("rse")) {
      Rse rse = Rse.of(kernels, rse(), w);
      return (x, work) -> rse.forward(x, starts, 1, work);
    }
    ChordMixer chord = new ChordMixer(kernels, chord(), w);
    Tensor y = kernels.allocate(chord.outputs());
    return (x, work) -> {
      chord.forward(new Block(x, starts, 1), y, work);
      return y;
    };
  }

  /** The model's matrix products but for those at its ends, in pairs that turn there and back. */
  List<Product> products(Kernels kernels) {
    Weights w = Weights.of(Safetensors.read(weights));
    List<Product> products = new ArrayList<>();
    if (family.equals("rse")) {
      int m = RSE_WIDTH;
      int rows = length / 2;
      int layers = 2 * 2 * (Integer.numberOfTrailingZeros(length) - 1) + 1;
      double[] k1 = w.requireTransposed("steps_recursive/last/cand1/c/CvK", 2 * m, 4 * m);
      double[] k2 = w.requireTransposed("steps_recursive/last/cand2/c/CvK", 4 * m, 2 * m);
      double[] b2 = w.require("steps_recursive/last/cand2/c/CvB", 2 * m);
      products.add(new Product(kernels.linear(k1, null, 4 * m, 2 * m), rows, layers));
      products.add(new Product(kernels.linear(k2, b2, 2 * m, 4 * m), rows, layers));
      return products;
    }
    int width = chord().width();
    int hidden = chord().hiddenSize();
    String block = "encoder.chordmixer_blocks.0.mix.";
    double[] w1 = w.require(block + "fc1.weight", hidden, width);
    double[] b1 = w.require(block + "fc1.bias", hidden);
    double[] w2 = w.require(block + "fc2.weight", width, hidden);
    double[] b2 = w.require(block + "fc2.bias", width);
    int layers = chord().layers();
    products.add(new Product(kernels.linear(w1, b1, hidden, width), length, layers));
    products.add(new Product(kernels.linear(w2, b2, width, hidden), length, layers));
    return products;
  }

  /** Multiply-adds of {@link #products}. */
  static long multiplyAdds(List<Product> products) {
    return products.stream()
        .mapToLong(p -> (long) p.weights().inputs() * p.weights().outputs() * p.rows() * p.times())
        .sum();
  }
}
