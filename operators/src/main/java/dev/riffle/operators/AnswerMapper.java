package dev.riffle.operators;

import java.io.Serializable;

/** Turns answers into records; what an answer means is its business alone. */
public interface AnswerMapper<O> extends Serializable {

  /** Record of the final lane: nothing in it may come from a clock. Null for none. */
  Outgoing toFinal(Answer<O> answer);

  /** Record of the preview lane; may carry latencies. Null for none. */
  Outgoing toPreview(Answer<O> answer);
}
