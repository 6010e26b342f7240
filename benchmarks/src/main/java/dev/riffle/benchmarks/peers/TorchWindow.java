package dev.riffle.benchmarks.peers;

import dev.riffle.benchmarks.support.Checkout;
import dev.riffle.benchmarks.support.Floats;
import dev.riffle.benchmarks.window.WindowCase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A window in eager PyTorch, in a separate process that times itself. */
final class TorchWindow implements WindowPeer {
  private static final String SCRIPT = "torch_windows.py";

  private final Process process;
  private final BufferedReader said;
  private final Writer commands;
  private final Path answer;

  /**
   * @param python a Python that has torch
   */
  TorchWindow(String python, WindowCase window, int threads) throws IOException {
    answer = Checkout.target(window.family() + ".torch.f32");
    List<String> command =
        List.of(
            python,
            Checkout.script(SCRIPT).toString(),
            window.family(),
            window.weights().toString(),
            window.window().toString(),
            Integer.toString(window.length()),
            Integer.toString(threads));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    commands = process.outputWriter(StandardCharsets.UTF_8);
    String first = said.readLine();
    if (first == null) {
      throw new IllegalStateException(
          "PyTorch could not be started by\n  "
              + String.join(" ", command)
              + "\nsee its words above; --python=PATH names a Python that has torch, and"
              + " --engines=riffle,onnxruntime leaves it out.");
    }
  }

  @Override
  public double run() {
    return Double.parseDouble(ask("run"));
  }

  @Override
  public double products() {
    return Double.parseDouble(ask("products"));
  }

  @Override
  public float[] answer() {
    ask("answer " + answer);
    return Floats.read(answer);
  }

  private String ask(String command) {
    try {
      commands.write(command + "\n");
      commands.flush();
      String line = said.readLine();
      if (line == null) {
        throw new IllegalStateException("PyTorch ended at '" + command + "', see its words above.");
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException("PyTorch ended at '" + command + "', see its words above.", e);
    }
  }

  @Override
  public void close() {
    try {
      commands.close(); // ends its loop
      process.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
