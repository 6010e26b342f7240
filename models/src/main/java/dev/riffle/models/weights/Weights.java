package dev.riffle.models.weights;

import dev.riffle.models.ModelException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The weights of a model or of a part of one, asked for by name and shape. Values come in double,
 * row-major, and are checked: a model never starts with a missing, misshapen or NaN weight.
 */
public final class Weights {
  private final Safetensors file;
  private final String prefix;
  private final Set<String> asked; // shared with all parts

  private Weights(Safetensors file, String prefix, Set<String> asked) {
    this.file = file;
    this.prefix = prefix;
    this.asked = asked;
  }

  /** All weights of a file. */
  public static Weights of(Safetensors file) {
    return new Weights(file, "", ConcurrentHashMap.newKeySet());
  }

  /** The weights whose names begin with {@code part}, asked for without it: {@code "layers.0."}. */
  public Weights under(String part) {
    return new Weights(file, prefix + part, asked);
  }

  /** The file that contains them. */
  public Safetensors file() {
    return file;
  }

  /** Numbers of all tensors of the file, statistics and tables among them. */
  public long count() {
    return file.names().stream().mapToLong(file::size).sum();
  }

  /** Tensors of the file whose values were never requested. */
  public List<String> unread() {
    return file.names().stream().filter(name -> !asked.contains(name)).toList();
  }

  public boolean has(String name) {
    return file.has(prefix + name);
  }

  /** Type of a tensor that is there. */
  public ElementType type(String name) {
    return file.type(prefix + name);
  }

  /** Shape of a tensor that is there. */
  public int[] shape(String name) {
    return file.shape(prefix + name);
  }

  /**
   * The values of a tensor that has to be there, of this shape and finite.
   *
   * @throws ModelException if it is missing, of another shape or holds a value that is not finite
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
   * {@link #require} for a logarithm, which may also be minus infinity: the logarithm of 0, such as
   * a phase of 0 in an LRU.
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
   * {@link #require} for a matrix stored as {@code [inputs, outputs]}.
   *
   * @return the matrix as {@code [outputs, inputs]}
   */
  public double[] requireTransposed(String name, int inputs, int outputs) {
    double[] stored = require(name, inputs, outputs);
    double[] turned = new double[stored.length];
    for (int i = 0; i < inputs; i++) {
      for (int o = 0; o < outputs; o++) {
        turned[o * inputs + i] = stored[i * outputs + o];
      }
    }
    return turned;
  }

  private double[] shaped(String name, int[] shape) {
    String full = prefix + name;
    if (!file.has(full)) {
      throw new ModelException(
          file.where()
              + " holds no tensor '"
              + full
              + "' (expected with shape "
              + Arrays.toString(shape)
              + ")"
              + Suggestions.hint(full, file.names()));
    }
    int[] found = file.shape(full);
    if (!Arrays.equals(found, shape)) {
      throw new ModelException(
          String.format(
              "%s: tensor '%s' has shape %s, expected %s; do weights and configuration belong together?",
              file.where(), full, Arrays.toString(found), Arrays.toString(shape)));
    }
    asked.add(full);
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
