package dev.riffle.cli.audio;

import dev.riffle.models.InputException;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.LineUnavailableException;
import javax.sound.sampled.TargetDataLine;

/** The machine's microphone: mono, 16 bits; ends when it is closed. */
public final class Microphone implements Sound {
  private final TargetDataLine line;
  private byte[] bytes = new byte[0];

  private Microphone(TargetDataLine line) {
    this.line = line;
  }

  /**
   * Opens the default microphone and starts to listen.
   *
   * @throws InputException if there is none that gives this rate, or it is in use
   */
  public static Microphone open(int rate) {
    AudioFormat format = new AudioFormat(rate, 16, 1, true, false);
    try {
      TargetDataLine line = AudioSystem.getTargetDataLine(format);
      line.open(format, rate); // room for half a second
      line.start();
      return new Microphone(line);
    } catch (LineUnavailableException | IllegalArgumentException e) {
      throw new InputException(
          "No microphone gives 16 bits at "
              + rate
              + " Hz ("
              + e.getMessage()
              + "). Plug one in, close other programs that record, try another --rate, or pass a file"
              + " instead of --mic.",
          e);
    }
  }

  @Override
  public int rate() {
    return Math.round(line.getFormat().getSampleRate());
  }

  @Override
  public int channels() {
    return 1;
  }

  @Override
  public String encoding() {
    return "s16le";
  }

  @Override
  public int read(float[] into, int samples) {
    if (bytes.length < 2 * samples) {
      bytes = new byte[2 * samples];
    }
    int got = line.read(bytes, 0, 2 * samples) / 2;
    for (int i = 0; i < got; i++) {
      into[i] = (short) (bytes[2 * i] & 0xff | bytes[2 * i + 1] << 8) / 32768f;
    }
    return got;
  }

  @Override
  public void close() {
    line.stop();
    line.close();
  }
}
