package dev.riffle.jobs.stream;

import java.io.IOException;
import java.util.Set;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.watermark.WatermarkDeclaration;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * A Kafka source that commits the offsets of its last complete checkpoint before it closes.
 *
 * <p>Flink's source begins to commit offsets when a checkpoint is complete, but a job that stops
 * with a savepoint closes it at that moment. The offsets of the savepoint were usually lost: a run
 * without the savepoint then computed the records before it again, although their predictions were
 * committed.
 */
final class CommittingSource
    implements Source<InputRecord, KafkaPartitionSplit, KafkaSourceEnumState>,
        ResultTypeQueryable<InputRecord> {
  private static final long serialVersionUID = 1;

  private final KafkaSource<InputRecord> source;
  private final String bootstrap;
  private final String group;

  CommittingSource(KafkaSource<InputRecord> source, String bootstrap, String group) {
    this.source = source;
    this.bootstrap = bootstrap;
    this.group = group;
  }

  @Override
  public SourceReader<InputRecord, KafkaPartitionSplit> createReader(SourceReaderContext context)
      throws Exception {
    return new CommittingReader(source.createReader(context), bootstrap, group);
  }

  @Override
  public Boundedness getBoundedness() {
    return source.getBoundedness();
  }

  @Override
  public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
      SplitEnumeratorContext<KafkaPartitionSplit> context) {
    return source.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
      SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state)
      throws IOException {
    return source.restoreEnumerator(context, state);
  }

  @Override
  public SimpleVersionedSerializer<KafkaPartitionSplit> getSplitSerializer() {
    return source.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<KafkaSourceEnumState> getEnumeratorCheckpointSerializer() {
    return source.getEnumeratorCheckpointSerializer();
  }

  @Override
  public Set<? extends WatermarkDeclaration> declareWatermarks() {
    return source.declareWatermarks();
  }

  @Override
  public TypeInformation<InputRecord> getProducedType() {
    return source.getProducedType();
  }
}
