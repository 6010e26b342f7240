package dev.riffle.operators;

import java.io.Serializable;

/** Turns answers into records; what an answer means is its business alone. */
public interface OutputMapper<O> extends Serializable {

  /** Record of the final lane: nothing in it may come from a clock. Null for none. */
  OutputRecord toFinal(EmittedPrediction<O> answer);

  /** Record of the preview lane; may carry latencies. Null for none. */
  OutputRecord toPreview(EmittedPrediction<O> answer);
}
