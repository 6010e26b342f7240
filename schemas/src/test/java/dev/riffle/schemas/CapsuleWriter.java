package dev.riffle.schemas;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Writes the capsule: the encoded samples, one file for each version of each record. Existing files
 * are never written again, as they represent records on existing topics.
 *
 * <pre>{@code
 * java -cp <test class path> dev.riffle.schemas.CapsuleWriter schemas/src/test/resources/capsule
 * }</pre>
 */
public final class CapsuleWriter {
  private CapsuleWriter() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Files.createDirectories(folder);
    for (var sample : Samples.all().entrySet()) {
      Path file = folder.resolve(sample.getKey() + ".bin");
      if (!Files.exists(file)) {
        Files.write(file, Samples.<SpecificRecordBase>encode(sample.getValue()));
      }
    }
  }
}
