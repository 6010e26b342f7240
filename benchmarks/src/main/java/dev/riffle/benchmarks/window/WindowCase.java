package dev.riffle.benchmarks.window;

import dev.riffle.benchmarks.support.Checkout;
import dev.riffle.benchmarks.support.Floats;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.chordmixer.ChordMixer;
import dev.riffle.models.chordmixer.ChordMixerConfig;
import dev.riffle.models.chordmixer.ChordMixerInit;
import dev.riffle.models.rse.Rse;
import dev.riffle.models.rse.RseInit;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A model, its weights and some windows, in files that all peers read.
 *
 * @param family {@code chordmixer} or {@code rse}
 * @param weights before training, safetensors
 * @param window values from -1 to 1, {@code [batch, length, features]}, little-endian floats
 * @param x the same values
 * @param outputs values of all answers
 */
public record WindowCase(
    String family,
    Path weights,
    Path window,
    float[] x,
    int batch,
    int length,
    int features,
    int outputs) {
  private static final long SEED = 1919;
  private static final int CHORD_LENGTH = 8192;
  private static final int RSE_LENGTH = 2048;
  private static final int RSE_WIDTH = 192;

  /** A model on one backend. */
  public interface Model {
    /** Runs the windows; what comes back holds the answers first. */
    Tensor run(Tensor x, Scratch work);
  }

  /** Matrix products of equal shape: {@code times} over {@code rows} rows. */
  public record Product(Linear weights, int rows, int times) {}

  public static WindowCase of(String family) throws IOException {
    return of(family, family.equals("rse") ? RSE_LENGTH : CHORD_LENGTH, 1);
  }

  /**
   * @param length positions of a window, a power of two
   * @param batch windows that are run at once
   */
  public static WindowCase of(String family, int length, int batch) throws IOException {
    String name = family + "-" + length;
    Path weights = Checkout.target(name + ".safetensors");
    switch (family) {
      case "chordmixer" -> ChordMixerInit.draw(chord(length), SEED).write(weights);
      case "rse" -> RseInit.draw(rse(length), SEED).write(weights);
      default ->
          throw new IllegalArgumentException("A family is chordmixer or rse but not " + family);
    }
    boolean chord = family.equals("chordmixer");
    int features = chord ? chord(length).inputSize() : RSE_WIDTH;
    float[] x = new float[batch * length * features];
    Random random = new Random(SEED);
    for (int i = 0; i < x.length; i++) {
      x[i] = 2 * random.nextFloat() - 1;
    }
    Path window = Checkout.target(name + "-" + batch + ".f32");
    Floats.write(window, x);
    int outputs = chord ? batch * chord(length).outputSize() : x.length;
    return new WindowCase(family, weights, window, x, batch, length, features, outputs);
  }

  /** One of the windows by itself; only its file is still that of all. */
  public WindowCase one(int b) {
    int size = length * features;
    float[] values = Arrays.copyOfRange(x, b * size, (b + 1) * size);
    return new WindowCase(family, weights, window, values, 1, length, features, outputs / batch);
  }

  /** ChordMixer of track 16, hidden 128, layer norm before and after: 13 blocks at 8192. */
  private static ChordMixerConfig chord(int length) {
    return new ChordMixerConfig(
        2,
        10,
        length,
        16,
        128,
        ChordMixerConfig.Embedding.FEATURES,
        true,
        ChordMixerConfig.NormKind.LN,
        ChordMixerConfig.NormKind.LN,
        false);
  }

  /** The official network of 192 features and 2 blocks. */
  private static Settings rse(int length) {
    return Settings.parse(
        String.format(
            "{\"variant\": \"tf\", \"network\": \"heavy\", \"num_units\": %d, \"n_blocks\": 2,"
                + " \"length\": %d}",
            RSE_WIDTH, length),
        "the benchmark");
  }

  public Model model(Kernels kernels) {
    Weights w = Weights.of(Safetensors.read(weights));
    PackedSequences windows = PackedSequences.equal(batch, length);
    if (family.equals("rse")) {
      Rse rse = Rse.of(kernels, rse(length), w);
      return (x, work) -> rse.forward(x, windows, work);
    }
    ChordMixer chord = new ChordMixer(kernels, chord(length), w);
    Tensor y = kernels.allocate(batch * chord.outputs());
    return (x, work) -> {
      chord.forward(new Block(x, windows), y, work);
      return y;
    };
  }

  /** The model's matrix products but for those at its ends, in pairs that turn there and back. */
  public List<Product> products(Kernels kernels) {
    Weights w = Weights.of(Safetensors.read(weights));
    List<Product> products = new ArrayList<>();
    if (family.equals("rse")) {
      int m = RSE_WIDTH;
      int rows = batch * (length / 2);
      int layers = layers();
      double[] k1 = w.requireTransposed("steps_recursive/last/cand1/c/CvK", 2 * m, 4 * m);
      double[] k2 = w.requireTransposed("steps_recursive/last/cand2/c/CvK", 4 * m, 2 * m);
      double[] b2 = w.require("steps_recursive/last/cand2/c/CvB", 2 * m);
      products.add(new Product(kernels.linear(k1, null, 4 * m, 2 * m), rows, layers));
      products.add(new Product(kernels.linear(k2, b2, 2 * m, 4 * m), rows, layers));
      return products;
    }
    int width = chord(length).width();
    int hidden = chord(length).hiddenSize();
    String block = "encoder.chordmixer_blocks.0.mix.";
    double[] w1 = w.require(block + "fc1.weight", hidden, width);
    double[] b1 = w.require(block + "fc1.bias", hidden);
    double[] w2 = w.require(block + "fc2.weight", width, hidden);
    double[] b2 = w.require(block + "fc2.bias", width);
    int rows = batch * length;
    products.add(new Product(kernels.linear(w1, b1, hidden, width), rows, layers()));
    products.add(new Product(kernels.linear(w2, b2, width, hidden), rows, layers()));
    return products;
  }

  /** Units of the network that a window passes, or blocks. */
  public int layers() {
    return family.equals("rse")
        ? 2 * 2 * (Integer.numberOfTrailingZeros(length) - 1) + 1
        : chord(length).layers();
  }

  /** Additions and multiplications of the layers' matrix products, all windows together. */
  public double operations() {
    double rows = (double) batch * length;
    if (family.equals("rse")) { // [2m x 4m] and back for each pair
      return 2 * (rows / 2) * 2 * (2 * RSE_WIDTH) * (4 * RSE_WIDTH) * layers();
    }
    ChordMixerConfig c = chord(length);
    return 2 * rows * 2 * c.width() * c.hiddenSize() * layers();
  }

  /**
   * Bytes that must move if a layer keeps what is its own on the chip: float32 rows, read once and
   * written once by a layer, or read twice where a norm over all positions comes before the answer;
   * and each layer's weights once.
   */
  public double bytes() {
    double rows = (double) batch * length;
    if (family.equals("rse")) {
      double weights = 2.0 * (2 * RSE_WIDTH) * (4 * RSE_WIDTH);
      return Float.BYTES * layers() * (3 * rows * RSE_WIDTH + weights);
    }
    ChordMixerConfig c = chord(length);
    double weights = 2.0 * c.width() * c.hiddenSize();
    return Float.BYTES * layers() * (2 * rows * c.width() + weights);
  }

  /** Multiply-adds of {@link #products}. */
  public static long multiplyAdds(List<Product> products) {
    return products.stream()
        .mapToLong(p -> (long) p.weights().inputs() * p.weights().outputs() * p.rows() * p.times())
        .sum();
  }
}
