package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import java.util.HashMap;
import java.util.Map;

/**
 * Work memory of one thread: tensors by name. A tensor keeps the largest size ever requested, so a
 * runner that has seen its largest batch allocates nothing. All parts of a model share the names: a
 * layer may overwrite what the previous layer left in {@code "u"}.
 */
public final class Scratch {
  /** Receives the intermediate values of a model, for goldens. */
  @FunctionalInterface
  public interface Observer {
    /**
     * @param stage name of the values, such as {@code layer_output}
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
   * Returns the tensor of this name, with at least this size. Its values are undefined. Requesting
   * a larger size replaces the tensor.
   */
  public Tensor tensor(String name, int size) {
    Tensor tensor = tensors.get(name);
    if (tensor == null || tensor.size() < size) {
      tensor = kernels.allocate(size);
      tensors.put(name, tensor);
    }
    return tensor;
  }

  /** Sets the observer of all intermediate values. */
  public void observe(Observer by) {
    observer = by;
  }

  /** Returns true if there is an observer; a model computes some values for an observer only. */
  public boolean observed() {
    return observer != null;
  }

  /** Passes values to the observer, if there is one. */
  public void show(String stage, Tensor values, int rows, int width) {
    if (observer != null) {
      observer.saw(stage, values, rows, width);
    }
  }
}
