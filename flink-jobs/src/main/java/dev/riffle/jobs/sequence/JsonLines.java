package dev.riffle.jobs.sequence;

import dev.riffle.jobs.stream.InputRecord;
import dev.riffle.models.InputException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** Checks lines of JSON as a job reads the records of its topic. */
public final class JsonLines {
  private final SequenceInput input;
  private final String topic;
  private final byte[] key;

  /**
   * @param file of a job, without problems
   * @param key Kafka key of all lines; empty if a field of each line is the key
   * @throws IllegalArgumentException if the job does not read JSON, or the key is missing or
   *     superfluous
   */
  public JsonLines(JobFile file, Optional<String> key) {
    if (!(file.definition() instanceof SequenceJob job)
        || job.settings().format().map(RecordFormat::kind).orElseThrow()
            != RecordFormat.Kind.JSON) {
      throw new IllegalArgumentException(
          "The job " + file.name() + " does not read JSON. Lines are sent to jobs of format json.");
    }
    String field = job.settings().fields().map(EventFields::key).orElse(null);
    if (field == null && key.isEmpty()) {
      throw new IllegalArgumentException(
          "The job " + file.name() + " identifies sequences by the Kafka key: set it with --key.");
    }
    if (field != null && key.isPresent()) {
      throw new IllegalArgumentException(
          "The job "
              + file.name()
              + " takes its key from the field '"
              + field
              + "': leave --key out.");
    }
    this.input = job.input(file.options());
    this.topic = file.topics().in();
    this.key = key.map(text -> text.getBytes(StandardCharsets.UTF_8)).orElse(null);
  }

  private ConsumerRecord<byte[], byte[]> recordOf(byte[] value) {
    return new ConsumerRecord<>(
        topic,
        0,
        0,
        System.currentTimeMillis(), // as the producer will set it
        TimestampType.CREATE_TIME,
        ConsumerRecord.NULL_SIZE,
        ConsumerRecord.NULL_SIZE,
        key,
        value,
        new RecordHeaders(),
        Optional.empty());
  }

  /**
   * The Kafka key of a line: the given one, or else the sequence id.
   *
   * @throws InputException if the job cannot use the line; the message says why
   */
  public String key(String line) {
    byte[] value = line.getBytes(StandardCharsets.UTF_8);
    InputRecord record = input.read(recordOf(value));
    if (record.event != null) {
      return key == null ? record.event.sequenceId : new String(key, StandardCharsets.UTF_8);
    }
    String[] headers = record.deadLetter.headers;
    throw new InputException(headers[headers.length - 1]); // the last header is the error
  }
}
