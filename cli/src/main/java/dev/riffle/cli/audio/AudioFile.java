package dev.riffle.cli.audio;

import dev.riffle.models.InputException;
import dev.riffle.music.transcriber.Transcriber;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A sound file, decoded in pieces at its own rate; lengths and positions are counted in samples per
 * channel. For one thread.
 */
public abstract class AudioFile implements Sound {
  /** Length of a file whose header does not contain it. */
  public static final long UNKNOWN = -1;

  private final Path path;
  private final String name;
  private long delivered;

  AudioFile(Path path, String name) {
    this.path = path;
    this.name = name;
  }

  /**
   * Opens a file. The format is detected from the content, not from the name.
   *
   * @throws InputException if the file does not exist, is empty, is no sound file, is shorter than
   *     its header declares, or has a rate or number of channels that a chunk cannot have
   */
  public static AudioFile open(Path path) {
    return open(path, path.toString());
  }

  /**
   * Opens a file as {@link #open(Path)} does.
   *
   * @param name of the file in messages, such as that of the pipe which it is a copy of
   */
  public static AudioFile open(Path path, String name) {
    AudioFile file = openAny(path, name);
    try {
      if (file.rate() < Transcriber.MIN_RATE || file.rate() > Transcriber.MAX_RATE) {
        throw new InputException(
            name
                + " says "
                + file.rate()
                + " samples per second; "
                + Transcriber.MIN_RATE
                + " to "
                + Transcriber.MAX_RATE
                + " can be read. Convert it, for instance to 44100.");
      }
      if (file.channels() < 1 || file.channels() > Transcriber.MAX_CHANNELS) {
        throw new InputException(
            name
                + " says "
                + file.channels()
                + " channels; 1 to "
                + Transcriber.MAX_CHANNELS
                + " can be read. Mix it down to stereo or mono.");
      }
      if (file.length() == 0) {
        throw new InputException(name + " contains no sound: its length is 0 samples.");
      }
      return file;
    } catch (InputException e) {
      file.close();
      throw e;
    }
  }

  private static AudioFile openAny(Path path, String name) {
    byte[] head;
    try {
      if (!Files.exists(path)) {
        throw new InputException("The file " + name + " does not exist.");
      }
      if (!Files.isRegularFile(path)) {
        throw new InputException(
            name + " is not a file, but a folder or a pipe. Name a sound file.");
      }
      if (Files.size(path) == 0) {
        throw new InputException(name + " is empty: 0 bytes.");
      }
      try (var in = Files.newInputStream(path)) {
        head = in.readNBytes(12);
      }
    } catch (IOException e) {
      throw new InputException(name + " cannot be read: " + e.getMessage(), e);
    }
    String text = new String(head, StandardCharsets.ISO_8859_1);
    if (text.startsWith("MThd")) {
      throw new InputException(name + " is a MIDI file: it contains notes, not sound.");
    }
    Optional<PcmHeader> header = PcmFile.header(path, name);
    if (header.isPresent() && header.get().layout().isPresent()) {
      return PcmFile.openPcm(path, name, header.get());
    }
    boolean open = header.isPresent() && header.get().bytes() == UNKNOWN;
    return CodecFile.openCodec(path, name, open);
  }

  /** The file that is read. */
  public final Path path() {
    return path;
  }

  /** Name of the file in messages. */
  public final String name() {
    return name;
  }

  /** What was wrong in what has been read, but did not prevent it; a sentence for each. */
  public List<String> warnings() {
    return List.of();
  }

  /** Format in words, such as {@code WAV, 24-bit}. */
  public abstract String description();

  /** Samples per channel that the header promises, or {@link #UNKNOWN}. */
  public abstract long length();

  /**
   * {@inheritDoc}
   *
   * @throws InputException if the file is damaged, or ends before its header says
   */
  @Override
  public final int read(float[] into, int samples) {
    int got = decode(into, samples);
    delivered += got;
    if (got < samples) {
      checkWhole();
    }
    return got;
  }

  private void checkWhole() {
    if (delivered == 0) {
      throw new InputException(name + " contains no sound: nothing could be decoded.");
    }
    if (length() != UNKNOWN && delivered + tolerance() < length()) {
      throw truncated(name, length(), delivered, rate());
    }
  }

  /** Samples that may be missing at the end of a whole file. */
  long tolerance() {
    return 0;
  }

  abstract int decode(float[] into, int samples);

  static InputException truncated(String name, long promised, long found, int rate) {
    return new InputException(
        String.format(
            java.util.Locale.ROOT,
            "%s is truncated: its header promises %.3f s, but it contains %.3f s. Download it again, or"
                + " rewrite its header with an audio tool to keep the part that exists.",
            name,
            promised / (double) rate,
            found / (double) rate));
  }
}
