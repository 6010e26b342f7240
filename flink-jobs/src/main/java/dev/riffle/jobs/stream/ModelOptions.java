package dev.riffle.jobs.stream;

import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.OptionGroup;

/** Options that choose the model and the backend that computes it. */
public final class ModelOptions {
  private static final OptionGroup.Builder OPTIONS = OptionGroup.titled("Model");

  public static final JobOption<String> MODEL =
      OPTIONS
          .text("model")
          .required()
          .describedAs(
              "Version directory of the model, as the TaskManagers see it, such as"
                  + " demo/models/lru-transcriber/1.");

  public static final JobOption<String> BACKEND =
      OPTIONS
          .text("backend")
          .defaultsTo("cpu")
          .describedAs(
              "Backend that computes: cpu, reference, or another backend on the class path, such"
                  + " as nd4j or cuda; see backends.md.");

  public static final OptionGroup GROUP = OPTIONS.build();

  private ModelOptions() {}
}
