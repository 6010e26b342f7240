package dev.riffle.jobs.transcription;

import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.JobProfile;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionGroup;
import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.jobs.stream.EventInput;
import dev.riffle.jobs.stream.InputOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.music.transcriber.Note;
import dev.riffle.operators.ModelSource;
import dev.riffle.operators.OutputMapper;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Transcribes sound to notes. */
public final class TranscriptionJob extends JobDefinition<Note> {
  public TranscriptionJob() {
    super(
        new JobProfile(
            "transcription",
            "Transcribe sound to notes.",
            Optional.of("music"),
            Optional.of("demo/models/lru-transcriber/1.1"),
            "audio",
            "transcribe"));
  }

  @Override
  public Class<Note> predictionType() {
    return Note.class;
  }

  @Override
  public List<OptionGroup> ownOptions() {
    return List.of(TranscriptionOptions.GROUP);
  }

  @Override
  public EventInput input(JobOptions options) {
    return new AudioInput(
        InputOptions.limits(options),
        ChannelSelection.of(options.get(TranscriptionOptions.CHANNEL)));
  }

  @Override
  public ModelSource<Note> model(JobOptions options) {
    String model = options.get(ModelOptions.MODEL);
    String backend = options.get(ModelOptions.BACKEND);
    return options
        .optional(TranscriptionOptions.SECOND_PASS)
        .<ModelSource<Note>>map(second -> new TwoPassModel(model, second, backend))
        .orElseGet(() -> DirectoryModel.ofSteps(model, backend, Note.class));
  }

  @Override
  public OutputMapper<Note> output(JobOptions options) {
    return new NoteMapper(options.optional(TranscriptionOptions.SECOND_PASS).isPresent());
  }

  @Override
  public List<String> modelDirectories(JobOptions options) {
    return Stream.concat(
            super.modelDirectories(options).stream(),
            options.optional(TranscriptionOptions.SECOND_PASS).stream())
        .toList();
  }

  /** Entry point for clusters; {@code arguments} are the job's options. */
  public static void main(String[] arguments) throws Exception {
    new TranscriptionJob().execute(arguments);
  }
}
