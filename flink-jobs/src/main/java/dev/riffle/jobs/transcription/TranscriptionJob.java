package dev.riffle.jobs.transcription;

import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.jobs.stream.KafkaEndpoints;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.music.transcriber.Note;
import dev.riffle.operators.ModelSource;
import java.time.Duration;

/** Sound in, notes out. */
public final class TranscriptionJob {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private TranscriptionJob() {}

  /**
   * The job between the Kafka topics that the options name.
   *
   * @throws IllegalArgumentException if they name what is of another job alone
   */
  public static StreamJob<Note> onKafka(JobOptions options) {
    options.refuse(JobOptions.READ_UNTIL, "it is of read-until alone");
    KafkaEndpoints ends = new KafkaEndpoints(options, options.topics());
    AudioInput input =
        new AudioInput(
            options.get(JobOptions.MAX_RECORD_BYTES).getBytes(),
            options.get(JobOptions.MAX_CAPTURE_AHEAD));
    return new StreamJob<>(
        "riffle " + options.streamName() + " transcription",
        "audio",
        "transcribe",
        ends.source(input),
        model(options),
        new NoteMapper(options.optional(JobOptions.SECOND_PASS).isPresent()),
        ends.sinks(),
        options);
  }

  private static ModelSource<Note> model(JobOptions options) {
    String backend = options.get(JobOptions.BACKEND);
    return options
        .optional(JobOptions.SECOND_PASS)
        .<ModelSource<Note>>map(second -> new TwoPassModel(options.model(), second, backend))
        .orElseGet(() -> new DirectoryModel<>(options.model(), backend, Note.class, null));
  }

  /**
   * Runs the job on the cluster that calls this, or in this JVM.
   *
   * @param args {@code --name value} for each option that is not to have its default
   */
  public static void main(String[] args) throws Exception {
    JobOptions options = JobOptions.parse(args);
    options.topics().require(options.get(JobOptions.BOOTSTRAP), PATIENCE);
    StreamJob<Note> job = onKafka(options);
    job.environment().execute(job.name());
  }
}
