package dev.riffle.jobs;

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
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Names of the topics of one job.
 *
 * @param in events, key = sequence id
 * @param preview answers at once: at least once, may repeat; null for none
 * @param finals answers committed once with state and offsets; read it {@code read_committed}
 * @param sessions sequences that start, jump and end
 * @param deadLetters inputs that could not be used
 */
public record Topics(String in, String preview, String finals, String sessions, String deadLetters)
    implements Serializable {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_-]{1,80}");
  private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}");

  /** What a part may be, in words. */
  static final String PART_RULE = "1 to 80 letters, digits, '_' or '-', as a part of topic names";

  /** What a topic's name may be, in words. */
  public static final String NAME_RULE = "1 to 249 letters, digits, '.', '_' or '-'";

  /**
   * A record's timestamp is a capture time. By its own default a broker refuses one that is an hour
   * ahead of its clock, and a refused record stops the job.
   */
  private static final Map<String, String> ANY_CAPTURE_TIME =
      Map.of("message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE));

  /**
   * By our own rule: {@code <namespace>.<stream>.{in,preview,final,sessions,dlq}.v1}.
   *
   * @param namespace who owns it, such as {@code riffle}
   * @param stream what flows in it, such as {@code music}
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

  /** True if this may be a part of a topic's name by our rule. */
  static boolean isPart(String name) {
    return PART.matcher(name).matches();
  }

  /** True if a broker takes this as a topic's name. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** All of them. */
  public List<String> all() {
    return Stream.of(in, preview, finals, sessions, deadLetters).filter(Objects::nonNull).toList();
  }

  /**
   * Creates those that do not exist yet, with the broker's own replication, and waits until each
   * partition answers; leaves others as they are.
   *
   * @param bootstrap {@code host:port} of a broker
   * @param partitions of each new topic
   * @throws IllegalStateException if no broker answers within {@code patience}
   */
  public void create(String bootstrap, int partitions, Duration patience) {
    try (Admin admin = admin(bootstrap, patience)) {
      List<NewTopic> wanted = new ArrayList<>();
      for (String topic : all()) {
        wanted.add(new NewTopic(topic, partitions, (short) -1).configs(ANY_CAPTURE_TIME));
      }
      for (var created : admin.createTopics(wanted).values().values()) {
        try {
          get(created, bootstrap, patience);
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof TopicExistsException)) {
            throw failed(bootstrap, e.getCause());
          }
        }
      }
      awaitPartitions(admin, bootstrap, patience);
    }
  }

  /**
   * A partition that was just created answers "not leader" for a moment. What a producer sends then
   * may arrive out of order and be refused for good, so nobody should send before this returns.
   */
  private void awaitPartitions(Admin admin, String bootstrap, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
        for (var described : admin.describeTopics(all()).topicNameValues().entrySet()) {
          for (TopicPartitionInfo p : get(described.getValue(), bootstrap, patience).partitions()) {
            partitions.put(
                new TopicPartition(described.getKey(), p.partition()), OffsetSpec.latest());
          }
        }
        get(admin.listOffsets(partitions).all(), bootstrap, patience);
        return;
      } catch (ExecutionException e) {
        boolean notKnownYet = e.getCause() instanceof UnknownTopicOrPartitionException;
        if (!notKnownYet || System.nanoTime() > deadline) {
          throw failed(bootstrap, e.getCause());
        }
      }
    }
  }

  /**
   * Checks that a broker answers and holds all topics.
   *
   * @throws IllegalStateException if none answers within {@code patience} or topics are missing;
   *     the message names them
   */
  public void require(String bootstrap, Duration patience) {
    require(all(), bootstrap, patience);
  }

  /** {@link #require} for the input topic alone. */
  public void requireInput(String bootstrap, Duration patience) {
    require(List.of(in), bootstrap, patience);
  }

  private static void require(List<String> topics, String bootstrap, Duration patience) {
    try (Admin admin = admin(bootstrap, patience)) {
      Set<String> there = get(admin.listTopics().names(), bootstrap, patience);
      List<String> missing = topics.stream().filter(t -> !there.contains(t)).toList();
      if (!missing.isEmpty()) {
        throw new IllegalStateException(
            "The broker at "
                + bootstrap
                + " has no topic "
                + String.join(", ", missing)
                + Suggestions.of(missing.get(0), there)
                    .map(near -> "; did you mean " + near + "? Else")
                    .orElse(":")
                + " create "
                + (missing.size() == 1 ? "it" : "them")
                + ", or correct the name (namespace and stream are parts of it unless it is said"
                + " whole).");
      }
    } catch (ExecutionException e) {
      throw failed(bootstrap, e.getCause());
    }
  }

  private static Admin admin(String bootstrap, Duration patience) {
    int millis = (int) Math.min(Integer.MAX_VALUE, patience.toMillis());
    return Admin.create(
        Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrap,
            AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
            millis,
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            millis));
  }

  private static <T> T get(KafkaFuture<T> future, String bootstrap, Duration patience)
      throws ExecutionException {
    try {
      return future.get(patience.toMillis() + 1000, TimeUnit.MILLISECONDS);
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
              + ": start one, or name another with --bootstrap HOST:PORT.",
          cause);
    }
    return new IllegalStateException(
        "The broker at " + bootstrap + " refused: " + cause.getMessage(), cause);
  }

  private static void checkPart(String what, String name) {
    if (!isPart(name)) {
      throw new IllegalArgumentException(
          what + " must be " + PART_RULE + ", but is '" + name + "'.");
    }
  }
}
