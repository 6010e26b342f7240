package dev.riffle.jobs.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.apache.flink.api.common.resources.ExternalResource;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.core.plugin.DefaultPluginManager;
import org.apache.flink.core.plugin.DirectoryBasedPluginFinder;
import org.apache.flink.core.plugin.PluginManager;
import org.apache.flink.runtime.externalresource.ExternalResourceInfoProvider;
import org.apache.flink.runtime.externalresource.ExternalResourceUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * With the settings of {@code taskmanager-cuda} in the compose file Flink offers a card and tells
 * tasks which: Flink's own plugin, loaded as a plugin, and its own script, which asks a stand-in
 * for {@code nvidia-smi}.
 */
class CardResourceTest {
  private static final Path PLUGINS = Path.of("target", "plugins").toAbsolutePath();

  @TempDir Path work;

  @BeforeEach
  void aShellIsThere() {
    assumeThat(Path.of("/usr/bin/env")).exists();
    assumeThat(Path.of("/bin/bash")).exists();
  }

  @Test
  void theTaskManagerOffersOneCardAndTasksAreReportedItsIndex() throws IOException {
    Configuration config = config("echo 0; echo 1");

    ExternalResource offered =
        ExternalResourceUtils.getExternalResourcesCollection(config).iterator().next();
    assertThat(offered.getName()).isEqualTo("gpu");
    assertThat(offered.getValue()).isEqualByComparingTo("1");

    Set<ExternalResourceInfo> infos = provider(config).getExternalResourceInfos("gpu");
    assertThat(infos)
        .singleElement()
        .satisfies(card -> assertThat(card.getProperty("index")).isEqualTo(Optional.of("0")));
  }

  @Test
  void aHostWithoutACardOffersTasksNone() throws IOException {
    // What Flink says of a script that fails, it says in its log: the process goes on.
    assertThat(provider(config("exit 9")).getExternalResourceInfos("gpu")).isEmpty();
  }

  private static ExternalResourceInfoProvider provider(Configuration config) throws IOException {
    PluginManager plugins =
        new DefaultPluginManager(
            new DirectoryBasedPluginFinder(PLUGINS).findPlugins(),
            CoreOptions.getPluginParentFirstLoaderPatterns(config));
    return ExternalResourceUtils.createStaticExternalResourceInfoProviderFromConfig(
        config, plugins);
  }

  /**
   * The compose file's settings, with a script that runs Flink's own.
   *
   * @param smi what the stand-in for {@code nvidia-smi} does
   */
  private Configuration config(String smi) throws IOException {
    Configuration config = new Configuration();
    Map<String, Object> card = ComposeTest.services().get("taskmanager-cuda");
    for (Object option : (List<?>) card.get("command")) {
      if (option.toString().startsWith("-Dexternal-resource")) {
        String[] pair = option.toString().substring(2).split("=", 2);
        config.setString(pair[0], pair[1]);
      }
    }
    unpack("gpu-discovery-common.sh");
    Path flinks = unpack("nvidia-gpu-discovery.sh");
    Path bin = Files.createDirectories(work.resolve("bin"));
    script(bin.resolve("nvidia-smi"), smi);
    Path standIn =
        script(
            work.resolve("discovery.sh"),
            "PATH='" + bin + "':\"$PATH\" exec '" + flinks + "' \"$@\"");
    config.setString("external-resource.gpu.param.discovery-script.path", standIn.toString());
    return config;
  }

  /** Takes a script out of the plugin's jar; Flink's distribution has it beside. */
  private Path unpack(String name) throws IOException {
    try (var jars = Files.list(PLUGINS.resolve("external-resource-gpu"))) {
      URL jar = jars.findFirst().orElseThrow().toUri().toURL();
      try (URLClassLoader loader = new URLClassLoader(new URL[] {jar}, null);
          InputStream in = loader.getResourceAsStream(name)) {
        Path file = work.resolve(name);
        Files.write(file, in.readAllBytes());
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
      }
    }
  }

  private static Path script(Path file, String line) throws IOException {
    Files.writeString(file, "#!/usr/bin/env bash\n" + line + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
    return file;
  }
}
