package dev.riffle.operators;

import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/**
 * Creates a {@link SequenceOperator} for each subtask.
 *
 * <pre>{@code
 * SingleOutputStreamOperator<OutputRecord> finals =
 *     events.keyBy(e -> e.sequenceId)
 *         .transform("predict", OutputRecordSerializer.TYPE,
 *             new SequenceOperatorFactory<>(source, mapper, options))
 *         .uid("predict");
 * finals.getSideOutput(SideOutputs.PREVIEW) ...
 * }</pre>
 *
 * @param <O> value of a prediction
 */
public final class SequenceOperatorFactory<O> extends AbstractStreamOperatorFactory<OutputRecord>
    implements OneInputStreamOperatorFactory<StepEvent, OutputRecord> {
  private static final long serialVersionUID = 1;

  private final ModelSource<O> source;
  private final OutputMapper<O> mapper;
  private final SequenceOptions options;

  /**
   * @param source where each task finds the model
   * @param mapper turns predictions into output records
   */
  public SequenceOperatorFactory(
      ModelSource<O> source, OutputMapper<O> mapper, SequenceOptions options) {
    this.source = source;
    this.mapper = mapper;
    this.options = options;
  }

  @Override
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // Flink's signature
  public <T extends StreamOperator<OutputRecord>> T createStreamOperator(
      StreamOperatorParameters<OutputRecord> parameters) {
    return (T) new SequenceOperator<>(parameters, source, mapper, options);
  }

  @Override
  @SuppressWarnings("rawtypes")
  public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader loader) {
    return SequenceOperator.class;
  }
}
