package dev.riffle.jobs.stream;

import dev.riffle.jobs.options.JobOptions;
import dev.riffle.operators.ModelSource;
import dev.riffle.operators.OutputMapper;
import dev.riffle.operators.OutputRecord;
import dev.riffle.operators.OutputRecordSerializer;
import dev.riffle.operators.SequenceOperatorFactory;
import dev.riffle.operators.SideOutputs;
import dev.riffle.operators.StepEvent;
import dev.riffle.operators.StepEventSerializer;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/**
 * The dataflow of a job, from a source of events through a model to the output topics:
 *
 * <pre>
 *   source -> StepEvent or dead letter
 *          -> keyBy(sequence id) -> sequence operator with the model -> output mapper
 *          -> final, sessions, dead letters   exactly once, with the checkpoint
 *             preview                         immediately, at least once
 * </pre>
 *
 * @param names of the job and its operators
 * @param source reads events
 * @param model computes predictions
 * @param mapper converts predictions to output records
 * @param sinks write the output topics
 * @param options of all parts
 */
public record StreamJob<O>(
    Names names,
    Source<InputRecord, ?, ?> source,
    ModelSource<O> model,
    OutputMapper<O> mapper,
    Sinks sinks,
    JobOptions options) {

  /**
   * Names of a job and its operators. Savepoints refer to the operators' names, which are their
   * uids.
   *
   * @param job as Flink displays it
   * @param source name and uid of the source, such as {@code audio}
   * @param operator name and uid of the sequence operator, such as {@code transcribe}
   */
  public record Names(String job, String source, String operator) {}

  /** Name of the job as Flink displays it. */
  public String name() {
    return names.job();
  }

  /** Creates an environment with the configuration of the options and builds the job in it. */
  public StreamExecutionEnvironment environment() {
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(FlinkOptions.configuration(options));
    build(env);
    return env;
  }

  /** Builds the job in an environment. */
  public void build(StreamExecutionEnvironment env) {
    SingleOutputStreamOperator<StepEvent> events =
        env.fromSource(
                source,
                InputOptions.watermarks(options),
                names.source(),
                InputRecordSerializer.TYPE)
            .uid(names.source())
            .process(new Split())
            .returns(StepEventSerializer.TYPE)
            .name("split")
            .uid("split");

    SingleOutputStreamOperator<OutputRecord> predictions =
        events
            .keyBy(event -> event.sequenceId, Types.STRING)
            .transform(
                names.operator(),
                OutputRecordSerializer.TYPE,
                new SequenceOperatorFactory<>(model, mapper, OperatorOptions.sequences(options)))
            .uid(names.operator());

    write(predictions, sinks.finals(), "final");
    write(predictions.getSideOutput(SideOutputs.SESSIONS), sinks.sessions(), "sessions");
    write(
        events
            .getSideOutput(SideOutputs.DEAD_LETTERS)
            .union(predictions.getSideOutput(SideOutputs.DEAD_LETTERS)),
        sinks.deadLetters(),
        "dead-letters");
    sinks
        .previews()
        .ifPresent(sink -> write(predictions.getSideOutput(SideOutputs.PREVIEW), sink, "preview"));
  }

  private static void write(
      DataStream<OutputRecord> records, Sink<OutputRecord> sink, String name) {
    records.sinkTo(sink).name(name).uid(name);
  }

  /** Passes steps on and moves dead letters to their side output. */
  private static final class Split extends ProcessFunction<InputRecord, StepEvent> {
    private static final long serialVersionUID = 1;

    @Override
    public void processElement(InputRecord record, Context context, Collector<StepEvent> out) {
      if (record.event != null) {
        out.collect(record.event);
      } else {
        context.output(SideOutputs.DEAD_LETTERS, record.deadLetter);
      }
    }
  }
}
