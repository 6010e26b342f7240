package dev.riffle.benchmarks.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.benchmarks.support.Checkout;
import dev.riffle.benchmarks.support.Floats;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** PyTorch in a separate process, {@code training/peers/torch_device.py}, which times itself. */
final class TorchOnDevice implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SCRIPT = "torch_device.py";

  private final Process process;
  private final BufferedReader said;
  private final Writer commands;
  private final JsonNode description;

  /**
   * @param device {@code cuda} or {@code cpu}
   * @param bf16 {@code autocast} or {@code whole}
   * @throws IOException if there is no such Python, it has no torch, or torch sees no such device
   */
  TorchOnDevice(String python, String device, String precision, String bf16) throws IOException {
    List<String> command =
        List.of(
            python,
            Checkout.script(SCRIPT).toString(),
            "--device=" + device,
            "--precision=" + precision,
            "--bf16=" + bf16);
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    commands = process.outputWriter(StandardCharsets.UTF_8);
    String first = said.readLine();
    if (first == null) {
      close();
      throw new IOException(
          "PyTorch could not be started by " + String.join(" ", command) + "; its words are above");
    }
    description = JSON.readTree(first);
  }

  /** Its versions, its device and its settings. */
  JsonNode description() {
    return description;
  }

  /** Bytes per second of a copy, read and written ones counted. */
  double copy(long bytes) {
    return ask(command("copy").put("bytes", bytes)).path("rate").asDouble();
  }

  /** Operations per second of the product of two square matrices. */
  double multiply(int size) {
    return ask(command("matmul").put("size", size)).path("rate").asDouble();
  }

  /**
   * A case on it; what it takes to compile is spent here.
   *
   * @param mode {@code eager}, {@code compile} or {@code graphs}
   */
  DeviceEngine load(DeviceCase one, String mode) throws IOException {
    ask(
        command("load")
            .put("id", mode)
            .put("kind", one.kind())
            .put("mode", mode)
            .put("weights", one.weights().toString())
            .put("input", one.input().toString())
            .put("length", one.length())
            .put("batch", one.batch()));
    return new Loaded(mode);
  }

  private final class Loaded implements DeviceEngine {
    private final String id;

    Loaded(String id) {
      this.id = id;
    }

    @Override
    public void reset() {
      ask(command("reset").put("id", id));
    }

    @Override
    public double[] run(int times) {
      return timed("run", times);
    }

    @Override
    public double[] feed(int times) {
      return timed("feed", times);
    }

    private double[] timed(String what, int times) {
      JsonNode seconds = ask(command(what).put("id", id).put("times", times)).path("seconds");
      double[] each = new double[seconds.size()];
      for (int i = 0; i < each.length; i++) {
        each[i] = seconds.path(i).asDouble();
      }
      return each;
    }

    @Override
    public float[] answer(int first, int count) {
      try {
        Path file = Checkout.target("torch." + id + ".f32");
        ask(
            command("answer")
                .put("id", id)
                .put("file", file.toString())
                .put("first", first)
                .put("count", count));
        return Floats.read(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      ask(command("drop").put("id", id));
    }
  }

  private static ObjectNode command(String what) {
    return JSON.createObjectNode().put("do", what);
  }

  private JsonNode ask(ObjectNode command) {
    try {
      commands.write(command + "\n");
      commands.flush();
      String line = said.readLine();
      if (line == null) {
        throw new IllegalStateException("PyTorch ended at " + command + "; its words are above");
      }
      JsonNode answer = JSON.readTree(line);
      if (!answer.path("ok").asBoolean()) {
        throw new IllegalStateException("PyTorch: " + answer.path("problem").asText());
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException("PyTorch ended at " + command + "; its words are above", e);
    }
  }

  @Override
  public void close() {
    try {
      commands.close(); // ends its loop
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
