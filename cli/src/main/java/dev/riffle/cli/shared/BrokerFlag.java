package dev.riffle.cli.shared;

import dev.riffle.jobs.stream.KafkaOptions;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option {@code --bootstrap}. */
public class BrokerFlag {
  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description = "Kafka broker (default: 127.0.0.1:9092, or that of the job file).")
  private String bootstrap;

  /** The broker, if the option was given. */
  public final Optional<String> given() {
    return Optional.ofNullable(bootstrap);
  }

  /** The broker. */
  public final String bootstrap() {
    return given().or(KafkaOptions.BOOTSTRAP::defaultValue).orElseThrow();
  }
}
