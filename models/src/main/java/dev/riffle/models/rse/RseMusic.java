package dev.riffle.models.rse;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.PositionNorm;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Description;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.WindowBatch;
import dev.riffle.models.WindowModel;
import dev.riffle.models.weights.Weights;
import java.util.ArrayList;
import java.util.List;

/**
 * The official model of MusicNet: strided convolutions, network, and the notes that sound in the
 * middle of the window.
 *
 * <pre>
 *   [window] -> conv k4 s2, norm, gelu -> ... -> linear, * 0.25 -> network -> head at the middle
 * </pre>
 */
public final class RseMusic implements WindowModel {
  /** Samples from one labelled frame to the next. */
  private static final int FRAME = 128;

  /** Steps that a convolution sees, and that it advances by. */
  private static final int TAPS = 4;

  private static final int STRIDE = 2;

  /** Added to logits: few of all notes sound at a time. */
  private static final double CLASS_IMBALANCE = -4;

  /** One convolution: {@code [steps, inputs]} to {@code [steps / 2, outputs]}. */
  private record Convolution(Linear filter, PositionNorm norm, int inputs) {}

  private final Kernels kernels;
  private final int window;
  private final List<Convolution> convolutions = new ArrayList<>();
  private final Linear pooled; // [m, inputs]
  private final Rse network;
  private final Linear head; // [n_classes, m]
  private final Tensor ones; // [n_classes]
  private final Tensor imbalance; // [n_classes]
  private final Tensor scale; // [n_classes]
  private final Tensor offset; // [n_classes]

  /**
   * @param weights under TensorFlow's names: {@code var_lengths/pool1/conv1/CvK}
   * @throws ModelException if a weight is missing or of a wrong shape
   */
  RseMusic(Kernels kernels, Settings s, Weights weights) {
    Weights w = weights.under("var_lengths/");
    this.kernels = kernels;
    this.window = s.size("window");
    int m = s.size("num_units");
    int[] channels = channels(s, m);
    int count = channels.length - 1;
    if (Integer.bitCount(window) != 1 || window < 2 * FRAME || window >> count < 2) {
      throw s.expected("a power of two of at least " + 2 * FRAME, "window");
    }
    for (int i = 1; i <= count; i++) {
      int inputs = channels[i - 1];
      int outputs = channels[i];
      double[] filter = w.require("pool1/conv" + i + "/CvK", TAPS, inputs, outputs);
      double[] bias = w.require("pool1/norm" + i + "/norm_bias/offset", 1, 1, outputs);
      convolutions.add(
          new Convolution(
              kernels.linear(
                  Weights.transposed(filter, TAPS * inputs, outputs), null, outputs, TAPS * inputs),
              OfficialNorm.of(kernels, bias),
              inputs));
    }
    // 0.25 (W x + b)
    String last = "pool1/conv" + (count + 1) + "/";
    double[] matrix = w.requireTransposed(last + "CvK", channels[count], m);
    this.pooled =
        kernels.linear(
            SwitchUnit.times(0.25, matrix),
            SwitchUnit.times(0.25, w.require(last + "CvB", m)),
            m,
            channels[count]);
    this.network =
        new Rse(kernels, RseConfig.official(s, NetworkVariant.HEAVY, window >> count), w);
    int classes = s.size("n_classes");
    this.head = RseTokens.dense(kernels, w.under("output/"), m, classes);
    this.ones = kernels.allocate(classes);
    kernels.fill(ones, 0, classes, 1);
    this.imbalance = kernels.allocate(classes);
    kernels.fill(imbalance, 0, classes, CLASS_IMBALANCE);
    this.scale = kernels.constant(w.require("corrected_result/scale", classes));
    this.offset = kernels.constant(w.require("corrected_result/offset", classes));
  }

  /** Returns the channels before and after each convolution; the reference has 1, 2 or 3. */
  private static int[] channels(Settings s, int m) {
    return switch (s.size("convs")) {
      case 1 -> new int[] {1, 2 * m};
      case 2 -> new int[] {1, m / 2, 2 * m};
      case 3 -> new int[] {1, m / 2, m, 2 * m};
      default -> throw s.expected("1, 2 or 3", "convs");
    };
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  /** A sample. */
  @Override
  public int inputs() {
    return 1;
  }

  /** Returns false: the model predicts the middle frame of a window. */
  @Override
  public boolean predictsEachStep() {
    return false;
  }

  @Override
  public int outputs() {
    return head.outputs();
  }

  @Override
  public void check(int length) {
    if (length != window) {
      throw new InputException(
          "This model takes windows of " + window + " values, but " + length + " are asked for.");
    }
  }

  /** A window is padded to {@link #window} values, with zeros at its end. */
  @Override
  public int bin(int length) {
    return window;
  }

  @Override
  public long values(int length) {
    int steps = window;
    long most = 0;
    for (Convolution layer : convolutions) {
      most = Math.max(most, (steps + 2L) * layer.inputs);
      steps /= 2;
      most = Math.max(most, (long) steps * layer.filter.outputs());
    }
    return Math.max(most, network.values(steps));
  }

  /** Computes windows of audio; one at the end of a recording is padded with silence. */
  @Override
  public void forward(WindowBatch batch, Tensor y, Scratch work) {
    Tensor x = work.tensor("rse.samples", batch.windows() * window);
    batch.pad(kernels, x, window);
    forward(x, batch.windows(), y, work);
  }

  /** Values of a window. */
  public int window() {
    return window;
  }

  /** Describes the cost of a window of {@link #window} values; 0 means that length, too. */
  Description describe(int values) {
    if (values != 0) {
      check(values);
    }
    int steps = window;
    long sum = 0;
    for (Convolution layer : convolutions) {
      steps /= 2;
      sum += (long) steps * layer.filter.inputs() * layer.filter.outputs();
    }
    sum += (long) steps * pooled.inputs() * pooled.outputs();
    sum += network.multiplyAdds(steps) + (long) head.inputs() * head.outputs();
    return Description.windowed(this, convolutions.size() + network.depth(steps), window, sum);
  }

  /** Returns the position of the predicted frame: the middle one of the labelled frames. */
  int middle() {
    int frames = window / FRAME - 1;
    return frames / 2 * FRAME >> convolutions.size();
  }

  /**
   * Probability of each note at the middle of each window.
   *
   * @param x {@code [windows, window]}
   * @param y {@code [windows, n_classes]}
   */
  public void forward(Tensor x, int windows, Tensor y, Scratch work) {
    int m = network.width();
    int classes = outputs();
    int length = window >> convolutions.size();
    Tensor front = front(x, windows, work);
    work.show("pooled", front, windows * length, m);
    Tensor features = network.run(front, windows, length, work);
    if (work.observed()) {
      Tensor everywhere = work.tensor("rse.everywhere", windows * length * classes);
      kernels.linear(head, features, everywhere, windows * length);
      work.show("prediction", everywhere, windows * length, classes);
    }

    for (int b = 0; b < windows; b++) {
      Tensor at = features.view((b * length + middle()) * m, m);
      kernels.linear(head, at, y.view(b * classes, classes), 1);
    }
    kernels.affine(ones, imbalance, y, y, windows, classes);
    work.show("mid_logits", y, windows, classes);
    if (work.observed()) {
      Tensor raw = work.tensor("rse.uncalibrated", windows * classes);
      kernels.activate(Activation.SIGMOID, y, raw, windows * classes);
      work.show("uncalibrated", raw, windows, classes);
    }
    // p = sigmoid(scale (.) logit + offset)
    kernels.affine(scale, offset, y, y, windows, classes);
    kernels.activate(Activation.SIGMOID, y, y, windows * classes);
  }

  /** {@code [windows, window]} to {@code [windows, window / 2^convolutions, m]}. */
  private Tensor front(Tensor x, int windows, Scratch work) {
    int steps = window;
    Tensor from = framed(work, 0, windows, steps, 1);
    for (int b = 0; b < windows; b++) {
      kernels.copy(x, b * steps, from, b * (steps + 2) + 1, steps);
    }
    for (int i = 0; i < convolutions.size(); i++) {
      Convolution layer = convolutions.get(i);
      int outputs = layer.filter.outputs();
      boolean last = i == convolutions.size() - 1;
      // with a zero at either end, output t sees the steps 2t - 1 .. 2t + 2
      int before = (steps + 2) * layer.inputs;
      int after = last ? steps / 2 : steps / 2 + 2;
      Tensor to =
          last
              ? work.tensor("rse.front", windows * after * outputs)
              : framed(work, i + 1, windows, steps / 2, outputs);
      for (int b = 0; b < windows; b++) {
        int at = (b * after + (last ? 0 : 1)) * outputs;
        Tensor y = to.view(at, steps / 2 * outputs);
        Tensor in = from.view(b * before, before);
        kernels.convolve(layer.filter, in, STRIDE * layer.inputs, y, steps / 2);
        PackedSequences window = PackedSequences.of(0, steps / 2);
        kernels.positionNorm(layer.norm, y, y, window, layer.filter.outputs());
      }
      from = to;
      steps /= 2;
    }
    Tensor y = work.tensor("rse.pooled", windows * steps * network.width());
    kernels.linear(pooled, from, y, windows * steps);
    return y;
  }

  /** Memory for {@code [windows, steps + 2, channels]} whose first and last steps are zeros. */
  private Tensor framed(Scratch work, int i, int windows, int steps, int channels) {
    int size = (steps + 2) * channels;
    Tensor frame = work.tensor("rse.framed." + i, windows * size);
    for (int b = 0; b < windows; b++) {
      kernels.fill(frame, b * size, channels, 0);
      kernels.fill(frame, (b + 1) * size - channels, channels, 0);
    }
    return frame;
  }
}
