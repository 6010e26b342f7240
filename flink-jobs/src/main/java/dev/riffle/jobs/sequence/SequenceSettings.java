package dev.riffle.jobs.sequence;

import dev.riffle.models.PredictAt;
import dev.riffle.models.WindowOptions;
import java.util.Optional;

/**
 * What a job file says about a job of any model on any topic, apart from its options.
 *
 * @param format of the input records; empty if the file is invalid
 * @param fields which field contains what; empty for Riffle's own records
 * @param answers steps after which a recurrent model predicts
 * @param windows how sequences are cut; empty for a model that reads step by step
 * @param jsonOutput true if predictions are written as JSON, false for Avro
 */
record SequenceSettings(
    Optional<RecordFormat> format,
    Optional<EventFields> fields,
    PredictAt answers,
    Optional<WindowOptions> windows,
    boolean jsonOutput) {}
