package dev.riffle.jobs.commit;

import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.connector.kafka.sink.TwoPhaseCommittingStatefulSink.PrecommittingStatefulSinkWriter;

/** Writes records with the connector and counts those of each transaction. */
@SuppressWarnings("try") // the interface allows InterruptedException in close
final class CountingWriter<T>
    implements StatefulSinkWriter<T, KafkaWriterState>,
        CommittingSinkWriter<T, PendingTransaction> {
  private final PrecommittingStatefulSinkWriter<T, KafkaWriterState, KafkaCommittable> connector;
  private long records; // since the last checkpoint

  CountingWriter(PrecommittingStatefulSinkWriter<T, KafkaWriterState, KafkaCommittable> connector) {
    this.connector = connector;
  }

  @Override
  public void write(T record, Context context) throws IOException, InterruptedException {
    connector.write(record, context);
    records++;
  }

  @Override
  public void flush(boolean endOfInput) throws IOException, InterruptedException {
    connector.flush(endOfInput);
  }

  @Override
  public void writeWatermark(Watermark watermark) throws IOException, InterruptedException {
    connector.writeWatermark(watermark);
  }

  @Override
  public Collection<PendingTransaction> prepareCommit() throws IOException, InterruptedException {
    OptionalLong counted = OptionalLong.of(records);
    records = 0;
    Instant now = Instant.now();
    return connector.prepareCommit().stream()
        .map(transaction -> new PendingTransaction(transaction, counted, now))
        .toList();
  }

  @Override
  public List<KafkaWriterState> snapshotState(long checkpoint) throws IOException {
    return connector.snapshotState(checkpoint);
  }

  @Override
  public void close() throws Exception {
    connector.close();
  }
}
