package dev.riffle.jobs.health;

import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import java.time.Duration;
import java.time.ZoneId;

/**
 * What the report has to know of the job.
 *
 * @param bootstrap address of the brokers
 * @param checkpointInterval of the job
 * @param transactionTimeout after which a broker drops what was not committed
 * @param parallelism of the job
 * @param bounded true if the job ends after the records that the topic contains at the start: its
 *     lag is not reported
 * @param zone of the times that the report prints
 */
public record HealthSettings(
    String bootstrap,
    Duration checkpointInterval,
    Duration transactionTimeout,
    int parallelism,
    boolean bounded,
    ZoneId zone) {

  /** The settings that the options of a job give. */
  public static HealthSettings of(JobOptions options, ZoneId zone) {
    return new HealthSettings(
        options.get(KafkaOptions.BOOTSTRAP),
        options.get(FlinkOptions.CHECKPOINT_INTERVAL),
        options.get(KafkaOptions.TRANSACTION_TIMEOUT),
        options.get(FlinkOptions.PARALLELISM),
        options.get(KafkaOptions.BOUNDED),
        zone);
  }
}
