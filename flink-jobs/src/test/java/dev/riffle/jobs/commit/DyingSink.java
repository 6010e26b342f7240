package dev.riffle.jobs.commit;

import java.io.IOException;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.SupportsPostCommitTopology;
import org.apache.flink.streaming.api.datastream.DataStream;

/** A sink that dies once when a completed checkpoint is to be committed. */
final class DyingSink<T>
    implements Sink<T>,
        SupportsWriterState<T, KafkaWriterState>,
        SupportsCommitter<PendingTransaction>,
        SupportsPostCommitTopology<PendingTransaction> {
  private static final long serialVersionUID = 1;

  /** When it dies. */
  enum When {
    BEFORE_THE_COMMIT,
    AFTER_THE_COMMIT
  }

  private static final AtomicBoolean DEAD = new AtomicBoolean(); // the tasks are in this JVM

  private final ExactlyOnceSink<T> sink;
  private final When when;

  DyingSink(ExactlyOnceSink<T> sink, When when) {
    this.sink = sink;
    this.when = when;
    DEAD.set(false);
  }

  @Override
  public SinkWriter<T> createWriter(WriterInitContext context) throws IOException {
    return sink.createWriter(context);
  }

  @Override
  public CountingWriter<T> restoreWriter(
      WriterInitContext context, Collection<KafkaWriterState> states) throws IOException {
    return sink.restoreWriter(context, states);
  }

  @Override
  public SimpleVersionedSerializer<KafkaWriterState> getWriterStateSerializer() {
    return sink.getWriterStateSerializer();
  }

  @Override
  public Committer<PendingTransaction> createCommitter(CommitterInitContext context)
      throws IOException {
    return new DyingCommitter(sink.createCommitter(context), when);
  }

  @Override
  public SimpleVersionedSerializer<PendingTransaction> getCommittableSerializer() {
    return sink.getCommittableSerializer();
  }

  @Override
  public void addPostCommitTopology(
      DataStream<CommittableMessage<PendingTransaction>> transactions) {
    sink.addPostCommitTopology(transactions);
  }

  @SuppressWarnings("try") // the interface allows InterruptedException in close
  private record DyingCommitter(Committer<PendingTransaction> committer, When when)
      implements Committer<PendingTransaction> {
    @Override
    public void commit(Collection<CommitRequest<PendingTransaction>> requests)
        throws IOException, InterruptedException {
      boolean dies = !requests.isEmpty() && DEAD.compareAndSet(false, true);
      if (dies && when == When.BEFORE_THE_COMMIT) {
        throw new IOException("Died before the commit.");
      }
      committer.commit(requests);
      if (dies) {
        throw new IOException("Died after the commit.");
      }
    }

    @Override
    public void close() throws Exception {
      committer.close();
    }
  }
}
