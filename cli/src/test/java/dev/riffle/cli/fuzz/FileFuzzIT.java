package dev.riffle.cli.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/**
 * Damaged files of every kind through their readers, in a JVM of 256 MiB, which also shows a reader
 * that ends the JVM. {@code -Dfuzz.minutes=N} runs longer, {@code -Dfuzz.seed=N} other inputs.
 */
class FileFuzzIT {
  /** With the fuzz of records, a minute. */
  private static final double SECONDS = 45;

  @Test
  void noReaderFailsOtherThanAsDocumented() throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path")));
    Properties all = System.getProperties();
    for (String name : all.stringPropertyNames()) {
      if (name.startsWith("fuzz.")) {
        command.add("-D" + name + "=" + all.getProperty(name));
      }
    }
    double minutes = Double.parseDouble(System.getProperty("fuzz.minutes", "0"));
    command.add("-Dfuzz.seconds=" + (minutes > 0 ? 60 * minutes : SECONDS));
    command.add(FileFuzz.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    StringBuilder output = new StringBuilder();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println(line);
        output.append(line).append('\n');
      }
    }
    assertThat(process.waitFor())
        .as(
            "exit code of the fuzz; 1: findings, others: the JVM ended while it read the newest of"
                + " target/fuzz/files/current-*%n%s",
            output)
        .isZero();
  }
}
