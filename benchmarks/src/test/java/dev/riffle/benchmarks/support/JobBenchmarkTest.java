package dev.riffle.benchmarks.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class JobBenchmarkTest {
  @Command(name = "benchmark")
  private static final class Benchmark extends JobBenchmark {
    @Option(names = "--seconds")
    int seconds;

    @Override
    public Integer call() {
      return 0;
    }
  }

  private final Benchmark benchmark = new Benchmark();

  @Test
  void optionsThatTheBenchmarkDoesNotDeclareBelongToTheJob() {
    new CommandLine(benchmark).parseArgs("--max-batch-size=8", "--seconds=3", "--backend=cpu");
    assertThat(benchmark.seconds).isEqualTo(3);
    assertThat(benchmark.jobOptions()).isEqualTo(Map.of("max-batch-size", "8", "backend", "cpu"));
    assertThat(benchmark.jobArguments()).containsExactly("--backend=cpu", "--max-batch-size=8");
  }

  @Test
  void anArgumentThatIsNotAnOptionIsRejected() {
    new CommandLine(benchmark).parseArgs("fast");
    assertThatThrownBy(benchmark::jobOptions)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--name=value, found 'fast'");
  }
}
