package dev.riffle.jobs.stream;

import dev.riffle.jobs.JobOptions;
import dev.riffle.operators.ModelSource;
import dev.riffle.operators.OutputMapper;
import dev.riffle.operators.OutputRecord;
import dev.riffle.operators.OutputRecordSerializer;
import dev.riffle.operators.SequenceOperatorFactory;
import dev.riffle.operators.SideOutputs;
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
 * From a source of events through a model to the lanes:
 *
 * <pre>
 *   source -> StepEvent or dead letter
 *          -> keyBy(sequence id) -> sequence operator with the model -> mapper
 *          -> final, sessions, dead letters   exactly once, with the checkpoint
 *             preview                         at once, at least once
 * </pre>
 *
 * @param name as Flink shows it
 * @param reads what the source brings, such as {@code audio}; the source's uid
 * @param does what the model does, such as {@code transcribe}; the operator's uid
 * @param source of events
 * @param model that answers them
 * @param mapper what becomes of its answers
 * @param sinks where they go
 * @param options of all of it
 */
public record StreamJob<O>(
    String name,
    String reads,
    String does,
    Source<InputRecord, ?, ?> source,
    ModelSource<O> model,
    OutputMapper<O> mapper,
    Sinks sinks,
    JobOptions options) {

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
        env.fromSource(source, watermarks(), reads, InputRecordSerializer.TYPE)
            .uid(reads)
            .process(new Split())
            .returns(StepEventSerializer.TYPE)
            .name("split")
            .uid("split");

    SingleOutputStreamOperator<OutputRecord> answers =
        events
            .keyBy(event -> event.sequenceId, Types.STRING)
            .transform(
                does,
                OutputRecordSerializer.TYPE,
                new SequenceOperatorFactory<>(model, mapper, options.sequences()))
            .uid(does);

    write(answers, sinks.finals(), "final");
    write(answers.getSideOutput(SideOutputs.SESSIONS), sinks.sessions(), "sessions");
    write(
        events
            .getSideOutput(SideOutputs.DEAD_LETTERS)
            .union(answers.getSideOutput(SideOutputs.DEAD_LETTERS)),
        sinks.deadLetters(),
        "dead-letters");
    if (sinks.previews() != null) {
      write(answers.getSideOutput(SideOutputs.PREVIEW), sinks.previews(), "preview");
    }
  }

  private static void write(
      DataStream<OutputRecord> records, Sink<OutputRecord> sink, String lane) {
    records.sinkTo(sink).name(lane).uid(lane);
  }

  /** Event time is capture time, judged within each partition. */
  private WatermarkStrategy<InputRecord> watermarks() {
    WatermarkStrategy<InputRecord> strategy =
        WatermarkStrategy.<InputRecord>forBoundedOutOfOrderness(
                options.get(JobOptions.MAX_OUT_OF_ORDERNESS))
            .withTimestampAssigner((inbound, kafka) -> inbound.timestampMillis());
    Duration idle = options.get(JobOptions.PARTITION_IDLE);
    return idle.isZero() ? strategy : strategy.withIdleness(idle);
  }

  /** Steps go on, dead letters aside. */
  private static final class Split extends ProcessFunction<InputRecord, StepEvent> {
    private static final long serialVersionUID = 1;

    @Override
    public void processElement(InputRecord inbound, Context context, Collector<StepEvent> out) {
      if (inbound.event != null) {
        out.collect(inbound.event);
      } else {
        context.output(SideOutputs.DEAD_LETTERS, inbound.deadLetter);
      }
    }
  }
}
