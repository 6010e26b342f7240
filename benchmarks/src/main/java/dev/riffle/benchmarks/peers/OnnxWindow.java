package dev.riffle.benchmarks.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.riffle.benchmarks.support.Onnx;
import dev.riffle.benchmarks.window.WindowCase;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A window in onnxruntime, its input and answer in direct buffers that are made once. */
final class OnnxWindow implements WindowPeer {
  private final OrtSession session;
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> outputs;
  private final FloatBuffer y;

  OnnxWindow(WindowCase window, int threads) throws IOException {
    String length = Integer.toString(window.length());
    List<String> arguments = List.of(window.family(), window.weights().toString(), length);
    Path graph = Onnx.graph("make_window_onnx.py", window.weights(), arguments);
    session = Onnx.open(graph, threads);
    y = Onnx.floats(window.outputs());
    FloatBuffer x = Onnx.floats(window.x().length);
    x.put(0, window.x());
    long[] xShape = {window.length(), window.features()};
    boolean once = window.outputs() < window.length();
    long rows = once ? 1 : window.length();
    long[] yShape = {rows, window.outputs() / rows};
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try {
      inputs = Map.of("x", OnnxTensor.createTensor(environment, x, xShape));
      outputs = Map.of("y", OnnxTensor.createTensor(environment, y, yShape));
    } catch (OrtException e) {
      throw new IllegalStateException("onnxruntime takes no tensor, see the cause.", e);
    }
  }

  @Override
  public double run() {
    long start = System.nanoTime();
    try {
      session.run(inputs, outputs).close();
    } catch (OrtException e) {
      throw new IllegalStateException("onnxruntime does not run the window, see the cause.", e);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public double products() {
    return Double.NaN;
  }

  @Override
  public float[] answer() {
    float[] values = new float[y.capacity()];
    y.get(0, values);
    return values;
  }

  @Override
  public void close() {
    inputs.values().forEach(OnnxTensor::close);
    outputs.values().forEach(OnnxTensor::close);
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("onnxruntime does not close, see the cause.", e);
    }
  }
}
