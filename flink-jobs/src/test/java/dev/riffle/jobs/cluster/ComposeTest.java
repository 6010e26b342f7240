package dev.riffle.jobs.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.jobs.JobOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
                assertThat((String) service.get("image")).matches("[a-z/]+:[0-9].*"));
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
            String source = volume.get("source").toString().replaceAll("\\$\\{[^:]*:-(.*)}", "$1");
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
        JobOptions.parse(command.subList(jar + 1, command.size()).toArray(String[]::new));
    String model =
        options.model().replace("/opt/riffle/models", source(submit, "/opt/riffle/models"));
    assertThat(HOME.resolve(model).resolve("model.safetensors")).exists();
    assertThat(services.get("topics").get("command").toString())
        .contains(options.topics().in().replace("in.v1", "$$lane.v1"))
        .contains("for lane in in preview final sessions dlq");
  }

  private static String source(Map<String, Object> service, String target) {
    return ((List<Map<String, Object>>) service.get("volumes"))
        .stream()
            .filter(v -> v.get("target").equals(target))
            .map(v -> v.get("source").toString())
            .findFirst()
            .orElseThrow();
  }

  private static Map<String, Map<String, Object>> services() {
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
      throw new java.io.UncheckedIOException(e);
    }
  }
}
