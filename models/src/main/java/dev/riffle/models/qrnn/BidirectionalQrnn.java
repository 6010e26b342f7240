package dev.riffle.models.qrnn;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.WindowBatch;
import dev.riffle.models.WindowModel;
import dev.riffle.models.weights.Weights;

/**
 * Two stacks of QRNN layers over a window, of which one reads it from the end: at each step the
 * prediction is h of either stack's last layer, {@code [2 hidden_size]}, the forward one first.
 *
 * <pre>
 *   y_t = [forward(x_0 ... x_t), backward(x_n-1 ... x_t)]
 * </pre>
 *
 * <p>The stacks meet at the end only, as in the QRNN of fastai 1.0 ({@code fastai/text/models/
 * qrnn.py}, {@code bidirectional=True}), whose layers are those of salesforce. PyTorch's own
 * recurrent networks, which join both directions after every layer, are something else.
 */
public final class BidirectionalQrnn implements WindowModel {
  private final Kernels kernels;
  private final Qrnn forward;
  private final Qrnn backward;

  /**
   * @param weights under the names of the variant, {@code layers.0.linear.weight}; those of the
   *     stack that reads from the end as {@code layers_bwd.0.linear.weight}
   * @throws dev.riffle.models.ModelException if a weight is missing or of a wrong shape
   */
  BidirectionalQrnn(Kernels kernels, QrnnConfig config, Weights weights) {
    this.kernels = kernels;
    this.forward = new Qrnn(kernels, config, weights, "layers.");
    this.backward = new Qrnn(kernels, config, weights, "layers_bwd.");
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public int inputs() {
    return forward.inputs();
  }

  @Override
  public int outputs() {
    return 2 * forward.outputs();
  }

  @Override
  public long values(int length) {
    return (long) length * forward.widest();
  }

  /** Multiply-adds of a step. */
  long multiplyAdds() {
    return forward.multiplyAdds() + backward.multiplyAdds();
  }

  @Override
  public void forward(WindowBatch batch, Tensor y, Scratch work) {
    int rows = batch.rows();
    int inputs = inputs();
    int hidden = forward.outputs();
    int[] turned = turned(batch);
    Tensor x = work.tensor("qrnn.x", rows * inputs);
    kernels.write(batch.values(), 0, x, 0, rows * inputs);
    Tensor ahead = work.tensor("qrnn.ahead", rows * hidden);
    run(forward, x, batch, ahead, work);

    Tensor xTurned = work.tensor("qrnn.turned", rows * inputs);
    kernels.embed(x, turned, xTurned, rows, inputs);
    Tensor hTurned = work.tensor("qrnn.back.turned", rows * hidden);
    run(backward, xTurned, batch, hTurned, work);
    Tensor back = work.tensor("qrnn.back", rows * hidden);
    kernels.embed(hTurned, turned, back, rows, hidden);
    kernels.concat(ahead, hidden, back, hidden, y, rows);
  }

  private static void run(Qrnn stack, Tensor x, WindowBatch batch, Tensor h, Scratch work) {
    int windows = batch.windows();
    RecurrentState state = new RecurrentState(stack, windows, work);
    Block block = new Block(x, batch.sequences());
    stack.advance(block, state, PredictAt.EVERY_STEP, h, work);
  }

  /** Returns the index of each row in its reversed window. */
  private static int[] turned(WindowBatch batch) {
    int[] turned = new int[batch.rows()];
    for (int b = 0; b < batch.windows(); b++) {
      int first = batch.sequences().start(b);
      int last = batch.sequences().end(b) - 1;
      for (int r = first; r <= last; r++) {
        turned[r] = first + last - r;
      }
    }
    return turned;
  }
}
