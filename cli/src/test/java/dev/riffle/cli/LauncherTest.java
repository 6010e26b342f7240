package dev.riffle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher with a Java that prints its class path and a Maven that prints its modules. */
class LauncherTest {
  private static final List<String> MODULES =
      List.of("kernels", "kernels-nd4j", "kernels-toy", "cli", "evaluation", "benchmarks");

  @TempDir Path home;

  @BeforeEach
  void makeACheckout() throws IOException {
    StringBuilder pom = new StringBuilder();
    for (String module : MODULES) {
      pom.append("<module>").append(module).append("</module>\n");
      Files.createDirectories(home.resolve(module).resolve("src/main"));
      Files.createDirectories(home.resolve(module).resolve("target"));
      Files.writeString(home.resolve(module).resolve("pom.xml"), module);
    }
    Files.writeString(home.resolve("pom.xml"), pom);
    Files.copy(CommandLines.checkout().resolve("riffle"), home.resolve("riffle"));
    script("jdk/bin/java", "[ \"$1\" = -version ] && echo 'version \"17\"' || echo \"$@\"");
    script("mvnw", "echo \"$@\" >> " + home.resolve("builds"));
  }

  @Test
  void onlyBackendsThatAnArgumentNamesAreOnTheClassPath() throws Exception {
    assertThat(modules("doctor")).containsExactly("cli");
    assertThat(modules("verify", "--backend", "nd4j")).containsExactly("cli", "kernels-nd4j");
    assertThat(modules("verify", "--backend=cpu,toy")).containsExactly("cli", "kernels-toy");
  }

  @Test
  void evaluationUsesTheBackendThatAnArgumentNames() throws Exception {
    assertThat(modules("evaluate", "recordings")).containsExactly("cli", "evaluation");
    assertThat(modules("evaluate", "recordings", "--backend", "nd4j"))
        .containsExactly("cli", "evaluation", "kernels-nd4j");
  }

  @Test
  void benchmarksUseAllBackends() throws Exception {
    assertThat(modules("bench", "step"))
        .containsExactly("cli", "evaluation", "benchmarks", "kernels-nd4j", "kernels-toy");
  }

  @Test
  void aBuildIsRepeatedOnlyIfTheContentOfASourceHasChanged() throws Exception {
    Path source = home.resolve("kernels/src/main/A.java");
    Files.writeString(source, "1");
    modules("doctor");
    Files.writeString(source, "1"); // newer, with the same content
    modules("doctor");
    assertThat(builds()).hasSize(1);
    Files.writeString(source, "2");
    modules("doctor");
    assertThat(builds()).hasSize(2);
    modules("evaluate");
    assertThat(builds()).hasSize(3);
  }

  private List<String> builds() throws IOException {
    return Files.readAllLines(home.resolve("builds"));
  }

  /** The modules on the class path of a command. */
  private List<String> modules(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", home.resolve("riffle").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", home.resolve("jdk").toString());
    builder.redirectError(home.resolve("errors").toFile());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(Files.readString(home.resolve("errors"))).isZero();
    List<String> words = List.of(out.split(" "));
    String path = words.get(words.indexOf("-cp") + 1);
    return Arrays.stream(path.split(":"))
        .filter(entry -> entry.endsWith("/target/*"))
        .map(entry -> Path.of(entry).getParent().getParent().getFileName().toString())
        .toList();
  }

  private void script(String name, String line) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/usr/bin/env bash\n" + line + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
