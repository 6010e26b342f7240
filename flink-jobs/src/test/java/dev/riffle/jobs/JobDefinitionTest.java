package dev.riffle.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.jobs.annotation.AnnotationJob;
import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionGroup;
import dev.riffle.jobs.readuntil.ReadUntilJob;
import dev.riffle.jobs.readuntil.ReadUntilOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.InputOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.OperatorOptions;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.TranscriptionJob;
import dev.riffle.jobs.transcription.TranscriptionOptions;
import dev.riffle.operators.GapPolicy;
import dev.riffle.operators.SequenceOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.MemorySize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobDefinitionTest {
  private static final JobDefinition<?> TRANSCRIPTION = new TranscriptionJob();

  @Test
  void theJobsAreRegisteredByName() {
    assertThat(Jobs.names()).contains("transcription", "annotation", "read-until");
    assertThat(Jobs.ofFormat("reads")).containsInstanceOf(AnnotationJob.class);
    assertThat(Jobs.ofFormat("json")).isEmpty();
  }

  @Test
  void optionsThatAreNotGivenHaveTheDefaultsOfTheJob() {
    JobOptions options = TRANSCRIPTION.parse();
    assertThat(OperatorOptions.sequences(options)).isEqualTo(SequenceOptions.DEFAULTS);
    assertThat(Topics.of(options).in()).isEqualTo("riffle.music.in.v1");
    assertThat(Topics.of(options).deadLetters()).isEqualTo("riffle.music.dlq.v1");
    assertThat(KafkaOptions.transactionalIdPrefix(options)).isEqualTo("riffle.music");
    assertThat(Topics.of(new AnnotationJob().parse()).in()).isEqualTo("riffle.dna.in.v1");
    assertThat(Topics.of(new ReadUntilJob().parse()).in()).isEqualTo("riffle.reads.in.v1");
  }

  @Test
  void bothSyntaxesAreReadAndCanBeWrittenAgain() {
    JobOptions options =
        TRANSCRIPTION.parse(
            "--stream", "hall", "--gap-policy=dead-letter", "--max-queue-delay", "5 ms");
    assertThat(Topics.of(options).finals()).isEqualTo("riffle.hall.final.v1");
    SequenceOptions sequences = OperatorOptions.sequences(options);
    assertThat(sequences.gapPolicy()).isEqualTo(GapPolicy.DEAD_LETTER);
    assertThat(sequences.maxQueueDelay()).isEqualTo(Duration.ofMillis(5));
    JobOptions again =
        TRANSCRIPTION.parse(
            options
                .with(InputOptions.MAX_RECORD_BYTES, MemorySize.ofMebiBytes(2))
                .arguments()
                .toArray(String[]::new));
    assertThat(OperatorOptions.sequences(again)).isEqualTo(sequences);
    assertThat(again.get(InputOptions.MAX_RECORD_BYTES)).isEqualTo(MemorySize.ofMebiBytes(2));
  }

  @Test
  void anUnknownNameIsReportedWithASuggestion() {
    assertThatThrownBy(() -> TRANSCRIPTION.parse("--max-batchsize", "8"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("There is no option --max-batchsize; did you mean --max-batch-size?");
    assertThatThrownBy(() -> TRANSCRIPTION.parse("--colour=blue"))
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
          --parallelism=200 | Option --max-parallelism must be at least 200, but is '128'.
          --preview=perhaps | Option --preview must be true or false, but is 'perhaps'.
          --checkpoint-interval=soon | must be a duration such as 200ms, 5s or 10min, but is 'soon'.
          --checkpoint-interval=10 | must be a duration with its unit, such as 200ms, 5s or 10min, but is '10'.
          --max-queue-delay=200 | must be a duration with its unit, such as 200ms, 5s or 10min, but is '200'.
          --checkpoint-interval=999999999999999h | must be at most 1d, since nothing is committed before, but is
          --checkpoint-interval=9999999999999999999h | must be a duration such as 200ms, 5s or 10min, but is
          --max-sequence-idle=999999999999999h | must be a duration of at most 36500d, but is
          --checkpoint-interval=99999999h | must be at most 1d, since nothing is committed before, but is
          --checkpoint-interval=25h | must be at most 1d, since nothing is committed before, but is '25h'.
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
  void anInvalidValueIsReportedWithWhatWasExpected(String argument, String message) {
    assertThatThrownBy(() -> TRANSCRIPTION.parse(argument))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void theOptionsOfReadUntilAreChecked() {
    JobDefinition<?> job = new ReadUntilJob();
    assertThatThrownBy(() -> job.parse("--max-false-accept", "0.5"))
        .hasMessageContaining("more than 0 and less than 0.5");
    assertThatThrownBy(() -> job.parse("--max-false-reject", "few"))
        .hasMessageContaining("must be a number such as 0.01");
    assertThatThrownBy(() -> job.parse("--max-bases", "14"))
        .hasMessageContaining("from 15 to 450000");
    assertThatThrownBy(() -> job.parse("--sampling", "both"))
        .hasMessageContaining("one of enrich, deplete");
  }

  @Test
  void allProblemsAreFoundAtOnceAndTheRestCanBeUsed() {
    var reading =
        TRANSCRIPTION
            .options()
            .read(
                Map.of(
                    "parallelism",
                    "two",
                    "gap-policy",
                    "guess",
                    "stream",
                    "ok",
                    "bounded",
                    "true"));
    assertThat(reading.problems())
        .containsOnly(
            Map.entry("parallelism", "a whole number"),
            Map.entry("gap-policy", "one of fill, reset, dead-letter"));
    assertThat(reading.options().get(KafkaOptions.BOUNDED)).isTrue();
    assertThat(reading.options().get(FlinkOptions.PARALLELISM)).isEqualTo(1);
  }

  @Test
  void anOptionGivenTwiceIsRefused() {
    assertThatThrownBy(() -> TRANSCRIPTION.parse("--stream=a", "--stream=b"))
        .hasMessage("Option --stream was given twice.");
    assertThatThrownBy(() -> new ReadUntilJob().parse("--rest=a", "--background=b"))
        .hasMessage("Option --background was given twice, once under its earlier name.");
  }

  @Test
  void anEarlierNameOfAnOptionStillWorks() {
    JobOptions options = new ReadUntilJob().parse("--rest", "a.fasta");
    assertThat(options.get(ReadUntilOptions.BACKGROUND)).isEqualTo("a.fasta");
    assertThat(options.arguments()).containsExactly("--background=a.fasta");
  }

  @Test
  void anOptionOfAnotherJobIsRefusedWithTheNameOfItsJob() {
    for (JobDefinition<?> job : List.of(TRANSCRIPTION, new AnnotationJob())) {
      assertThatThrownBy(() -> job.parse("--targets", "a.fasta"))
          .hasMessage("Option --targets belongs to the job read-until: remove it.");
    }
    assertThatThrownBy(() -> TRANSCRIPTION.parse("--rest=a.fasta"))
        .hasMessage("Option --rest belongs to the job read-until: remove it.");
    JobOptions options = new ReadUntilJob().parse();
    assertThatThrownBy(() -> options.with(TranscriptionOptions.SECOND_PASS, "x"))
        .hasMessage("Option --second-pass belongs to the job transcription: remove it.");
  }

  @Test
  void requiredOptionsAreAskedFor() {
    assertThatThrownBy(() -> TRANSCRIPTION.parse().get(ModelOptions.MODEL))
        .hasMessageStartingWith("Option --model is required: Version directory");
    JobOptions options = new ReadUntilJob().parse("--model", "m");
    assertThatThrownBy(options::checkRequired)
        .hasMessageStartingWith("Option --targets is required: FASTA files");
    options.with(ReadUntilOptions.TARGETS, "a.fasta").checkRequired();
  }

  @Test
  void noTwoJobsDeclareTheSameOption() {
    List<String> names =
        Jobs.all().stream()
            .flatMap(job -> job.ownOptions().stream())
            .map(OptionGroup::options)
            .flatMap(List::stream)
            .<String>map(JobOption::name)
            .toList();
    assertThat(names).doesNotHaveDuplicates().contains("second-pass", "targets", "sampling");
  }

  @Test
  void thePageOfOptionsIsUpToDate() throws Exception {
    Path page = Path.of("..", "docs", "options.md");
    if (Boolean.getBoolean("riffle.write-docs")) {
      Files.writeString(page, OptionsPage.text());
    }
    assertThat(Files.readString(page))
        .as(
            "rewrite it: mvn -pl flink-jobs -am test -Dtest=JobDefinitionTest"
                + " -Driffle.write-docs=true")
        .isEqualTo(OptionsPage.text());
  }
}
