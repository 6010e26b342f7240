package dev.riffle.jobs.sequence;

import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.Topics;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the names of a job's topics from its file. */
final class SinksSection {
  /** Stands for the stream's name if that is invalid, which has been reported. */
  private static final String UNNAMED = "unnamed";

  private SinksSection() {}

  /** The topics; their default names come from the options. */
  static Topics topics(YamlValues values, JobOptions options) {
    Topics defaults =
        Topics.of(
            options.get(KafkaOptions.NAMESPACE),
            options.optional(KafkaOptions.STREAM).orElse(UNNAMED));
    Topics topics =
        new Topics(
            values.topic(JobKey.TOPIC, defaults.in()),
            options.get(KafkaOptions.PREVIEW)
                ? values.topic(JobKey.PREVIEW, defaults.preview())
                : null,
            values.topic(JobKey.FINAL, defaults.finals()),
            values.topic(JobKey.SESSIONS, defaults.sessions()),
            values.topic(JobKey.DLQ, defaults.deadLetters()));
    checkDistinct(values, topics);
    return topics;
  }

  private static void checkDistinct(YamlValues values, Topics topics) {
    Map<JobKey, String> named = new LinkedHashMap<>();
    named.put(JobKey.TOPIC, topics.in());
    named.put(JobKey.FINAL, topics.finals());
    if (topics.preview() != null) {
      named.put(JobKey.PREVIEW, topics.preview());
    }
    named.put(JobKey.SESSIONS, topics.sessions());
    named.put(JobKey.DLQ, topics.deadLetters());
    Map<String, JobKey> taken = new LinkedHashMap<>();
    named.forEach(
        (key, topic) -> {
          JobKey other = taken.putIfAbsent(topic, key);
          if (other != null) {
            values.report(key, topic, "a different topic than that of " + other.path());
          }
        });
  }
}
