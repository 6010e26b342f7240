package dev.riffle.benchmarks.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Files of float32 values, little-endian, as peers read and write them. */
public final class Floats {
  private static final int CHUNK = 1 << 16;

  private Floats() {}

  public static void write(Path file, float[] values) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(CHUNK * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      for (int i = 0; i < values.length; i += CHUNK) {
        int count = Math.min(CHUNK, values.length - i);
        bytes.clear().limit(count * Float.BYTES);
        bytes.asFloatBuffer().put(values, i, count);
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
      }
    }
  }

  public static float[] read(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      float[] values = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      return values;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
