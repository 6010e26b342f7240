package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import java.util.HashMap;
import java.util.Map;

/**
 * Work memory of one thread: tensors by name, each as large as the largest ever asked for, so that
 * a runner that has seen its largest batch allocates nothing. Names are shared by all parts of a
 * model: what one layer leaves in {@code "u"}, the next may overwrite.
 */
public final class Scratch {

  /** Looks at values on their way through a model, for goldens. */
  @FunctionalInterface
  public interface Observer {
    /**
     * @param stage what the values are, such as {@code layer_output}
     * @param values {@code [rows, width]}; valid during the call only
     */
    void saw(String stage, Tensor values, int rows, int width);
  }

  private final Kernels kernels;
  private final Map<String, Tensor> tensors = new HashMap<>();
  private Observer observer;

  public Scratch(Kernels kernels) {
    this.kernels = kernels;
  }

  /**
   * The tensor of this name, of this size or larger; its values are what was left in it. Asking for
   * a larger one abandons the smaller.
   */
  public Tensor tensor(String name, int size) {
    Tensor tensor = tensors.get(name);
    if (tensor == null || tensor.size() < size) {
      tensor = kernels.allocate(size);
      tensors.put(name, tensor);
    }
    return tensor;
  }

  /** Lets an observer look; null for none. */
  public void observe(Observer by) {
    observer = by;
  }

  /** True if somebody looks: values that only an observer needs are made only then. */
  public boolean observed() {
    return observer != null;
  }

  /** Shows values to the observer, if there is one. */
  public void show(String stage, Tensor values, int rows, int width) {
    if (observer != null) {
      observer.saw(stage, values, rows, width);
    }
  }
}
