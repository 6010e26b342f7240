package dev.riffle.benchmarks.peers;

import dev.riffle.benchmarks.window.WindowCase;
import dev.riffle.benchmarks.window.WindowCase.Product;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import java.util.List;

/** A window on a backend of Riffle. */
final class RiffleWindow implements WindowPeer {
  private final Kernels kernels;
  private final WindowCase.Model model;
  private final List<Product> products;
  private final Scratch work;
  private final Tensor x;
  private final Tensor there; // values of a product, which the next takes
  private final Tensor back;
  private final float[] answer;

  RiffleWindow(Kernels kernels, WindowCase window) {
    this.kernels = kernels;
    this.model = window.model(kernels);
    this.products = window.products(kernels);
    this.work = new Scratch(kernels);
    this.x = kernels.allocate(window.x().length);
    kernels.write(window.x(), 0, x, 0, window.x().length);
    Product first = products.get(0);
    this.there = kernels.allocate(first.rows() * first.weights().inputs());
    this.back = kernels.allocate(first.rows() * first.weights().outputs());
    this.answer = new float[window.outputs()];
  }

  @Override
  public double run() {
    long start = System.nanoTime();
    Tensor y = model.run(x, work);
    kernels.read(y, 0, answer, 0, answer.length);
    return (System.nanoTime() - start) / 1e9;
  }

  /** A run whose memory is new. */
  void runAfresh() {
    model.run(x, new Scratch(kernels));
  }

  @Override
  public double products() {
    int size = Math.min(x.size(), there.size());
    kernels.copy(x, 0, there, 0, size); // not what the run before left: it would grow
    long start = System.nanoTime();
    for (int i = 0; i < products.get(0).times(); i++) {
      Product to = products.get(0);
      Product fro = products.get(1);
      kernels.linear(to.weights(), there, back, to.rows());
      kernels.linear(fro.weights(), back, there, fro.rows());
    }
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public float[] answer() {
    return answer.clone();
  }

  @Override
  public void close() {
    // memory is released when the JVM ends
  }
}
