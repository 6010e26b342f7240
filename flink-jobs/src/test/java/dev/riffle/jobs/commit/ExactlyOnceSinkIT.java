package dev.riffle.jobs.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.Sinks;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.jobs.stream.TopicProbe;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.Sounds;
import dev.riffle.jobs.transcription.TranscriptionJob;
import dev.riffle.local.LocalServices;
import dev.riffle.local.RunningJob;
import dev.riffle.operators.OutputRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Properties;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.Committer.CommitRequest;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A job that dies between a checkpoint and the commit of its transactions, and is away. */
class ExactlyOnceSinkIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofSeconds(5);
  private static final Duration SHORT = Duration.ofMillis(200);

  @RegisterExtension static final LocalServices SERVICES = new LocalServices();

  private static TopicProbe probe;
  private static Map<String, List<String>> calm = Map.of(); // until the first test needs it

  @BeforeAll
  static void connect() {
    probe = new TopicProbe(SERVICES.bootstrap());
  }

  @ParameterizedTest
  @CsvSource({"BEFORE_THE_COMMIT, false", "AFTER_THE_COMMIT, true"})
  void aTransactionThatIsCommittedChangesNothing(DyingSink.When when, boolean away) {
    calm = calm.isEmpty() ? calm() : calm;
    Topics topics = topics("gone-on");
    JobOptions options = options(topics);
    if (!away) {
      options = options.with(KafkaOptions.TRANSACTION_TIMEOUT, LIMIT);
    }
    start(topics, options, when, away ? LONG : SHORT).awaitEnd(LIMIT);
    assertThat(TopicProbe.perSequence(probe.read(topics.finals()))).isEqualTo(calm);
  }

  @Test
  void aTransactionThatTheBrokerAbortedEndsTheJob() {
    Topics topics = topics("ended");
    RunningJob job = start(topics, options(topics), DyingSink.When.BEFORE_THE_COMMIT, LONG);
    assertThatThrownBy(() -> job.awaitEnd(LIMIT))
        .hasMessageMatching(
            "(?s).*The broker aborted a transaction of the restored checkpoint: [1-9][0-9,]*"
                + " records, written until \\S+ for the topic "
                + topics.finals()
                + " are lost.*transaction-timeout.*--from-savepoint.*--accept-loss.*");
    assertThat(probe.read(topics.finals())).isEmpty();
  }

  @Test
  void aTransactionThatTheBrokerHasForgottenEndsTheJobUnlessLossIsAccepted() throws Exception {
    Properties broker = new Properties();
    broker.setProperty("bootstrap.servers", SERVICES.bootstrap());
    TransactionLog log = new TransactionLog(broker);
    GivenUp request =
        new GivenUp(
            new PendingTransaction(
                new KafkaCommittable(1, (short) 0, "never-used", null),
                OptionalLong.of(12),
                Instant.EPOCH));
    Exception fenced = new ProducerFencedException("fenced");
    Committer<KafkaCommittable> refusing =
        new Committer<>() {
          @Override
          public void commit(Collection<CommitRequest<KafkaCommittable>> requests) {
            requests.forEach(refused -> refused.signalFailedWithKnownReason(fenced));
          }

          @Override
          public void close() {}
        };
    assertThatThrownBy(
            () -> new CheckedCommitter(refusing, log, "t", false).commit(List.of(request)))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContainingAll("does not know", "12 records", "--accept-loss");
    new CheckedCommitter(refusing, log, "t", true).commit(List.of(request));
    assertThat(request.causes).containsExactly(fenced);
  }

  /** Starts a job whose only commit is at its end, where it dies and is away for some time. */
  private static RunningJob start(
      Topics topics, JobOptions options, DyingSink.When when, Duration away) {
    probe.send(Sounds.records(topics.in()));
    StreamJob<?> job =
        new TranscriptionJob().onKafka(options.with(FlinkOptions.RESTART_DELAY, away));
    return SERVICES.cluster().submit(dying(job, when).environment());
  }

  private static <O> StreamJob<O> dying(StreamJob<O> job, DyingSink.When when) {
    Sinks sinks = job.sinks();
    ExactlyOnceSink<OutputRecord> finals = (ExactlyOnceSink<OutputRecord>) sinks.finals();
    return new StreamJob<>(
        job.names(),
        job.source(),
        job.model(),
        job.mapper(),
        new Sinks(
            new DyingSink<>(finals, when), sinks.previews(), sinks.sessions(), sinks.deadLetters()),
        job.options());
  }

  private static Map<String, List<String>> calm() {
    Topics topics = topics("calm");
    probe.send(Sounds.records(topics.in()));
    SERVICES
        .cluster()
        .submit(new TranscriptionJob().onKafka(options(topics)).environment())
        .awaitEnd(LIMIT);
    return TopicProbe.perSequence(probe.read(topics.finals()));
  }

  private static Topics topics(String stream) {
    Topics topics = Topics.of(SERVICES.namespace(), stream);
    topics.create(SERVICES.bootstrap(), 1, LIMIT);
    return topics;
  }

  private static JobOptions options(Topics topics) {
    return new TranscriptionJob()
        .parse(
            "--bootstrap", SERVICES.bootstrap(),
            "--namespace", SERVICES.namespace(),
            "--stream", TopicProbe.stream(topics),
            "--model", Sounds.MODEL.toString())
        .with(KafkaOptions.BOUNDED, true)
        .with(KafkaOptions.TRANSACTION_TIMEOUT, TRANSACTION_TIMEOUT)
        .with(FlinkOptions.CHECKPOINT_INTERVAL, Duration.ofHours(1));
  }

  /** A request that can only be given up. */
  private record GivenUp(PendingTransaction of, List<Throwable> causes)
      implements CommitRequest<PendingTransaction> {
    GivenUp(PendingTransaction of) {
      this(of, new ArrayList<>());
    }

    @Override
    public PendingTransaction getCommittable() {
      return of;
    }

    @Override
    public int getNumberOfRetries() {
      return 0;
    }

    @Override
    public void signalFailedWithKnownReason(Throwable cause) {
      causes.add(cause);
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable cause) {
      throw new AssertionError(cause);
    }

    @Override
    public void retryLater() {
      throw new AssertionError("retried");
    }

    @Override
    public void updateAndRetryLater(PendingTransaction transaction) {
      throw new AssertionError("retried");
    }

    @Override
    public void signalAlreadyCommitted() {
      throw new AssertionError("taken as committed");
    }
  }
}
