package dev.riffle.jobs.commit;

import java.io.IOException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;

/**
 * What became of transactions, as the broker's transaction coordinator describes them.
 *
 * @param broker settings of an admin client
 */
record TransactionLog(Properties broker) {

  /** What became of a transaction. */
  enum Outcome {
    COMMITTED, // its records are in their topics
    ABORTED, // its records are lost
    UNKNOWN // the broker has forgotten it, or its id has been used again
  }

  /**
   * What became of a transaction whose producer the broker no longer accepts.
   *
   * @throws IOException if the broker does not answer; try again later
   */
  Outcome of(KafkaCommittable transaction) throws IOException, InterruptedException {
    String id = transaction.getTransactionalId();
    try (Admin admin = Admin.create(broker)) {
      TransactionDescription found = admin.describeTransactions(List.of(id)).description(id).get();
      if (found.producerId() != transaction.getProducerId()) {
        return Outcome.UNKNOWN;
      }
      return switch (found.state()) {
        case PREPARE_COMMIT, COMPLETE_COMMIT -> Outcome.COMMITTED;
        case PREPARE_ABORT, COMPLETE_ABORT, PREPARE_EPOCH_FENCE -> Outcome.ABORTED;
        default -> Outcome.UNKNOWN;
      };
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TransactionalIdNotFoundException) {
        return Outcome.UNKNOWN;
      }
      throw new IOException("The broker does not describe the transaction " + id, e.getCause());
    }
  }
}
