package dev.riffle.benchmarks.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundle is packed and its script runs on the backend {@code cpu}, without a GPU. */
final class ProveIT {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

  @TempDir static Path bare;

  /** A folder that has the script and the bundle, and nothing else of the checkout. */
  @BeforeAll
  static void pack() throws IOException, InterruptedException {
    assumeThat(Path.of(System.getProperty("java.home"), "jmods")).exists();
    assumeThat(System.getProperty("os.name") + System.getProperty("os.arch"))
        .isEqualTo("Linuxamd64");
    Ended packed = run(HOME, "gpu/pack", "--no-build");
    assertThat(packed.exit).as(packed.said).isZero();
    Path bundle = HOME.resolve("gpu/target/riffle-gpu.tar.gz");
    assertThat(Files.size(bundle)).as("bytes that have to travel").isLessThan(56 << 20);
    Files.createDirectories(bare.resolve("target"));
    Files.copy(bundle, bare.resolve("target/riffle-gpu.tar.gz"));
    Files.copy(HOME.resolve("gpu/prove"), bare.resolve("prove"));
  }

  @Test
  void aBackendThatRunsIsMeasuredAndToldOf() throws IOException, InterruptedException {
    String command = "prove --backend cpu --small --peers none --rounds 1 --steps measure --out o";
    Ended ended = run(bare, ("sh " + command).split(" "));

    assertThat(ended.exit).as(ended.said).isZero();
    JsonNode results = results("o");
    assertThat(results.path("ok").asBoolean()).isTrue();
    JsonNode measured = results.path("measures").path(0);
    assertThat(measured.path("problems")).isEmpty();
    assertThat(measured.path("ceilings").path(0).path("operations_per_s").asDouble()).isPositive();
    List<String> cases = new ArrayList<>();
    for (JsonNode one : measured.path("cases")) {
      cases.add(one.path("case").asText() + " x " + one.path("batch").asText());
      JsonNode ours = one.path("engines").path(0);
      assertThat(ours.path("ms").asDouble()).isPositive();
      assertThat(ours.path("error").asDouble(1)).isLessThan(1e-3);
    }
    assertThat(cases)
        .containsExactly(
            "ChordMixer 64 x 1",
            "ChordMixer 64 x 2",
            "RSE 16 x 1",
            "RSE 16 x 2",
            "LRU step x 3",
            "LRU step x 5");
    assertThat(Files.readString(bare.resolve("o/table.md")))
        .contains("| measure fp32 | passed |", "| ChordMixer 64 | 2 | fp32 |", "| LRU step | 5 |");
  }

  @Test
  void aBackendThatCannotRunIsAFailureWithTheReasonAndTheRestIsNotRun()
      throws IOException, InterruptedException {
    Ended ended = run(bare, "sh", "prove", "--backend", "absent", "--peers", "none", "--out", "a");

    assertThat(ended.exit).as(ended.said).isEqualTo(1);
    assertThat(results("a").path("ok").asBoolean(true)).isFalse();
    assertThat(Files.readString(bare.resolve("a/table.md")))
        .contains(
            "| report | FAILED (1) |",
            "No backend is called 'absent' here",
            "| contract | not run |",
            "| goldens fp32 | not run |",
            "| measure fp32 | not run |");
  }

  private static JsonNode results(String out) throws IOException {
    return DeviceProof.JSON.readTree(bare.resolve(out).resolve("results.json").toFile());
  }

  private record Ended(int exit, String said) {}

  private static Ended run(Path folder, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder
        .redirectErrorStream(true)
        .environment()
        .put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().remove("OUT");
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), said);
  }
}
