package dev.riffle.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
  private static final int LONGEST_COMMAND_LINE = 3500;

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
    refuseLongCommandLine();
    environment = OrtEnvironment.getEnvironment();
    x = floats(keys * INPUTS);
    y = floats(keys * OUTPUTS);
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      session = environment.createSession(graph.toString(), options);
      OnnxTensor xTensor = tensor(x, keys, INPUTS);
      OnnxTensor yTensor = tensor(y, keys, OUTPUTS);
      for (int set = 0; set < 2; set++) {
        inputs.get(set).put("x", xTensor);
        outputs.get(set).put("y", yTensor);
      }
      for (int i = 0; i < LAYERS; i++) {
        for (int set = 0; set < 2; set++) {
          states[set][i] = floats(keys * 2 * width);
          OnnxTensor state = tensor(states[set][i], keys, 2 * width);
          inputs.get(set).put("state." + i, state);
          outputs.get(1 - set).put("new." + i, state);
        }
      }
    } catch (OrtException e) {
      throw new IllegalStateException("onnxruntime does not open " + graph + ", see the cause.", e);
    }
  }

  /**
   * onnxruntime 1.29 on Linux ends the JVM, without a word, where it was started by a long line.
   */
  private static void refuseLongCommandLine() throws IOException {
    Path line = Path.of("/proc/self/cmdline");
    int length = Files.exists(line) ? Files.readAllBytes(line).length : 0;
    if (length >= LONGEST_COMMAND_LINE) {
      throw new IllegalStateException(
          String.format(
              "onnxruntime needs a JVM whose command line is shorter than %d bytes, but it has %d;"
                  + " pass the class path in a jar (JMH: -Djmh.separateClasspathJAR=true) or in"
                  + " the environment variable CLASSPATH.",
              LONGEST_COMMAND_LINE, length));
    }
  }

  /**
   * Writes the graph of a step beside its weights.
   *
   * @throws IllegalStateException if the script fails; the message has its command
   */
  static Path graph(Path weights) throws IOException {
    Path graph = Path.of(weights.toString().replace(".safetensors", ".onnx"));
    List<String> command =
        List.of("python3", Checkout.script().toString(), weights.toString(), graph.toString());
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      byte[] said = process.getInputStream().readAllBytes();
      if (process.waitFor() != 0) {
        throw failed(command, new String(said, StandardCharsets.UTF_8), null);
      }
      return graph;
    } catch (IOException e) {
      throw failed(command, "python3 does not start; it needs Python 3.8 or later alone", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(command, "interrupted", e);
    }
  }

  private static IllegalStateException failed(List<String> command, String why, Exception cause) {
    return new IllegalStateException(
        "The graph for onnxruntime could not be made by\n  "
            + String.join(" ", command)
            + "\n"
            + why,
        cause);
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

  private static FloatBuffer floats(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }
}
