package dev.riffle.benchmarks.support;

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
import java.util.ArrayList;
import java.util.List;

/** Graphs for onnxruntime and how they are opened: all graph optimisations, one node at a time. */
public final class Onnx {
  private static final int LONGEST_COMMAND_LINE = 3500;

  private Onnx() {}

  /**
   * Writes a graph next to its weights.
   *
   * @param script in the peers' folder
   * @param arguments of the script, of which the path of the graph is the last one and left out
   * @throws IllegalStateException if the script fails; the message has its command
   */
  public static Path graph(String script, Path weights, List<String> arguments) throws IOException {
    Path graph = Path.of(weights.toString().replace(".safetensors", ".onnx"));
    List<String> command = new ArrayList<>(List.of("python3", Checkout.script(script).toString()));
    command.addAll(arguments);
    command.add(graph.toString());
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      byte[] said = process.getInputStream().readAllBytes();
      if (process.waitFor() != 0) {
        throw failed(command, new String(said, StandardCharsets.UTF_8), null);
      }
      return graph;
    } catch (IOException e) {
      throw failed(
          command, "python3 does not start. Install Python 3.8 or later, without packages", e);
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

  public static OrtSession open(Path graph, int threads) throws IOException {
    refuseLongCommandLine();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      return OrtEnvironment.getEnvironment().createSession(graph.toString(), options);
    } catch (OrtException e) {
      throw new IllegalStateException("onnxruntime does not open " + graph + ", see the cause.", e);
    }
  }

  /** onnxruntime 1.29 on Linux ends the JVM, without a word, where a long line started it. */
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

  /** Memory that onnxruntime reads and writes in place. */
  public static FloatBuffer floats(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }
}
