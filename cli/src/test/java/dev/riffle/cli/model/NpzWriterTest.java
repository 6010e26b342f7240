package dev.riffle.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.models.ModelException;
import dev.riffle.models.weights.ElementType;
import dev.riffle.models.weights.Npz;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzWriterTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadAndAlwaysTheSameBytes() throws IOException {
    Safetensors tensors =
        Safetensors.parse(
            new SafetensorsWriter()
                .add("params/layers_0/kernel", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
                .add("one", new double[] {-1e-300}, 1)
                .add("none", new float[0], 0, 4)
                .add("count", new long[] {Long.MIN_VALUE})
                .add("half", ElementType.F16, new double[] {1.5, -2}, 2)
                .toBytes(),
            "weights");
    byte[] bytes = NpzWriter.toBytes(tensors);
    Path file = Files.write(folder.resolve("written.npz"), bytes);
    Safetensors read = Npz.read(file);
    assertThat(read.names()).isEqualTo(tensors.names());
    for (String name : tensors.names()) {
      assertThat(read.type(name)).isEqualTo(tensors.type(name));
      assertThat(read.shape(name)).isEqualTo(tensors.shape(name));
      assertThat(read.bytes(name)).isEqualTo(tensors.bytes(name));
    }
    assertThat(NpzWriter.toBytes(read)).isEqualTo(bytes);
  }

  @Test
  void whatNumpyDoesNotHaveIsNotWritten() {
    Safetensors tensors =
        Safetensors.parse(
            new SafetensorsWriter().add("x", ElementType.BF16, new double[1], 1).toBytes(),
            "weights");
    assertThatThrownBy(() -> NpzWriter.toBytes(tensors))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("tensor 'x' is of type BF16, which numpy does not have");
  }
}
