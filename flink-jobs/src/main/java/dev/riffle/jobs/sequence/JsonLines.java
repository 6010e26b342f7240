package dev.riffle.jobs.sequence;

import dev.riffle.jobs.stream.InputRecord;
import dev.riffle.models.InputException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads lines of JSON as a job reads the records of its topic. */
public final class JsonLines {
  private final SequenceInput input;
  private final String topic;
  private final byte[] key;

  /**
   * @param job without mistakes
   * @param key Kafka key of all lines; null where a field of theirs is the key
   * @throws IllegalArgumentException if the job does not read JSON, or its key is not known
   */
  public JsonLines(JobFile job, String key) {
    if (job.format().kind() != RecordFormat.Kind.JSON) {
      throw new IllegalArgumentException(
          "The job " + job.name() + " does not read JSON: only for format json are lines written.");
    }
    if ((job.fields().key() == null) == (key == null)) {
      throw new IllegalArgumentException(
          key == null
              ? "The job " + job.name() + " takes the Kafka key: say which it is to be with --key."
              : "The job "
                  + job.name()
                  + " takes its key from the field '"
                  + job.fields().key()
                  + "': leave --key out.");
    }
    this.input = SequenceJob.input(job);
    this.topic = job.topics().in();
    this.key = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The sequence id of a line, which is to be its Kafka key.
   *
   * @throws InputException if the job could not use the line; the message says why
   */
  public String key(String line) {
    byte[] value = line.getBytes(StandardCharsets.UTF_8);
    InputRecord inbound = input.read(new ConsumerRecord<>(topic, 0, 0, key, value));
    if (inbound.event != null) {
      return inbound.event.sequenceId;
    }
    String[] headers = inbound.deadLetter.headers;
    throw new InputException(headers[headers.length - 1]); // the error stands last
  }
}
