package dev.riffle.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalBrokerIT {
  @Test
  void aDirectoryOfTheCallerKeepsItsTopicsAndATemporaryOneIsRemoved(@TempDir Path data)
      throws Exception {
    try (LocalBroker first = LocalBroker.start(data, 0);
        Admin admin = admin(first)) {
      admin.createTopics(List.of(new NewTopic("kept", 1, (short) -1))).all().get();
    }
    try (LocalBroker second = LocalBroker.start(data, 0);
        Admin admin = admin(second)) {
      assertThat(admin.listTopics().names().get()).contains("kept");
    }
    assertThat(data.resolve("meta.properties")).exists();
    LocalBroker third = LocalBroker.start();
    Path temporary = third.temporary().orElseThrow();
    assertThat(temporary).isDirectory();
    third.close();
    assertThat(temporary).doesNotExist();
  }

  @Test
  void aTakenPortIsNamedWithAHint() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> LocalBroker.start(taken.getLocalPort()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Port " + taken.getLocalPort() + " on 127.0.0.1 is taken")
          .hasMessageContaining("--bootstrap");
    }
  }

  private static Admin admin(LocalBroker broker) {
    return Admin.create(Map.of("bootstrap.servers", broker.bootstrap()));
  }
}
