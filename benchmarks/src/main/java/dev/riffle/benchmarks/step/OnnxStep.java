package dev.riffle.benchmarks.step;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.riffle.benchmarks.support.Onnx;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The same step in onnxruntime, as quick as it can be called from Java: one thread, all graph
 * optimisations, inputs and outputs in direct buffers that are made once. States swap between two
 * sets of buffers, so that nothing is copied from step to step but x and y.
 */
final class OnnxStep implements LruStep {
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final FloatBuffer x;
  private final FloatBuffer y;
  private final FloatBuffer[][] states = new FloatBuffer[2][LAYERS];
  private final List<Map<String, OnnxTensor>> inputs =
      List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
  private final List<Map<String, OnnxTensor>> outputs =
      List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
  private int now; // the set that holds the newest states

  OnnxStep(Path graph, int width, int keys) throws IOException {
    environment = OrtEnvironment.getEnvironment();
    session = Onnx.open(graph, 1);
    x = Onnx.floats(keys * INPUTS);
    y = Onnx.floats(keys * OUTPUTS);
    try {
      OnnxTensor xTensor = tensor(x, keys, INPUTS);
      OnnxTensor yTensor = tensor(y, keys, OUTPUTS);
      for (int set = 0; set < 2; set++) {
        inputs.get(set).put("x", xTensor);
        outputs.get(set).put("y", yTensor);
      }
      for (int i = 0; i < LAYERS; i++) {
        for (int set = 0; set < 2; set++) {
          states[set][i] = Onnx.floats(keys * 2 * width);
          OnnxTensor state = tensor(states[set][i], keys, 2 * width);
          inputs.get(set).put("state." + i, state);
          outputs.get(1 - set).put("new." + i, state);
        }
      }
    } catch (OrtException e) {
      throw new IllegalStateException("onnxruntime takes no tensor, see the cause.", e);
    }
  }

  /** Writes the graph of a step next to its weights. */
  static Path graph(Path weights) throws IOException {
    return Onnx.graph("make_lru_onnx.py", weights, List.of(weights.toString()));
  }

  @Override
  public void advance(float[] xs, float[] ys) {
    x.put(0, xs);
    try {
      session.run(inputs.get(now), outputs.get(now)).close();
    } catch (OrtException e) {
      throw new IllegalStateException("onnxruntime does not run the step, see the cause.", e);
    }
    now = 1 - now;
    y.get(0, ys);
  }

  @Override
  public float[] state(int layer) {
    FloatBuffer state = states[now][layer];
    float[] values = new float[state.capacity()];
    state.get(0, values);
    return values;
  }

  @Override
  public void close() {
    Stream.of(inputs, outputs)
        .flatMap(sets -> sets.stream())
        .flatMap(set -> set.values().stream())
        .distinct() // x and y are in both sets, each state in one of inputs and one of outputs
        .forEach(OnnxTensor::close);
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("onnxruntime does not close, see the cause.", e);
    }
  }

  private OnnxTensor tensor(FloatBuffer values, int keys, int width) throws OrtException {
    return OnnxTensor.createTensor(environment, values, new long[] {keys, width});
  }
}
