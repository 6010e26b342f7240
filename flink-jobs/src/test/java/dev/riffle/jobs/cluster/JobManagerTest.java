package dev.riffle.jobs.cluster;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobManagerTest {
  private static final JobManager.Run RUN =
      new JobManager.Run(Optional.empty(), List.of(), Optional.empty(), Optional.empty());

  @ParameterizedTest
  @ValueSource(strings = {"localhost:8081", "127.0.0.1", "cluster.example:8081/ui"})
  void anAddressWithoutASchemeIsRefusedWithTheCompleteOne(String address) {
    JobManager jobs = new JobManager(URI.create(address.contains(":") ? address : "//" + address));
    assertThatThrownBy(() -> jobs.run("jar", RUN))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("must be a URL such as http://127.0.0.1:8081, but is '");
  }

  @Test
  void theCompleteAddressIsSuggested() {
    JobManager jobs = new JobManager(URI.create("localhost:8081"));
    assertThatThrownBy(() -> jobs.run("jar", RUN))
        .hasMessageEndingWith("but is 'localhost:8081'. Try http://localhost:8081.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://me:secret@127.0.0.1:1",
        "http://me:a/secret@127.0.0.1:1",
        "me:secret@127.0.0.1:1",
        "http://me:secret@127.0.0.1:1/flink/",
        "ftp://me:secret@127.0.0.1:1"
      })
  void aMessageNeverContainsThePassword(String address) {
    JobManager jobs = new JobManager(URI.create(address));
    assertThatThrownBy(() -> jobs.run("jar", RUN))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("127.0.0.1:1")
        .hasMessageNotContaining("secret")
        .hasMessageNotContaining("me:");
  }
}
