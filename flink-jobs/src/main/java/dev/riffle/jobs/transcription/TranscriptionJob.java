package dev.riffle.jobs.transcription;

import dev.riffle.jobs.JobOptions;
import dev.riffle.models.transcriber.Note;
import dev.riffle.operators.Lanes;
import dev.riffle.operators.Outgoing;
import dev.riffle.operators.OutgoingSerializer;
import dev.riffle.operators.RecurrentOperatorFactory;
import dev.riffle.operators.StepEvent;
import dev.riffle.operators.StepEventSerializer;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Sound in, notes out: from its source through the recurrent operator to its sinks. The source and
 * the sinks are the caller's; {@link #onKafka} takes those of the options.
 */
public final class TranscriptionJob {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Source<Inbound, ?, ?> source;
  private final TranscriptionSinks sinks;
  private final JobOptions options;

  public TranscriptionJob(
      Source<Inbound, ?, ?> source, TranscriptionSinks sinks, JobOptions options) {
    this.source = source;
    this.sinks = sinks;
    this.options = options;
  }

  /** The job between the Kafka topics that the options name. */
  public static TranscriptionJob onKafka(JobOptions options) {
    return new TranscriptionJob(KafkaEnds.source(options), KafkaEnds.sinks(options), options);
  }

  /**
   * Runs the job on the cluster that calls this, or in this JVM.
   *
   * @param args {@code --name value} for each option that is not to have its default
   */
  public static void main(String[] args) throws Exception {
    JobOptions options = JobOptions.parse(args);
    options.topics().require(options.get(JobOptions.BOOTSTRAP), PATIENCE);
    onKafka(options).environment().execute(name(options));
  }

  /** The job's name as Flink shows it. */
  public static String name(JobOptions options) {
    return "riffle "
        + options.get(JobOptions.NAMESPACE)
        + "."
        + options.get(JobOptions.STREAM)
        + " transcription";
  }

  /** A new environment, configured as the options say, with the job in it. */
  public StreamExecutionEnvironment environment() {
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(options.flink());
    build(env);
    return env;
  }

  /** Puts the job into an environment. */
  public void build(StreamExecutionEnvironment env) {
    SingleOutputStreamOperator<StepEvent> events =
        env.fromSource(source, watermarks(), "audio", InboundSerializer.TYPE)
            .uid("audio")
            .process(new Split())
            .returns(StepEventSerializer.TYPE)
            .name("split")
            .uid("split");

    SingleOutputStreamOperator<Outgoing> notes =
        events
            .keyBy(event -> event.sequenceId, Types.STRING)
            .transform(
                "transcribe",
                OutgoingSerializer.TYPE,
                new RecurrentOperatorFactory<Note>(
                    new NoteModel(options.model(), options.get(JobOptions.BACKEND)),
                    new NoteMapper(),
                    options.recurrent()))
            .uid("transcribe");

    write(notes, sinks.finals(), "final");
    write(notes.getSideOutput(Lanes.SESSIONS), sinks.sessions(), "sessions");
    write(
        events.getSideOutput(Lanes.DEAD_LETTERS).union(notes.getSideOutput(Lanes.DEAD_LETTERS)),
        sinks.deadLetters(),
        "dead-letters");
    if (sinks.previews() != null) {
      write(notes.getSideOutput(Lanes.PREVIEW), sinks.previews(), "preview");
    }
  }

  private static void write(DataStream<Outgoing> records, Sink<Outgoing> sink, String lane) {
    records.sinkTo(sink).name(lane).uid(lane);
  }

  /** Event time is capture time, judged within each partition. */
  private WatermarkStrategy<Inbound> watermarks() {
    WatermarkStrategy<Inbound> strategy =
        WatermarkStrategy.<Inbound>forBoundedOutOfOrderness(
                options.get(JobOptions.MAX_OUT_OF_ORDERNESS))
            .withTimestampAssigner((inbound, kafka) -> inbound.timestampMillis());
    Duration idle = options.get(JobOptions.PARTITION_IDLE);
    return idle.isZero() ? strategy : strategy.withIdleness(idle);
  }

  /** Steps go on, dead letters aside. */
  private static final class Split extends ProcessFunction<Inbound, StepEvent> {
    private static final long serialVersionUID = 1;

    @Override
    public void processElement(Inbound inbound, Context context, Collector<StepEvent> out) {
      if (inbound.event != null) {
        out.collect(inbound.event);
      } else {
        context.output(Lanes.DEAD_LETTERS, inbound.deadLetter);
      }
    }
  }
}
