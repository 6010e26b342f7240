package dev.riffle.cli.transcribe;

import dev.riffle.cli.audio.AudioFile;
import dev.riffle.cli.audio.ChannelChoice;
import dev.riffle.cli.audio.OneChannel;
import dev.riffle.cli.audio.Sound;
import dev.riffle.models.InputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** A sound, or one channel of it, that is transcribed as one sequence. */
final class Take {
  /** Longest stem that is an id as it is; a record accepts 1,024 bytes. */
  private static final int MAX_ID_BYTES = 512;

  private final ScannedSound of;
  private final Path stem;
  private final int channel;
  private volatile String problem; // null as long as all could be read

  /**
   * @param stem of its output, relative to the output directory
   * @param channel from 0, or {@link ChannelChoice#ALL}
   */
  Take(ScannedSound of, Path stem, int channel) {
    this.of = of;
    this.stem = stem;
    this.channel = channel;
  }

  ScannedSound of() {
    return of;
  }

  Path stem() {
    return stem;
  }

  /** Its name in messages. */
  String name() {
    return channel == ChannelChoice.ALL || of.shape().channels() == 1
        ? of.input().name()
        : of.input().name() + ", " + ChannelChoice.word(channel, of.shape().channels());
  }

  /** The file's name, for note files that name their source. */
  String source() {
    return of.input()
        .path()
        .map(path -> path.getFileName().toString())
        .orElseGet(() -> of.input().name());
  }

  /**
   * Id of its sequence.
   *
   * @param place among all takes, for a stem that is too long
   */
  String sequence(int place) {
    String id = stem.toString();
    return id.getBytes(StandardCharsets.UTF_8).length <= MAX_ID_BYTES ? id : "file-" + place;
  }

  /** The sound: opened when it is first read, closed after its last sample. */
  Sound sound() {
    Sound whole = new LaterSound();
    return channel == ChannelChoice.ALL ? whole : new OneChannel(whole, channel);
  }

  /** Why it could be read when it was scanned, but not again. */
  Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  private final class LaterSound implements Sound {
    private AudioFile file; // null before the first read
    private boolean ended;

    @Override
    public int rate() {
      return of.shape().rate();
    }

    @Override
    public int channels() {
      return of.shape().channels();
    }

    @Override
    public String encoding() {
      return of.shape().encoding();
    }

    @Override
    public int read(float[] into, int samples) {
      int got = 0;
      try {
        if (file == null && !ended) {
          file = AudioFile.open(of.file(), of.input().name());
        }
        got = ended ? 0 : file.read(into, samples);
      } catch (InputException e) {
        problem = e.getMessage();
      }
      if (got < samples) {
        ended = true;
        close();
      }
      return got;
    }

    @Override
    public void close() {
      if (file != null) {
        file.close();
        file = null;
      }
    }
  }
}
