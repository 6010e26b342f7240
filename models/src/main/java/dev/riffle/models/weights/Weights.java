package dev.riffle.models.weights;

import dev.riffle.models.ModelException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The weights of a model, or of a part of a model, by name and shape. Values are doubles in
 * row-major order. They are checked: a model never starts with a weight that is missing, has a
 * wrong shape or is NaN.
 */
public final class Weights {
  private final Safetensors file;
  private final String prefix;
  private final Set<String> read; // shared with all parts

  private Weights(Safetensors file, String prefix, Set<String> read) {
    this.file = file;
    this.prefix = prefix;
    this.read = read;
  }

  /** Returns all weights of a file. */
  public static Weights of(Safetensors file) {
    return new Weights(file, "", ConcurrentHashMap.newKeySet());
  }

  /** Returns the weights whose names begin with {@code part}, without it: {@code "layers.0."}. */
  public Weights under(String part) {
    return new Weights(file, prefix + part, read);
  }

  /** Returns the file of the weights. */
  public Safetensors file() {
    return file;
  }

  /** Returns the number of values of all tensors, including statistics and tables. */
  public long count() {
    return file.names().stream().mapToLong(file::size).sum();
  }

  /** Returns the tensors of the file that no model has read. */
  public List<String> unread() {
    return file.names().stream().filter(name -> !read.contains(name)).toList();
  }

  public boolean has(String name) {
    return file.has(prefix + name);
  }

  /** Returns the type of an existing tensor. */
  public ElementType type(String name) {
    return file.type(prefix + name);
  }

  /** Returns the shape of an existing tensor. */
  public int[] shape(String name) {
    return file.shape(prefix + name);
  }

  /**
   * Returns the values of a required tensor.
   *
   * @throws ModelException if the tensor is missing, has another shape or holds a value that is not
   *     finite
   */
  public double[] require(String name, int... shape) {
    double[] values = shaped(name, shape);
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw notANumber(name, shape, i, values[i], "a finite number");
      }
    }
    return values;
  }

  /**
   * Returns the values of a required tensor of logarithms. A value may be minus infinity, the
   * logarithm of 0, such as a phase of 0 in an LRU.
   */
  public double[] requireLog(String name, int... shape) {
    double[] values = shaped(name, shape);
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] < Double.POSITIVE_INFINITY)) {
        throw notANumber(name, shape, i, values[i], "a finite number or -Infinity");
      }
    }
    return values;
  }

  /**
   * Returns a required matrix that is stored as {@code [inputs, outputs]}.
   *
   * @return the transposed matrix, {@code [outputs, inputs]}
   */
  public double[] requireTransposed(String name, int inputs, int outputs) {
    return transposed(require(name, inputs, outputs), inputs, outputs);
  }

  /** Returns {@code [inputs, outputs]} as {@code [outputs, inputs]}. */
  public static double[] transposed(double[] stored, int inputs, int outputs) {
    double[] transposed = new double[stored.length];
    for (int i = 0; i < inputs; i++) {
      for (int o = 0; o < outputs; o++) {
        transposed[o * inputs + i] = stored[i * outputs + o];
      }
    }
    return transposed;
  }

  private double[] shaped(String name, int[] shape) {
    String full = prefix + name;
    if (!file.has(full)) {
      throw new ModelException(
          String.format(
              "%s holds no tensor '%s' (expected with shape %s)%s",
              file.where(), full, Arrays.toString(shape), Suggestions.hint(full, file.names())));
    }
    int[] found = file.shape(full);
    if (!Arrays.equals(found, shape)) {
      throw new ModelException(
          String.format(
              "%s: tensor '%s' has shape %s, expected %s; do weights and configuration belong together?",
              file.where(), full, Arrays.toString(found), Arrays.toString(shape)));
    }
    read.add(full);
    return file.doubles(full);
  }

  private ModelException notANumber(
      String name, int[] shape, int index, double found, String expected) {
    int[] at = new int[shape.length];
    for (int i = shape.length - 1, rest = index; i >= 0; i--) {
      at[i] = rest % shape[i];
      rest /= shape[i];
    }
    return new ModelException(
        String.format(
            "%s: tensor '%s' holds %s at %s, expected %s; was it saved from a run that diverged?",
            file.where(), prefix + name, found, Arrays.toString(at), expected));
  }
}
