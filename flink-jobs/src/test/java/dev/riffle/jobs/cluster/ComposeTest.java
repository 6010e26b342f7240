package dev.riffle.jobs.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.TranscriptionJob;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What the compose file says agrees with what is built and tested here. */
@SuppressWarnings("unchecked")
class ComposeTest {
  private static final Path HOME = Path.of("..");
  private final Map<String, Map<String, Object>> services = services();

  @Test
  void everyImageIsPinned() {
    assertThat(services)
        .isNotEmpty()
        .allSatisfy(
            (name, service) ->
                assertThat(images(service))
                    .isNotEmpty()
                    .allMatch(i -> i.matches("[a-z/]+:[0-9].*")));
  }

  /** The service's own, or those that its image is built from. */
  private static List<String> images(Map<String, Object> service) {
    if (service.containsKey("image")) {
      return List.of((String) service.get("image"));
    }
    Map<String, Object> build = (Map<String, Object>) service.get("build");
    List<String> images = new ArrayList<>();
    ((Map<String, String>) build.get("args")).values().forEach(v -> images.add(absent(v)));
    lines(build)
        .filter(l -> l.matches("ARG .*_IMAGE=.*"))
        .forEach(l -> images.add(l.split("=")[1]));
    return images;
  }

  private static Stream<String> lines(Map<String, Object> build) {
    try {
      return Files.readAllLines(HOME.resolve((String) build.get("dockerfile"))).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a variable of the environment is where it is not set. */
  private static String absent(String text) {
    return text.replaceAll("\\$\\{[^:]*:-([^}]*)}", "$1");
  }

  @Test
  void aCardsTaskManagerIsTheOtherOneWithACardInItsPlace() throws IOException {
    Map<String, Object> plain = services.get("taskmanager");
    Map<String, Object> card = services.get("taskmanager-cuda");
    for (String same : List.of("depends_on", "volumes", "environment", "healthcheck")) {
      assertThat(card.get(same)).as(same).isEqualTo(plain.get(same));
    }
    List<String> options = new ArrayList<>((List<String>) card.get("command"));
    options.removeIf(o -> o.startsWith("-Dexternal-resource"));
    options.replaceAll(o -> o.replace("=taskmanager-cuda", "=taskmanager"));
    assertThat(options).isEqualTo(plain.get("command"));

    assertThat(plain.get("profiles")).isEqualTo(List.of("cpu"));
    assertThat(card.get("profiles")).isEqualTo(List.of("cuda"));
    assertThat(Files.readString(HOME.resolve(".env"))).contains("COMPOSE_PROFILES=cpu\n");
    assertThat(((List<String>) services.get("submit").get("command")))
        .contains("--backend=${COMPOSE_PROFILES:-cpu}");
  }

  @Test
  void theCardsImageTakesWhatIsBuiltHere() throws IOException {
    Map<String, Object> build = (Map<String, Object>) services.get("taskmanager-cuda").get("build");
    List<String> taken =
        lines(build).filter(l -> l.startsWith("COPY --chown")).map(l -> l.split(" ")[2]).toList();
    assertThat(taken).hasSize(3);
    assertThat(Files.readAllLines(HOME.resolve(build.get("dockerfile") + ".dockerignore")))
        .containsAll(taken.stream().map(t -> "!" + t).toList());
    for (String jar : taken) {
      String module = jar.substring(0, jar.indexOf('/'));
      assertThat(HOME.resolve(module).resolve("pom.xml")).exists();
      if (!jar.contains("*")) {
        assertThat(jar).endsWith("/target/" + module + "-0.1.0-SNAPSHOT.jar");
      }
    }
  }

  @Test
  void portsArePublishedOnTheLoopbackInterfaceAlone() {
    services.forEach(
        (name, service) ->
            assertThat((List<String>) service.getOrDefault("ports", List.of()))
                .as(name)
                .allMatch(p -> p.startsWith("127.0.0.1:")));
  }

  @Test
  void theClusterRunsOnTheConfigurationThatTheClusterTestStartsFrom() {
    for (String name : List.of("jobmanager", "taskmanager", "submit")) {
      Map<String, Object> service = services.get(name);
      String conf = ((Map<String, String>) service.get("environment")).get("FLINK_CONF_DIR");
      Path mounted = HOME.resolve(source(service, conf)).toAbsolutePath().normalize();
      assertThat(mounted).as(name).isEqualTo(StandaloneCluster.CONF);
      assertThat(source(service, "/opt/flink/lib/riffle-kernels.jar"))
          .as(name)
          .startsWith("./kernels/target/kernels-");
    }
  }

  @Test
  void whatIsMountedIsThereOrIsBuilt() {
    services.forEach(
        (name, service) -> {
          for (Map<String, Object> volume :
              (List<Map<String, Object>>) service.getOrDefault("volumes", List.of())) {
            String source = absent(volume.get("source").toString());
            if (volume.get("type").equals("bind") && !source.contains("/target")) {
              assertThat(HOME.resolve(source)).as(name).exists();
            }
          }
        });
  }

  @Test
  void theSubmittedJobIsTheOneThatIsBuiltWithOptionsItKnows() {
    Map<String, Object> submit = services.get("submit");
    List<String> command = (List<String>) submit.get("command");
    int jar = command.indexOf("/opt/riffle/jobs/riffle-job.jar");
    assertThat(jar).isPositive();
    assertThat(source(submit, "/opt/riffle/jobs")).isEqualTo("./flink-jobs/target");
    JobOptions options =
        new TranscriptionJob()
            .parse(
                command.subList(jar + 1, command.size()).stream()
                    .map(ComposeTest::absent)
                    .toArray(String[]::new));
    String model =
        options
            .get(ModelOptions.MODEL)
            .replace("/opt/riffle/models", source(submit, "/opt/riffle/models"));
    assertThat(HOME.resolve(model).resolve("model.safetensors")).exists();
    assertThat(services.get("topics").get("command").toString())
        .contains(Topics.of(options).in().replace("in.v1", "$$topic.v1"))
        .contains("for topic in in preview final sessions dlq");
  }

  private static String source(Map<String, Object> service, String target) {
    return ((List<Map<String, Object>>) service.get("volumes"))
        .stream()
            .filter(v -> v.get("target").equals(target))
            .map(v -> v.get("source").toString())
            .findFirst()
            .orElseThrow();
  }

  static Map<String, Map<String, Object>> services() {
    try {
      Object file =
          new Load(LoadSettings.builder().build())
              .loadFromString(Files.readString(HOME.resolve("docker-compose.yml")));
      Map<String, Map<String, Object>> found =
          (Map<String, Map<String, Object>>) ((Map<String, Object>) file).get("services");
      Map<String, Object> flink = (Map<String, Object>) ((Map<String, Object>) file).get("x-flink");
      found.values().stream()
          .filter(s -> s.containsKey("<<"))
          .forEach(s -> flink.forEach(s::putIfAbsent));
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
