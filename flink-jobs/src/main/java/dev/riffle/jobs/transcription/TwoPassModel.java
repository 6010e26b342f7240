package dev.riffle.jobs.transcription;

import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.kernels.Backends;
import dev.riffle.models.StreamModel;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.music.transcriber.Note;
import dev.riffle.music.transcriber.TranscriberFamily;
import dev.riffle.operators.ModelSource;
import java.nio.file.Path;

/**
 * A transcriber and a second pass that checks its notes.
 *
 * @param transcriber version directory of the transcriber, as the TaskManagers see it
 * @param secondPass version directory of the second pass
 * @param backend computes both
 */
record TwoPassModel(String transcriber, String secondPass, String backend)
    implements ModelSource<Note> {
  @Override
  public String key() {
    return backend
        + " "
        + Path.of(transcriber).toAbsolutePath().normalize()
        + " "
        + Path.of(secondPass).toAbsolutePath().normalize();
  }

  @Override
  public StreamModel<Note> load() {
    return DirectoryModel.orGiveUp(
        () ->
            TranscriberFamily.load(
                ModelDirectory.read(Path.of(transcriber)),
                ModelDirectory.read(Path.of(secondPass)),
                Backends.find(backend)));
  }
}
