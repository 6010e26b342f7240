package dev.riffle.jobs.commit;

import java.time.Instant;
import java.util.OptionalLong;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;

/**
 * A transaction that a checkpoint contains and that is not known to be committed.
 *
 * @param kafka the transaction
 * @param records in it; empty in checkpoints of versions that did not count them
 * @param prepared when the checkpoint took it
 */
record PendingTransaction(KafkaCommittable kafka, OptionalLong records, Instant prepared) {

  /** Its records as a phrase. */
  String contents() {
    return records.isPresent()
        ? String.format("%,d records, written until %s", records.getAsLong(), prepared)
        : "an unknown number of records";
  }
}
