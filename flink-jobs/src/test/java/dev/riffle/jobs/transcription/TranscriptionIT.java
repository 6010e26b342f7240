package dev.riffle.jobs.transcription;

import static dev.riffle.music.transcriber.Note.Revision.ADDED;
import static dev.riffle.music.transcriber.Note.Revision.CONFIRMED;
import static dev.riffle.music.transcriber.Note.Revision.CORRECTED;
import static dev.riffle.music.transcriber.Note.Revision.NONE;
import static dev.riffle.music.transcriber.Note.Revision.RETRACTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.TopicProbe;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.LocalServices;
import dev.riffle.local.RunningJob;
import dev.riffle.models.Prediction;
import dev.riffle.music.transcriber.Note;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.AudioChunk;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The job between a real broker's topics, on a cluster in this JVM. */
class TranscriptionIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String SECOND = Sounds.SECOND.toString();

  @RegisterExtension static final LocalServices SERVICES = new LocalServices();

  private static LocalCluster cluster;
  private static TopicProbe probe;

  @BeforeAll
  static void connect() {
    cluster = SERVICES.cluster();
    probe = new TopicProbe(SERVICES.bootstrap());
  }

  @Test
  void notesFromKafkaEqualThoseOfTheModelAlone() {
    Topics topics = undisturbed("alone");
    Map<String, List<NoteEvent>> finals = TopicProbe.notes(probe.read(topics.finals()));
    Map<String, List<Prediction<Note>>> offline = Sounds.OFFLINE;
    assertThat(finals.keySet()).isEqualTo(offline.keySet());
    offline.forEach(
        (id, expected) -> {
          assertThat(expected).hasSizeGreaterThan(20);
          List<NoteEvent> events = finals.get(id);
          assertThat(events).hasSameSizeAs(expected);
          for (int i = 0; i < expected.size(); i++) {
            Note note = expected.get(i).value();
            NoteEvent event = events.get(i);
            assertThat(event.getKind().name()).isEqualTo(note.kind().name());
            assertThat(event.getPitch()).isEqualTo(note.pitch());
            assertThat(event.getOnsetSeconds()).isEqualTo(note.onsetSeconds());
            assertThat(event.getVelocity()).isEqualTo(note.velocity());
            assertThat(event.getConfidence()).isEqualTo(note.confidence());
            assertThat(event.getKnownPosition()).isEqualTo(expected.get(i).position());
            if (event.getKind() == NoteKind.OFF) {
              assertThat(event.getOffsetSeconds()).isEqualTo(note.offsetSeconds());
            }
          }
        });
  }

  @Test
  void previewTellsTheSameNotesWithTheirLatencies() {
    Topics topics = undisturbed("preview");
    Map<String, List<NoteEvent>> finals = TopicProbe.notes(probe.read(topics.finals()));
    Map<String, List<NoteEvent>> previews = TopicProbe.notes(probe.read(topics.preview()));
    assertThat(previews).isNotEmpty();
    previews.forEach(
        (id, notes) -> {
          assertThat(notes)
              .allSatisfy(
                  n -> {
                    assertThat(n.getIsFinal()).isFalse();
                    assertThat(n.getLatency().getComputeMicros()).isPositive();
                    assertThat(n.getLatency().getQueueMicros()).isNotNegative();
                  });
          for (NoteEvent n : notes) {
            n.setIsFinal(true);
            n.setLatency(null);
          }
          assertThat(notes).isEqualTo(finals.get(id));
        });
    List<SessionEvent> sessions =
        probe.read(topics.sessions()).stream()
            .map(r -> AvroCodec.of(SessionEvent.class).decode(r.value()))
            .toList();
    assertThat(sessions.stream().filter(s -> s.getKind() == SessionKind.STARTED))
        .extracting(SessionEvent::getReason)
        .containsExactly("start", "start", "start");
    assertThat(sessions.stream().filter(s -> s.getKind() == SessionKind.ENDED))
        .extracting(SessionEvent::getReason)
        .containsExactly("end", "end", "end");
    assertThat(probe.read(topics.deadLetters())).isEmpty();
  }

  @Test
  void withASecondPassEachLaneHasItsNotes() {
    Topics topics = undisturbed("two-passes", true);
    Map<String, List<NoteEvent>> finals = TopicProbe.notes(probe.read(topics.finals()));
    Map<String, List<NoteEvent>> previews = TopicProbe.notes(probe.read(topics.preview()));
    Map<String, List<Prediction<Note>>> offline =
        Sounds.offline(new TwoPassModel(Sounds.MODEL.toString(), SECOND, "cpu").load());
    assertThat(finals.keySet()).isEqualTo(offline.keySet());
    offline.forEach(
        (id, notes) -> {
          assertThat(told(finals.get(id), true))
              .hasSizeGreaterThan(20)
              .isEqualTo(told(notes, CONFIRMED, CORRECTED, ADDED));
          assertThat(told(previews.get(id), false)).isEqualTo(told(notes, NONE, RETRACTED));
        });
  }

  private static List<String> told(List<NoteEvent> events, boolean isFinal) {
    return events.stream()
        .peek(e -> assertThat(e.getIsFinal()).isEqualTo(isFinal))
        .map(
            e ->
                String.join(
                    " ",
                    e.getRevision().name(),
                    e.getKind().name(),
                    Integer.toString(e.getPitch()),
                    Double.toString(e.getOnsetSeconds()),
                    Long.toString(e.getKnownPosition())))
        .toList();
  }

  private static List<String> told(List<Prediction<Note>> notes, Note.Revision... of) {
    return notes.stream()
        .filter(n -> List.of(of).contains(n.value().revision()))
        .map(
            n ->
                String.join(
                    " ",
                    n.value().revision().name(),
                    n.value().kind().name(),
                    Integer.toString(n.value().pitch()),
                    Double.toString(n.value().onsetSeconds()),
                    Long.toString(n.position())))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({"hashmap, false", "rocksdb, false", "hashmap, true"})
  void aCrashInTheMiddleChangesNoByteOfTheFinalLane(String stateBackend, boolean twoPasses) {
    String run = stateBackend + "-" + twoPasses;
    Map<String, List<String>> expected =
        TopicProbe.perSequence(probe.read(undisturbed("calm-" + run, twoPasses).finals()));

    Topics topics = topics("crash-" + run);
    // checkpoints come when the test asks: what is committed before the crash is known
    JobOptions options =
        options(topics, twoPasses)
            .with(FlinkOptions.STATE_BACKEND, stateBackend)
            .with(FlinkOptions.CHECKPOINT_INTERVAL, Duration.ofHours(1))
            .with(FlinkOptions.RESTART_DELAY, Duration.ofMillis(100));
    List<ProducerRecord<byte[], byte[]>> input = Sounds.records(topics.in());
    int third = input.size() / 3;
    RunningJob job = cluster.submit(new TranscriptionJob().onKafka(options).environment());

    probe.send(input.subList(0, third));
    awaitPreview(topics, 1.2);
    job.checkpoint();
    int committed = probe.await(topics.finals(), LIMIT, found -> !found.isEmpty()).size();
    probe.send(input.subList(third, 2 * third));
    awaitPreview(topics, 2.8);
    cluster.crashTaskManager();
    probe.send(input.subList(2 * third, input.size()));
    awaitPreview(topics, 5.0);
    job.stopWithSavepoint();

    List<ConsumerRecord<byte[], byte[]>> finals = probe.read(topics.finals());
    assertThat(TopicProbe.perSequence(finals)).isEqualTo(expected);
    assertThat(committed).isLessThan(finals.size());
    assertThat(probe.read(topics.preview()))
        .as("the second third was computed twice")
        .hasSizeGreaterThan(finals.size());
  }

  @Test
  void stateMovesToAnotherParallelismWithASavepoint() {
    Map<String, List<String>> expected =
        TopicProbe.perSequence(probe.read(undisturbed("still").finals()));
    Topics topics = topics("rescaled");
    List<ProducerRecord<byte[], byte[]>> input = Sounds.records(topics.in());
    int half = input.size() / 2;
    JobOptions one = options(topics).with(FlinkOptions.PARALLELISM, 1);
    RunningJob first = cluster.submit(new TranscriptionJob().onKafka(one).environment());
    probe.send(input.subList(0, half));
    awaitPreview(topics, 2.0);
    String savepoint = first.stopWithSavepoint();

    JobOptions two =
        one.with(FlinkOptions.PARALLELISM, 2).with(FlinkOptions.FROM_SAVEPOINT, savepoint);
    RunningJob second = cluster.submit(new TranscriptionJob().onKafka(two).environment());
    probe.send(input.subList(half, input.size()));
    awaitPreview(topics, 5.0);
    second.stopWithSavepoint();
    assertThat(TopicProbe.perSequence(probe.read(topics.finals()))).isEqualTo(expected);
  }

  @Test
  void aModelThatCannotBeLoadedEndsTheJobWithTheReason() {
    Topics topics = topics("unknown");
    for (JobOptions options :
        List.of(
            options(topics).with(ModelOptions.MODEL, "no/such/model"),
            options(topics).with(TranscriptionOptions.SECOND_PASS, "no/such/model"),
            options(topics).with(ModelOptions.BACKEND, "abacus"))) {
      RunningJob job = cluster.submit(new TranscriptionJob().onKafka(options).environment());
      assertThatThrownBy(() -> job.awaitEnd(LIMIT))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageMatching("(?s).*(no/such/model|abacus).*");
    }
  }

  @Test
  void badInputGoesToTheDeadLettersAndHarmsNobody() {
    Map<String, List<String>> expected =
        TopicProbe.perSequence(probe.read(undisturbed("clean").finals()));
    Topics topics = topics("dirty");
    Map<String, ProducerRecord<byte[], byte[]>> bad = badRecords(topics.in());
    List<ProducerRecord<byte[], byte[]>> input = new ArrayList<>(Sounds.records(topics.in()));
    int at = 10;
    for (ProducerRecord<byte[], byte[]> record : bad.values()) {
      input.add(at, record);
      at += 30;
    }
    List<RecordMetadata> written = probe.send(input);
    cluster
        .submit(
            new TranscriptionJob()
                .onKafka(options(topics).with(KafkaOptions.BOUNDED, true))
                .environment())
        .awaitEnd(LIMIT);

    assertThat(TopicProbe.perSequence(probe.read(topics.finals()))).isEqualTo(expected);
    Map<String, ConsumerRecord<byte[], byte[]>> letters = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> letter : probe.read(topics.deadLetters())) {
      letters.put(
          header(letter, "source_partition") + "/" + header(letter, "source_offset"), letter);
    }
    assertThat(letters).hasSize(bad.size());
    bad.forEach(
        (error, record) -> {
          RecordMetadata place = written.get(input.indexOf(record));
          ConsumerRecord<byte[], byte[]> letter =
              letters.get(place.partition() + "/" + place.offset());
          assertThat(letter).as(error).isNotNull();
          assertThat(header(letter, "error")).contains(error);
          assertThat(header(letter, "source_topic")).isEqualTo(topics.in());
          assertThat(header(letter, "source_timestamp"))
              .isEqualTo(Long.toString(place.timestamp()));
          DeadLetter decoded = AvroCodec.of(DeadLetter.class).decode(letter.value());
          assertThat(decoded.getError()).isEqualTo(header(letter, "error"));
          assertThat(decoded.getPayloadBytes()).isEqualTo(record.value().length);
          int kept = Math.min(record.value().length, 512 * 1024);
          assertThat(decoded.getPayload()).isEqualTo(ByteBuffer.wrap(record.value(), 0, kept));
        });
  }

  /** Bad records by a part of the message they have to get. */
  private static Map<String, ProducerRecord<byte[], byte[]>> badRecords(String topic) {
    Map<String, ProducerRecord<byte[], byte[]>> bad = new LinkedHashMap<>();
    bad.put("wire format", plain(topic, "hall", "no avro at all".getBytes(StandardCharsets.UTF_8)));
    byte[] whole = AvroCodec.of(AudioChunk.class).encode(Chunks.chunk("hall", 8000, new short[9]));
    bad.put("cannot be read", plain(topic, "hall", java.util.Arrays.copyOf(whole, 40)));
    bad.put("Expected the Kafka key", plain(topic, "garden", whole));
    bad.put("Expected encoding", changed(topic, c -> c.setEncoding("flac")));
    bad.put("Expected sample_rate", changed(topic, c -> c.setSampleRate(0)));
    bad.put("but it is 2147483647", changed(topic, c -> c.setSampleRate(Integer.MAX_VALUE)));
    bad.put("channels but there are 12", changed(topic, c -> c.setChannels(12)));
    bad.put("Expected position", changed(topic, c -> c.setPosition(-4)));
    bad.put("cut within a sample", changed(topic, c -> c.setSamples(ByteBuffer.allocate(7))));
    bad.put("there are none", changed(topic, c -> c.setSamples(ByteBuffer.allocate(0))));
    bad.put(
        "value at index 1 of 2 is NaN",
        changed(
            topic,
            c -> {
              c.setEncoding("f32le");
              c.setSamples(ByteBuffer.wrap(new byte[] {0, 0, 0, 0, 0, 0, (byte) 0xc0, 0x7f}));
            }));
    bad.put(
        "at most 524288 bytes", changed(topic, c -> c.setSamples(ByteBuffer.allocate(600 * 1024))));
    return bad;
  }

  private static ProducerRecord<byte[], byte[]> changed(String topic, Consumer<AudioChunk> change) {
    AudioChunk chunk = Chunks.chunk("hall", 16_000, (short) 1, (short) 2);
    change.accept(chunk);
    return Chunks.record(topic, chunk);
  }

  private static ProducerRecord<byte[], byte[]> plain(String topic, String key, byte[] value) {
    return new ProducerRecord<>(
        topic, null, Chunks.START / 1000, key.getBytes(StandardCharsets.UTF_8), value);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
  }

  /** Waits until the preview lane tells, in every sequence, what is known after so many seconds. */
  private static void awaitPreview(Topics topics, double seconds) {
    probe.awaitNotes(topics.preview(), LIMIT, Sounds.lastKnown(seconds));
  }

  /** A run over all sounds from beginning to end in which nothing happens. */
  private static Topics undisturbed(String stream) {
    return undisturbed(stream, false);
  }

  private static Topics undisturbed(String stream, boolean twoPasses) {
    Topics topics = topics(stream);
    probe.send(Sounds.records(topics.in()));
    JobOptions options = options(topics, twoPasses).with(KafkaOptions.BOUNDED, true);
    cluster.submit(new TranscriptionJob().onKafka(options).environment()).awaitEnd(LIMIT);
    return topics;
  }

  private static Topics topics(String stream) {
    Topics topics = Topics.of(SERVICES.namespace(), stream);
    topics.create(SERVICES.bootstrap(), 2, LIMIT);
    return topics;
  }

  private static JobOptions options(Topics topics) {
    return new TranscriptionJob()
        .parse(
            "--bootstrap", SERVICES.bootstrap(),
            "--namespace", SERVICES.namespace(),
            "--stream", TopicProbe.stream(topics),
            "--model", Sounds.MODEL.toString(),
            "--parallelism", "2");
  }

  private static JobOptions options(Topics topics, boolean twoPasses) {
    JobOptions options = options(topics);
    return twoPasses ? options.with(TranscriptionOptions.SECOND_PASS, SECOND) : options;
  }
}
