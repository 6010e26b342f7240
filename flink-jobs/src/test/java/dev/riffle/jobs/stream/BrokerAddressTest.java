package dev.riffle.jobs.stream;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BrokerAddressTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "no-such-host.invalid:9092",
        "localhost",
        "localhost:port",
        "no host.invalid:9092",
        ":"
      })
  void anAddressThatNamesNoBrokerIsRefusedWithTheReason(String address) {
    Topics topics = Topics.of("riffle", "test");
    assertThatThrownBy(() -> topics.requireInput(address, Duration.ofSeconds(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Expected brokers as HOST:PORT")
        .hasMessageContaining("found '" + address + "'. Kafka reports: ");
  }
}
