package dev.riffle.operators;

import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/**
 * Makes a {@link SequenceOperator} for each subtask.
 *
 * <pre>{@code
 * SingleOutputStreamOperator<Outgoing> finals =
 *     events.keyBy(e -> e.sequenceId)
 *         .transform("answer", OutgoingSerializer.TYPE,
 *             new SequenceOperatorFactory<>(source, mapper, options))
 *         .uid("answer");
 * finals.getSideOutput(Lanes.PREVIEW) ...
 * }</pre>
 *
 * @param <O> what the model answers
 */
public final class SequenceOperatorFactory<O> extends AbstractStreamOperatorFactory<Outgoing>
    implements OneInputStreamOperatorFactory<StepEvent, Outgoing> {
  private static final long serialVersionUID = 1;

  private final ModelSource<O> source;
  private final AnswerMapper<O> mapper;
  private final SequenceOptions options;

  /**
   * @param source where each task finds the model
   * @param mapper what becomes of the model's answers
   */
  public SequenceOperatorFactory(
      ModelSource<O> source, AnswerMapper<O> mapper, SequenceOptions options) {
    this.source = source;
    this.mapper = mapper;
    this.options = options;
  }

  @Override
  @SuppressWarnings("unchecked")
  public <T extends StreamOperator<Outgoing>> T createStreamOperator(
      StreamOperatorParameters<Outgoing> parameters) {
    return (T) new SequenceOperator<>(parameters, source, mapper, options);
  }

  @Override
  @SuppressWarnings("rawtypes")
  public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader loader) {
    return SequenceOperator.class;
  }
}
