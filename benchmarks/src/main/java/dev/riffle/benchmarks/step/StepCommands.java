package dev.riffle.benchmarks.step;

import dev.riffle.benchmarks.support.JmhBenchmark;
import dev.riffle.cli.shared.CommandGroup;
import picocli.CommandLine.Command;

/** {@code riffle bench step}. */
@Command(
    name = "step",
    description = "One step of a recurrent model.",
    subcommands = {
      StepCommands.LruCommand.class,
      StepCommands.TranscriberCommand.class,
      AnnotatorBenchmark.class,
      SequenceLengthBenchmark.class
    })
public final class StepCommands extends CommandGroup {
  /** {@code riffle bench step lru}. */
  @Command(
      name = "lru",
      description = "One step of an LRU on each backend and on onnxruntime (JMH).",
      footer =
          "%nOptions of JMH follow the command, such as -p width=128 -p keys=1 -p engine=vector.")
  static final class LruCommand extends JmhBenchmark {
    LruCommand() {
      super(LruStepBenchmark.class);
    }
  }

  /** {@code riffle bench step transcriber}. */
  @Command(
      name = "transcriber",
      description = "One frame of sound through the transcriber (JMH).",
      footer = "%nOptions of JMH follow the command, such as -p keys=1 -p rate=16000.")
  static final class TranscriberCommand extends JmhBenchmark {
    TranscriberCommand() {
      super(TranscriberBenchmark.class);
    }
  }
}
