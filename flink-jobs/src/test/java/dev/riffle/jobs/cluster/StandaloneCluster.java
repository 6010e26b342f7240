package dev.riffle.jobs.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.GlobalConfiguration;

/**
 * A JobManager and TaskManagers as processes, from the jars of {@code demo/cluster} and the very
 * configuration files that {@code docker-compose.yml} mounts; only ports and directories are the
 * test's.
 */
final class StandaloneCluster implements AutoCloseable {
  private static final Path HOME = Path.of("..", "demo", "cluster").toAbsolutePath().normalize();
  static final Path CONF = HOME.resolve("conf");
  static final Path LIB = HOME.resolve("target").resolve("lib");

  private final Path work;
  private final Configuration config = GlobalConfiguration.loadConfiguration(CONF.toString());
  private final List<String> settings;
  private final Map<String, JavaProcess> processes = new LinkedHashMap<>();
  private final FlinkRest rest;

  StandaloneCluster(Path work) throws IOException {
    this.work = work;
    int restPort = freePort();
    settings =
        List.of(
            "-Djobmanager.rpc.port=" + freePort(),
            "-Dblob.server.port=" + freePort(),
            "-Drest.port=" + restPort,
            "-Dexecution.checkpointing.dir=" + work.resolve("checkpoints").toUri(),
            "-Dexecution.checkpointing.savepoint-dir=" + work.resolve("savepoints").toUri(),
            "-Dweb.upload.dir=" + work.resolve("upload"),
            "-Dio.tmp.dirs=" + work.resolve("tmp"));
    rest = new FlinkRest(restPort);
    start(
        "jobmanager",
        List.of("-Xmx512m"),
        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
        List.of());
  }

  FlinkRest rest() {
    return rest;
  }

  /** Starts a TaskManager with this id. */
  JavaProcess startTaskManager(String id) {
    List<String> jvm = new ArrayList<>(words(config.get(CoreOptions.FLINK_TM_JVM_OPTIONS)));
    jvm.add("-Xmx640m"); // task and framework heap of config.yaml
    return start(
        id,
        jvm,
        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
        List.of("-Dtaskmanager.resource-id=" + id));
  }

  /** A process that was started here. */
  JavaProcess process(String id) {
    return processes.get(id);
  }

  private JavaProcess start(String id, List<String> jvm, String main, List<String> more) {
    List<String> arguments = new ArrayList<>(words(config.get(CoreOptions.FLINK_JVM_OPTIONS)));
    arguments.addAll(jvm);
    arguments.add("-Dlog4j.configurationFile=" + CONF.resolve("log4j-console.properties").toUri());
    arguments.add("-Dlog.file=" + work.resolve(id + ".flink.log"));
    arguments.addAll(List.of("-cp", LIB + "/*", main, "--configDir", CONF.toString()));
    arguments.addAll(settings);
    arguments.addAll(more);
    JavaProcess process = JavaProcess.start(work.resolve(id + ".log"), false, arguments);
    processes.put(id, process);
    return process;
  }

  private static List<String> words(String options) {
    return options.isBlank() ? List.of() : Arrays.asList(options.strip().split("\\s+"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    processes.values().forEach(JavaProcess::close);
  }
}
