package dev.riffle.jobs.stream;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The reader of a {@link CommittingSource}. */
@SuppressWarnings("try") // close() of Flink's interface throws any exception
final class CommittingReader implements SourceReader<InputRecord, KafkaPartitionSplit> {
  private static final Logger LOG = LoggerFactory.getLogger(CommittingReader.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final SourceReader<InputRecord, KafkaPartitionSplit> reader;
  private final String bootstrap;
  private final String group;
  private final NavigableMap<Long, Map<TopicPartition, OffsetAndMetadata>> pending =
      new TreeMap<>(); // by id of a checkpoint that is not complete
  private Map<TopicPartition, OffsetAndMetadata> complete = Map.of();

  CommittingReader(
      SourceReader<InputRecord, KafkaPartitionSplit> reader, String bootstrap, String group) {
    this.reader = reader;
    this.bootstrap = bootstrap;
    this.group = group;
  }

  @Override
  public List<KafkaPartitionSplit> snapshotState(long checkpoint) {
    List<KafkaPartitionSplit> splits = reader.snapshotState(checkpoint);
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (KafkaPartitionSplit split : splits) {
      if (split.getStartingOffset() >= 0) { // else its position is not known yet
        offsets.put(split.getTopicPartition(), new OffsetAndMetadata(split.getStartingOffset()));
      }
    }
    pending.put(checkpoint, offsets);
    return splits;
  }

  @Override
  public void notifyCheckpointComplete(long checkpoint) throws Exception {
    reader.notifyCheckpointComplete(checkpoint);
    Map<TopicPartition, OffsetAndMetadata> offsets = pending.get(checkpoint);
    if (offsets != null) {
      complete = offsets;
      pending.headMap(checkpoint, true).clear();
    }
  }

  @Override
  public void notifyCheckpointAborted(long checkpoint) throws Exception {
    reader.notifyCheckpointAborted(checkpoint);
    pending.remove(checkpoint);
  }

  @Override
  public void close() throws Exception {
    reader.close();
    if (!complete.isEmpty()) {
      commit();
    }
  }

  /** A failure is not one of the job: the savepoint contains the offsets, too. */
  private void commit() {
    int millis = (int) TIMEOUT.toMillis();
    Map<String, Object> settings =
        Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrap,
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            millis,
            AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
            millis);
    try (Admin admin = Admin.create(settings)) {
      admin.alterConsumerGroupOffsets(group, complete).all().get(millis, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      LOG.warn(
          "The offsets {} of the last checkpoint may not be committed for group {}: {}. A start"
              + " without a savepoint or checkpoint may compute records again.",
          complete,
          group,
          e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void start() {
    reader.start();
  }

  @Override
  public InputStatus pollNext(ReaderOutput<InputRecord> output) throws Exception {
    return reader.pollNext(output);
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    return reader.isAvailable();
  }

  @Override
  public void addSplits(List<KafkaPartitionSplit> splits) {
    reader.addSplits(splits);
  }

  @Override
  public void notifyNoMoreSplits() {
    reader.notifyNoMoreSplits();
  }

  @Override
  public void handleSourceEvents(SourceEvent event) {
    reader.handleSourceEvents(event);
  }

  @Override
  public void pauseOrResumeSplits(Collection<String> pause, Collection<String> resume) {
    reader.pauseOrResumeSplits(pause, resume);
  }
}
