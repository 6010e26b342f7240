package dev.riffle.cli.transcribe;

import dev.riffle.cli.job.LocalJob;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.Progress;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.topic.Playback;
import dev.riffle.cli.topic.Player;
import dev.riffle.cli.topic.TopicReader;
import dev.riffle.jobs.stream.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Sends takes through a job and collects their notes.
 *
 * @param takes by the ids of their sequences
 */
record FileTranscription(LocalJob local, Map<String, Take> takes, Progress progress) {
  private static final int CHUNK_MILLIS = 128;
  private static final int CHUNK_BYTES = 256 * 1024;
  private static final int BYTES_PER_SAMPLE = 4;

  /** Gives each take its id. */
  static Map<String, Take> byId(List<Take> takes) {
    Map<String, Take> byId = new LinkedHashMap<>();
    takes.forEach(take -> byId.put(take.sequence(byId.size()), take));
    return byId;
  }

  Transcripts transcribe() {
    Topics topics = local.topics();
    Transcripts transcripts = new Transcripts(takes.keySet());
    List<Playback.Part> parts =
        takes.entrySet().stream()
            .map(e -> new Playback.Part(e.getKey(), e.getValue().sound()))
            .toList();
    try (TopicReader reader =
        local.reader(topics.finals(), topics.sessions(), topics.deadLetters())) {
      double longest =
          Playback.seconds(takes.values().stream().map(take -> take.of().seconds()).toList());
      Instant start =
          Instant.now().minusMillis((long) (longest * 1000)); // no capture time is in the future
      Playback playback = new Playback(chunkMillis(parts), Double.POSITIVE_INFINITY, start);
      try (Player player = Player.start(playback, parts, local.bootstrap(), topics.in())) {
        while (!(player.finished() && transcripts.complete())) {
          for (ConsumerRecord<String, byte[]> record : reader.poll(Duration.ofMillis(100))) {
            transcripts.take(record.value());
          }
          if (ShutdownHook.asked()) {
            throw new Failure("Stopped.");
          }
          local.checkRunning();
          if (parts.size() == 1) {
            progress.show(transcripts.reached(), longest, "");
          } else {
            progress.showFiles(transcripts.ended(), parts.size(), "transcribed");
          }
        }
      }
      local.finishJob();
      while (!reader.atEnd()) {
        reader.poll(Duration.ofMillis(100)).forEach(r -> transcripts.take(r.value()));
      }
      return transcripts;
    } finally {
      progress.clear();
      parts.forEach(p -> p.sound().close());
    }
  }

  /** The chunk that no sound makes too large for a record. */
  private static int chunkMillis(List<Playback.Part> parts) {
    int millis = CHUNK_MILLIS;
    for (Playback.Part part : parts) {
      int bytesPerSecond = part.sound().rate() * part.sound().channels() * BYTES_PER_SAMPLE;
      millis = Math.min(millis, (int) (CHUNK_BYTES * 1000L / bytesPerSecond));
    }
    return millis;
  }
}
