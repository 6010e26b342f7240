package dev.riffle.cli.demo;

import dev.riffle.cli.notes.MidiFile;
import dev.riffle.cli.notes.MidiTiming;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;

/** Turns a piece into sound with the JDK's own synthesizer, which reads MIDI files as if sound. */
public final class Rendering {
  /** Seconds of sound after the last note: it rings off. */
  private static final double TAIL = 1.0;

  // Held, so that its level stays: the synthesizer tells of a preferences directory it makes.
  private static final Logger PREFERENCES = Logger.getLogger("java.util.prefs");

  private Rendering() {}

  /** Writes a WAV of 44100 Hz, 16 bits, stereo. */
  public static void write(Piece piece, Path wav) throws IOException {
    PREFERENCES.setLevel(Level.OFF);
    byte[] midi = new MidiFile(piece.key(), piece.notes(), 0, MidiTiming.DEFAULT).toBytes();
    try {
      AudioInputStream sound = AudioSystem.getAudioInputStream(new ByteArrayInputStream(midi));
      long length = Math.round((piece.seconds() + TAIL) * sound.getFormat().getSampleRate());
      AudioSystem.write(
          new AudioInputStream(sound, sound.getFormat(), Math.min(length, sound.getFrameLength())),
          AudioFileFormat.Type.WAVE,
          wav.toFile());
    } catch (UnsupportedAudioFileException e) {
      throw new IOException("This JDK has no synthesizer: " + e.getMessage(), e);
    }
  }
}
