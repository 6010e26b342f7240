package dev.riffle.models.rse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.InputException;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * LAMBADA's model against the same formulas written out once more in double, position by position
 * and with shuffles that move what they shuffle: no recorded run of it was at hand.
 */
class LambadaTest {
  private static final int M = 6;
  private static final int EMBEDDING = 5;
  private static final int WORDS = 11;
  private static final int LENGTH = 16;
  private static final int BITS = 4;
  private static final int BLOCKS = 2;
  private static final int CLASSES = 3;
  private static final String CONFIG =
      """
      {"variant": "tf-lambada", "num_units": 6, "n_blocks": 2, "length": 16, "n_input": 11,
       "embedding_size": 5, "n_classes": 3}
      """;

  private final Random random = new Random(11);
  private final Safetensors weights = Safetensors.parse(draw().toBytes(), "drawn");

  @Test
  void logitsAndAnswersAreThoseOfTheFormulas() {
    int[] words = {3, 10, 0, 7, 7, 1, 2, 9, 5, 4, 8, 6, 1};
    double[][] expected = logits(words);
    int best = 0;
    for (int t = 0; t < LENGTH; t++) {
      best = expected[t][2] > expected[best][2] ? t : best;
    }
    for (String backend : new String[] {"reference", "cpu"}) {
      Kernels kernels = Backends.find(backend);
      RseTokens model = model(kernels);
      Tensor y = kernels.allocate(LENGTH * CLASSES);
      model.forward(words, PackedSequences.of(0, words.length), y, new Scratch(kernels));
      double[] found = new double[LENGTH * CLASSES];
      kernels.read(y, 0, found, 0, found.length);
      double allowed = backend.equals("reference") ? 1e-10 : 2e-5;
      for (int i = 0; i < found.length; i++) {
        assertThat(found[i]).isEqualTo(expected[i / CLASSES][i % CLASSES], Offset.offset(allowed));
      }
      assertThat(model.answers(found, 1)).containsExactly(best);
    }
  }

  @Test
  void theAnswerIsTheFirstOfEqualPositionsAndNeverANaN() {
    RseTokens model = model(Backends.find("cpu"));
    double nan = Double.NaN;
    double[] logits = {9, 9, nan, 0, 0, 1, 5, 0, 1, 0, 0, -7, 0, 0, -3, 0, 0, -4};
    assertThat(model.answers(logits, 2)).containsExactly(1, 1);
    assertThatThrownBy(() -> model.answers(new double[] {0, 0, nan}, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Window 0 has no position");
  }

  private RseTokens model(Kernels kernels) {
    return new RseTokens(kernels, Settings.parse(CONFIG, "config.json"), Weights.of(weights));
  }

  // ------------------------------------------------------- the formulas again

  private double[][] logits(int[] words) {
    double[][] x = new double[LENGTH][];
    for (int t = 0; t < LENGTH; t++) {
      int word = t < words.length ? words[t] : 0;
      double[] vector = new double[EMBEDDING];
      System.arraycopy(
          weights.doubles("var_lengths/embedding"), word * EMBEDDING, vector, 0, EMBEDDING);
      x[t] = dense(vector, "var_lengths/embedding_linear/", M);
    }
    for (int k = 0; k < BLOCKS; k++) {
      for (int i = 0; i < BITS - 1; i++) {
        double[][] y = unit(x, k + "_forward/");
        for (int p = 0; p < LENGTH; p++) {
          x[p] = y[(p << 1) & (LENGTH - 1) | p >> (BITS - 1)];
        }
      }
      for (int i = 0; i < BITS - 1; i++) {
        double[][] y = unit(x, k + "_reverse/");
        for (int p = 0; p < LENGTH; p++) {
          x[p] = y[(p >> 1) + ((p & 1) << (BITS - 1))];
        }
      }
    }
    x = unit(x, "last/");
    double[][] y = new double[LENGTH][];
    for (int t = 0; t < LENGTH; t++) {
      y[t] = dense(x[t], "var_lengths/output/", CLASSES);
    }
    return y;
  }

  private double[][] unit(double[][] x, String name) {
    String unit = "var_lengths/steps_recursive/" + name;
    double[] offset = weights.doubles(unit + "norm/c/norm_bias/offset");
    double[] s = weights.doubles(unit + "residual");
    double[][] pairs = new double[LENGTH / 2][2 * M];
    double[][] a = new double[LENGTH / 2][];
    for (int j = 0; j < LENGTH / 2; j++) {
      System.arraycopy(x[2 * j], 0, pairs[j], 0, M);
      System.arraycopy(x[2 * j + 1], 0, pairs[j], M, M);
      a[j] = dense(pairs[j], unit + "cand1/c/", 4 * M);
    }
    for (int c = 0; c < 4 * M; c++) {
      double mean = 0;
      for (double[] row : a) {
        mean += row[c] / a.length;
      }
      double square = 0;
      for (double[] row : a) {
        row[c] = 2 * (row[c] - mean) + offset[c];
        square += row[c] * row[c] / a.length;
      }
      for (double[] row : a) {
        row[c] /= Math.sqrt(square + 1e-10);
        row[c] *= sigmoid(1.702 * row[c]);
      }
    }
    double[][] y = new double[LENGTH][M];
    for (int j = 0; j < LENGTH / 2; j++) {
      double[] c = dense(a[j], unit + "cand2/c/", 2 * M);
      for (int i = 0; i < 2 * M; i++) {
        y[2 * j + i / M][i % M] = sigmoid(2 * s[i]) * pairs[j][i] + 0.10897247358851683 * c[i];
      }
    }
    return y;
  }

  private double[] dense(double[] x, String name, int outputs) {
    double[] matrix = weights.doubles(name + "CvK");
    double[] y = weights.has(name + "CvB") ? weights.doubles(name + "CvB") : new double[outputs];
    for (int i = 0; i < x.length; i++) {
      for (int o = 0; o < outputs; o++) {
        y[o] += x[i] * matrix[i * outputs + o];
      }
    }
    return y;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private SafetensorsWriter draw() {
    SafetensorsWriter w = new SafetensorsWriter();
    add(w, "embedding", WORDS, EMBEDDING);
    add(w, "embedding_linear/CvK", EMBEDDING, M);
    add(w, "embedding_linear/CvB", M);
    for (String unit :
        new String[] {"0_forward/", "0_reverse/", "1_forward/", "1_reverse/", "last/"}) {
      String name = "steps_recursive/" + unit;
      add(w, name + "cand1/c/CvK", 2 * M, 4 * M);
      add(w, name + "norm/c/norm_bias/offset", 1, 1, 4 * M);
      add(w, name + "cand2/c/CvK", 4 * M, 2 * M);
      add(w, name + "cand2/c/CvB", 2 * M);
      add(w, name + "residual", 2 * M);
    }
    add(w, "output/CvK", M, CLASSES);
    add(w, "output/CvB", CLASSES);
    return w;
  }

  private void add(SafetensorsWriter to, String name, int... shape) {
    int size = 1;
    for (int n : shape) {
      size *= n;
    }
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      values[i] = 0.5 * random.nextGaussian();
    }
    to.add("var_lengths/" + name, values, shape);
  }
}
