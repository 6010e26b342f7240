package dev.riffle.cli.audio;

import dev.riffle.models.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioFormat.Encoding;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;

/**
 * WAV and AIFF: integers of 8 to 32 bits and floats, as javax.sound.sampled reads their headers.
 */
final class PcmFile extends AudioFile {
  private final AudioInputStream in;
  private final AudioFormat format;
  private final String container;
  private byte[] bytes = new byte[0];

  private PcmFile(Path path, AudioInputStream in, String container) {
    super(path);
    this.in = in;
    this.format = in.getFormat();
    this.container = container;
  }

  /** Null if the header names samples that are not plain: then a codec is needed. */
  static PcmFile openPcm(Path path) {
    AudioInputStream in = null;
    try {
      String container =
          AudioSystem.getAudioFileFormat(path.toFile())
              .getType()
              .toString()
              .toUpperCase(java.util.Locale.ROOT);
      in = AudioSystem.getAudioInputStream(path.toFile());
      PcmFile file = new PcmFile(path, in, container.startsWith("WAV") ? "WAV" : container);
      if (!file.isPlain()) {
        in.close();
        return null;
      }
      file.checkSize(Files.size(path));
      return file;
    } catch (UnsupportedAudioFileException e) {
      return null;
    } catch (IOException e) {
      throw new InputException(
          path + " is truncated or damaged: its header cannot be read (" + e.getMessage() + ").",
          e);
    } catch (InputException e) {
      closeQuietly(in, e);
      throw e;
    }
  }

  private boolean isPlain() {
    int bits = format.getSampleSizeInBits();
    Encoding e = format.getEncoding();
    boolean integer = e.equals(Encoding.PCM_SIGNED) || e.equals(Encoding.PCM_UNSIGNED);
    return (integer && (bits == 8 || bits == 16 || bits == 24 || bits == 32)
            || e.equals(Encoding.PCM_FLOAT) && bits == 32)
        && format.getFrameSize() == format.getChannels() * bits / 8;
  }

  /** A header that promises more than the file contains is reported at once, not at the end. */
  private void checkSize(long fileBytes) {
    if (length() != UNKNOWN && length() * format.getFrameSize() > fileBytes) {
      throw truncated(path(), length(), fileBytes / format.getFrameSize(), rate());
    }
  }

  @Override
  public String description() {
    String kind = format.getEncoding().equals(Encoding.PCM_FLOAT) ? " float" : "";
    return container + ", " + format.getSampleSizeInBits() + "-bit" + kind;
  }

  @Override
  public int rate() {
    return (int) Math.min(Integer.MAX_VALUE, Math.round((double) format.getSampleRate()));
  }

  @Override
  public int channels() {
    return format.getChannels();
  }

  @Override
  public long length() {
    return in.getFrameLength() == AudioSystem.NOT_SPECIFIED ? UNKNOWN : in.getFrameLength();
  }

  @Override
  public String encoding() {
    if (format.getEncoding().equals(Encoding.PCM_FLOAT)) {
      return "f32le";
    }
    return switch (format.getSampleSizeInBits()) {
      case 8, 16 -> "s16le";
      case 24 -> "s24le";
      default -> "f32le";
    };
  }

  @Override
  int decode(float[] into, int samples) {
    int wanted = samples * format.getFrameSize();
    if (bytes.length < wanted) {
      bytes = new byte[wanted];
    }
    int got;
    try {
      got = readFully(in, bytes, wanted) / format.getFrameSize();
    } catch (IOException e) {
      throw new InputException(path() + " cannot be read: " + e.getMessage(), e);
    }
    int values = got * format.getChannels();
    ByteBuffer buffer =
        ByteBuffer.wrap(bytes)
            .order(format.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    boolean signed = !format.getEncoding().equals(Encoding.PCM_UNSIGNED);
    boolean isFloat = format.getEncoding().equals(Encoding.PCM_FLOAT);
    for (int i = 0; i < values; i++) {
      into[i] =
          switch (format.getSampleSizeInBits()) {
            case 8 -> (signed ? bytes[i] : (bytes[i] & 0xff) - 128) / 128f;
            case 16 -> buffer.getShort(2 * i) / 32768f;
            case 24 -> int24(3 * i) / 8388608f;
            default -> isFloat ? buffer.getFloat(4 * i) : buffer.getInt(4 * i) / 2147483648f;
          };
    }
    return got;
  }

  private int int24(int at) {
    int low = format.isBigEndian() ? at + 2 : at;
    int high = format.isBigEndian() ? at : at + 2;
    return (bytes[low] & 0xff) | (bytes[at + 1] & 0xff) << 8 | bytes[high] << 16;
  }

  private static int readFully(InputStream in, byte[] into, int wanted) throws IOException {
    int got = 0;
    while (got < wanted) {
      int n = in.read(into, got, wanted - got);
      if (n < 0) {
        break;
      }
      got += n;
    }
    return got;
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw new InputException(path() + " cannot be closed: " + e.getMessage(), e);
    }
  }

  private static void closeQuietly(AudioInputStream in, RuntimeException reason) {
    if (in != null) {
      try {
        in.close();
      } catch (IOException e) {
        reason.addSuppressed(e);
      }
    }
  }
}
