package dev.riffle.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.operators.GapPolicy;
import dev.riffle.operators.SequenceOptions;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobOptionsTest {
  @Test
  void whatIsNotSaidHasItsDefault() {
    JobOptions options = JobOptions.parse();
    assertThat(options.sequences()).isEqualTo(SequenceOptions.DEFAULTS);
    assertThat(options.topics().in()).isEqualTo("riffle.music.in.v1");
    assertThat(options.topics().deadLetters()).isEqualTo("riffle.music.dlq.v1");
    assertThat(options.transactionalIdPrefix()).isEqualTo("riffle.music");
  }

  @Test
  void bothWaysOfSayingAreUnderstoodAndSaidAgain() {
    JobOptions options =
        JobOptions.parse(
            "--stream", "hall", "--gap-policy=dead-letter", "--max-queue-delay", "5 ms");
    assertThat(options.topics().finals()).isEqualTo("riffle.hall.final.v1");
    assertThat(options.sequences().gapPolicy()).isEqualTo(GapPolicy.DEAD_LETTER);
    assertThat(options.sequences().maxQueueDelay()).isEqualTo(Duration.ofMillis(5));
    JobOptions again =
        JobOptions.parse(
            options
                .with(JobOptions.MAX_RECORD_BYTES, MemorySize.ofMebiBytes(2))
                .arguments()
                .toArray(String[]::new));
    assertThat(again.sequences()).isEqualTo(options.sequences());
    assertThat(again.get(JobOptions.MAX_RECORD_BYTES)).isEqualTo(MemorySize.ofMebiBytes(2));
  }

  @Test
  void anUnknownNameIsAnsweredWithTheNearest() {
    assertThatThrownBy(() -> JobOptions.parse("--max-batchsize", "8"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("There is no option --max-batchsize; did you mean --max-batch-size?");
    assertThatThrownBy(() -> JobOptions.parse("--colour=blue"))
        .hasMessage("There is no option --colour; docs/options.md lists all.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --parallelism=two | Option --parallelism must be a whole number, but is 'two'.
          --parallelism=0 | Option --parallelism must be at least 1, but is '0'.
          --max-parallelism=0 | Option --max-parallelism must be at least 1, but is '0'.
          --parallelism=200 | Option --max-parallelism must be at least 200
          --preview=perhaps | Option --preview must be true or false, but is 'perhaps'.
          --checkpoint-interval=soon | must be a duration such as 200ms, 5s or 10min, but is 'soon'.
          --checkpoint-interval=0ms | Option --checkpoint-interval must be at least 10
          --max-record-bytes=big | must be a size such as 512kb or 4mb, but is 'big'.
          --start-from=middle | must be one of committed, earliest, latest, but is 'middle'.
          --state-backend=forst | must be one of hashmap, rocksdb, but is 'forst'.
          --gap-policy=guess | Option --gap-policy must be one of fill, reset, dead-letter, but is 'guess'.
          --on-model-change=guess | must be one of refuse, carry, reset, but is 'guess'.
          --max-queue-delay=-1ms | a duration
          --stream=a.b | Option --stream must be 1 to 80 letters, digits
          --preview | Option --preview needs a value after it.
          preview | Expected --name value but found 'preview'
          """)
  void aBadValueIsAnsweredWithWhatWasExpected(String argument, String message) {
    assertThatThrownBy(() -> JobOptions.parse(argument))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void allMistakesAreFoundAtOnce() {
    assertThat(
            JobOptions.mistakes(
                Map.of(
                    "parallelism",
                    "two",
                    "gap-policy",
                    "guess",
                    "stream",
                    "ok",
                    "bounded",
                    "true")))
        .containsOnly(
            Map.entry("parallelism", "a whole number"),
            Map.entry("gap-policy", "one of fill, reset, dead-letter"));
  }

  @Test
  void anOptionSaidTwiceIsRefused() {
    assertThatThrownBy(() -> JobOptions.parse("--stream=a", "--stream=b"))
        .hasMessage("Option --stream was given twice.");
  }

  @Test
  void theModelIsRequired() {
    assertThatThrownBy(() -> JobOptions.parse().model())
        .hasMessageContaining("--model is required");
  }

  @Test
  void everyOptionIsListedOnce() throws Exception {
    List<Object> declared = new ArrayList<>();
    for (var field : JobOptions.class.getDeclaredFields()) {
      if (Modifier.isPublic(field.getModifiers()) && field.getType() == ConfigOption.class) {
        declared.add(field.get(null));
      }
    }
    assertThat(JobOptions.ALL)
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(cast(declared));
  }

  @Test
  void thePageOfOptionsIsUpToDate() throws Exception {
    Path page = Path.of("..", "docs", "options.md");
    if (Boolean.getBoolean("riffle.write-docs")) {
      Files.writeString(page, OptionsPage.text());
    }
    assertThat(Files.readString(page))
        .as(
            "rewrite it: mvn -pl flink-jobs -am test -Dtest=JobOptionsTest -Driffle.write-docs=true")
        .isEqualTo(OptionsPage.text());
  }

  @SuppressWarnings("unchecked")
  private static List<ConfigOption<?>> cast(List<Object> options) {
    return (List<ConfigOption<?>>) (List<?>) options;
  }
}
