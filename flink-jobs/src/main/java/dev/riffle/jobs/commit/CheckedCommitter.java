package dev.riffle.jobs.commit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits transactions and ends the job at one that the broker aborted.
 *
 * <p>After a restart the job commits the transactions of its last checkpoint again. The connector
 * drops each one whose producer the broker no longer accepts, whether its records were committed
 * before the restart, or aborted because the restart took longer than {@code transaction-timeout}.
 * This committer asks the broker which of the two it is.
 */
@SuppressWarnings("try") // the interface allows InterruptedException in close
final class CheckedCommitter implements Committer<PendingTransaction> {
  private static final Logger LOG = LoggerFactory.getLogger(CheckedCommitter.class);

  private final Committer<KafkaCommittable> connector;
  private final TransactionLog log;
  private final String topic;
  private final boolean acceptLoss;

  CheckedCommitter(
      Committer<KafkaCommittable> connector, TransactionLog log, String topic, boolean acceptLoss) {
    this.connector = connector;
    this.log = log;
    this.topic = topic;
    this.acceptLoss = acceptLoss;
  }

  /**
   * Commits.
   *
   * @throws SuppressRestartsException if records are lost, unless loss is accepted
   */
  @Override
  public void commit(Collection<CommitRequest<PendingTransaction>> requests)
      throws IOException, InterruptedException {
    List<CommitRequest<KafkaCommittable>> checked = new ArrayList<>();
    List<Refused> refused = new ArrayList<>();
    requests.forEach(request -> checked.add(new Request(request, refused)));
    connector.commit(checked);
    for (Refused request : refused) {
      resolve(request);
    }
  }

  private void resolve(Refused refused) throws IOException, InterruptedException {
    PendingTransaction transaction = refused.request.getCommittable();
    TransactionLog.Outcome outcome = log.of(transaction.kafka());
    if (outcome == TransactionLog.Outcome.COMMITTED) {
      LOG.info("{} was committed before the restart.", transaction.kafka().getTransactionalId());
      refused.request.signalAlreadyCommitted();
      return;
    }
    String what = message(transaction, outcome);
    if (!acceptLoss) {
      throw new SuppressRestartsException(new IllegalStateException(what));
    }
    LOG.error("{} The job continues, as accept-loss is set.", what);
    refused.request.signalFailedWithKnownReason(refused.cause);
  }

  private String message(PendingTransaction transaction, TransactionLog.Outcome outcome) {
    String id = transaction.kafka().getTransactionalId();
    if (outcome == TransactionLog.Outcome.ABORTED) {
      return String.format(
          "The broker aborted a transaction of the restored checkpoint: %s for the topic %s are"
              + " lost (transaction %s). The job was down for longer than transaction-timeout."
              + " Nothing has been written since. Start from the checkpoint before it, which"
              + " computes these records again, with --from-savepoint; or continue without them with"
              + " --accept-loss. Then raise transaction-timeout above the longest outage.",
          transaction.contents(), topic, id);
    }
    return String.format(
        "The broker does not know whether a transaction of the restored checkpoint was committed:"
            + " %s for the topic %s (transaction %s). It forgets a transaction after"
            + " transactional.id.expiration.ms, 7 days by default, or when its id is used again."
            + " If the savepoint is of a job that was stopped with it, they were committed: pass"
            + " --accept-loss to continue. Otherwise start from a later checkpoint.",
        transaction.contents(), topic, id);
  }

  @Override
  public void close() throws Exception {
    connector.close();
  }

  /** A request that the connector gave up, and why. */
  private record Refused(CommitRequest<PendingTransaction> request, Throwable cause) {}

  /** The connector's view of a request. */
  private record Request(CommitRequest<PendingTransaction> of, List<Refused> refused)
      implements CommitRequest<KafkaCommittable> {
    @Override
    public KafkaCommittable getCommittable() {
      return of.getCommittable().kafka();
    }

    @Override
    public int getNumberOfRetries() {
      return of.getNumberOfRetries();
    }

    @Override
    public void signalFailedWithKnownReason(Throwable cause) {
      refused.add(new Refused(of, cause));
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable cause) {
      of.signalFailedWithUnknownReason(cause);
    }

    @Override
    public void retryLater() {
      of.retryLater();
    }

    @Override
    public void updateAndRetryLater(KafkaCommittable kafka) {
      PendingTransaction old = of.getCommittable();
      of.updateAndRetryLater(new PendingTransaction(kafka, old.records(), old.prepared()));
    }

    @Override
    public void signalAlreadyCommitted() {
      of.signalAlreadyCommitted();
    }
  }
}
