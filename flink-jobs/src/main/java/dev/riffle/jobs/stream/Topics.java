package dev.riffle.jobs.stream;

import dev.riffle.jobs.options.JobOptions;
import dev.riffle.models.weights.Suggestions;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Names of the topics of one job.
 *
 * @param in input records; the key is the sequence id
 * @param preview predictions written immediately, at least once; null if the job writes no previews
 * @param finals predictions committed exactly once with state and offsets; read them with {@code
 *     read_committed}
 * @param sessions session starts, gaps and ends
 * @param deadLetters input records that could not be used
 */
public record Topics(String in, String preview, String finals, String sessions, String deadLetters)
    implements Serializable {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_-]{1,80}");
  private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}");

  /** Rule for the parts of topic names, for messages. */
  static final String PART_RULE = "1 to 80 letters, digits, '_' or '-', as a part of topic names";

  /** Rule for topic names, for messages. */
  public static final String NAME_RULE = "1 to 249 letters, digits, '.', '_' or '-'";

  /**
   * Records carry capture times as timestamps. By default a broker rejects timestamps more than an
   * hour ahead of its clock, and a rejected record would stop the job.
   */
  private static final Map<String, String> ANY_CAPTURE_TIME =
      Map.of("message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE));

  /** The topics that a job's options name. */
  public static Topics of(JobOptions options) {
    return of(options.get(KafkaOptions.NAMESPACE), options.get(KafkaOptions.STREAM));
  }

  /**
   * By Riffle's naming rule: {@code <namespace>.<stream>.{in,preview,final,sessions,dlq}.v1}.
   *
   * @param namespace owner of the topics, such as {@code riffle}
   * @param stream content of the topics, such as {@code music}
   */
  public static Topics of(String namespace, String stream) {
    checkPart("namespace", namespace);
    checkPart("stream", stream);
    String begin = namespace + "." + stream;
    return new Topics(
        begin + ".in.v1",
        begin + ".preview.v1",
        begin + ".final.v1",
        begin + ".sessions.v1",
        begin + ".dlq.v1");
  }

  /** True if this is valid as a namespace or stream. */
  static boolean isPart(String name) {
    return PART.matcher(name).matches();
  }

  /** True if a broker accepts this as a topic name. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** All topics. */
  public List<String> all() {
    return Stream.of(in, preview, finals, sessions, deadLetters).filter(Objects::nonNull).toList();
  }

  /**
   * Creates the topics that do not exist, with the broker's default replication, and waits until
   * each partition has a leader. Existing topics are not changed.
   *
   * @param bootstrap {@code host:port} of a broker
   * @param partitions of each new topic
   * @throws IllegalStateException if no broker answers within {@code timeout}
   */
  public void create(String bootstrap, int partitions, Duration timeout) {
    try (Admin admin = admin(bootstrap, timeout)) {
      List<NewTopic> wanted = new ArrayList<>();
      for (String topic : all()) {
        wanted.add(new NewTopic(topic, partitions, (short) -1).configs(ANY_CAPTURE_TIME));
      }
      for (var created : admin.createTopics(wanted).values().values()) {
        try {
          get(created, bootstrap, timeout);
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof TopicExistsException)) {
            throw failed(bootstrap, e.getCause());
          }
        }
      }
      awaitPartitions(admin, bootstrap, timeout);
    }
  }

  /**
   * A new partition answers "not leader" for a moment. Records sent in that moment may arrive out
   * of order and be rejected for good, so nothing should be sent before this returns.
   */
  private void awaitPartitions(Admin admin, String bootstrap, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      try {
        Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
        for (var described : admin.describeTopics(all()).topicNameValues().entrySet()) {
          for (TopicPartitionInfo p : get(described.getValue(), bootstrap, timeout).partitions()) {
            partitions.put(
                new TopicPartition(described.getKey(), p.partition()), OffsetSpec.latest());
          }
        }
        get(admin.listOffsets(partitions).all(), bootstrap, timeout);
        return;
      } catch (ExecutionException e) {
        boolean notCreatedYet = e.getCause() instanceof UnknownTopicOrPartitionException;
        if (!notCreatedYet || System.nanoTime() > deadline) {
          throw failed(bootstrap, e.getCause());
        }
      }
    }
  }

  /**
   * Checks that a broker answers and has all topics.
   *
   * @throws IllegalStateException if no broker answers within {@code timeout} or topics are
   *     missing; the message names them
   */
  public void require(String bootstrap, Duration timeout) {
    require(all(), bootstrap, timeout);
  }

  /** {@link #require} for the input topic only. */
  public void requireInput(String bootstrap, Duration timeout) {
    require(List.of(in), bootstrap, timeout);
  }

  private static void require(List<String> topics, String bootstrap, Duration timeout) {
    try (Admin admin = admin(bootstrap, timeout)) {
      Set<String> existing = get(admin.listTopics().names(), bootstrap, timeout);
      List<String> missing = topics.stream().filter(t -> !existing.contains(t)).toList();
      if (!missing.isEmpty()) {
        throw new IllegalStateException(
            "The broker at "
                + bootstrap
                + " has no topic "
                + String.join(", ", missing)
                + Suggestions.of(missing.get(0), existing)
                    .map(near -> "; did you mean " + near + "? Otherwise")
                    .orElse(":")
                + " create "
                + (missing.size() == 1 ? "it" : "them")
                + ", or correct the name; namespace and stream are parts of it unless the job file"
                + " names the topic.");
      }
    } catch (ExecutionException e) {
      throw failed(bootstrap, e.getCause());
    }
  }

  private static Admin admin(String bootstrap, Duration timeout) {
    int millis = (int) Math.min(Integer.MAX_VALUE, timeout.toMillis());
    try {
      return Admin.create(
          Map.of(
              AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
              bootstrap,
              AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
              millis,
              AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
              millis));
    } catch (KafkaException e) {
      if (!(e.getCause() instanceof ConfigException)) {
        throw e;
      }
      throw new IllegalStateException(
          String.format(
              "Expected brokers as HOST:PORT, with commas between several, found '%s'. Kafka"
                  + " reports: %s. Check the spelling, the port, and that the name of the host can"
                  + " be resolved.",
              bootstrap, e.getCause().getMessage()),
          e);
    }
  }

  private static <T> T get(KafkaFuture<T> future, String bootstrap, Duration timeout)
      throws ExecutionException {
    try {
      return future.get(timeout.toMillis() + 1000, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw failed(bootstrap, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(bootstrap, e);
    }
  }

  private static IllegalStateException failed(String bootstrap, Throwable cause) {
    if (cause instanceof org.apache.kafka.common.errors.TimeoutException
        || cause instanceof TimeoutException) {
      return new IllegalStateException(
          "No broker answers at "
              + bootstrap
              + ": start a broker, or name another one with --bootstrap HOST:PORT.",
          cause);
    }
    return new IllegalStateException(
        "The broker at " + bootstrap + " rejected the request: " + cause.getMessage(), cause);
  }

  private static void checkPart(String what, String name) {
    if (!isPart(name)) {
      throw new IllegalArgumentException(
          what + " must be " + PART_RULE + ", but is '" + name + "'.");
    }
  }
}
