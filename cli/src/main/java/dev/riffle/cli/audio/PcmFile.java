package dev.riffle.cli.audio;

import dev.riffle.models.InputException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;

/** WAV and AIFF with plain samples: integers of 8 to 32 bits and 32-bit floats. */
final class PcmFile extends AudioFile {
  private final InputStream in;
  private final PcmHeader header;
  private final PcmHeader.Layout layout;
  private long left; // bytes that the header promises
  private byte[] bytes = new byte[0];

  private PcmFile(Path path, String name, InputStream in, PcmHeader header) {
    super(path, name);
    this.in = in;
    this.header = header;
    this.layout = header.layout().orElseThrow();
    this.left = header.bytes() == UNKNOWN ? Long.MAX_VALUE : header.bytes();
  }

  /**
   * The header of a file.
   *
   * @param name in messages
   * @return empty if it is neither WAV nor AIFF
   * @throws InputException if it ends within the header
   */
  static Optional<PcmHeader> header(Path path, String name) {
    try (FileChannel file = FileChannel.open(path)) {
      return PcmHeader.read(file);
    } catch (IOException e) {
      throw new InputException(
          name + " is truncated or damaged: its header cannot be read (" + e.getMessage() + ").",
          e);
    }
  }

  /** Opens a file whose header has a layout. */
  static PcmFile openPcm(Path path, String name, PcmHeader header) {
    try {
      FileChannel file = FileChannel.open(path);
      file.position(header.start());
      PcmFile pcm =
          new PcmFile(path, name, new BufferedInputStream(Channels.newInputStream(file)), header);
      pcm.checkSize(file.size());
      return pcm;
    } catch (IOException e) {
      throw new InputException(name + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** A header that promises more than the file contains is reported at once, not at the end. */
  private void checkSize(long fileBytes) {
    if (header.channels() > 0 && header.bytes() > fileBytes) {
      InputException e =
          truncated(
              name(), length(), (fileBytes - header.start()) / header.frameBytes(), header.rate());
      try {
        in.close();
      } catch (IOException failed) {
        e.addSuppressed(failed);
      }
      throw e;
    }
  }

  @Override
  public String description() {
    String kind = layout.isFloat() ? " float" : "";
    return header.container() + ", " + layout.bits() + "-bit" + kind;
  }

  @Override
  public int rate() {
    return header.rate();
  }

  @Override
  public int channels() {
    return header.channels();
  }

  @Override
  public long length() {
    return header.bytes() == UNKNOWN
        ? UNKNOWN
        : header.bytes() / Math.max(1, header.frameBytes()); // no channels: refused by the caller
  }

  @Override
  public String encoding() {
    if (layout.isFloat()) {
      return "f32le";
    }
    return switch (layout.bits()) {
      case 8, 16 -> "s16le";
      case 24 -> "s24le";
      default -> "f32le";
    };
  }

  @Override
  int decode(float[] into, int samples) {
    int frame = header.frameBytes();
    int wanted = (int) Math.min((long) samples * frame, left - left % frame);
    if (bytes.length < wanted) {
      bytes = new byte[wanted];
    }
    int got;
    try {
      got = in.readNBytes(bytes, 0, wanted) / frame;
    } catch (IOException e) {
      throw new InputException(name() + " cannot be read: " + e.getMessage(), e);
    }
    left -= (long) got * frame;
    ByteBuffer buffer =
        ByteBuffer.wrap(bytes)
            .order(layout.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < got * header.channels(); i++) {
      into[i] =
          switch (layout.bits()) {
            case 8 -> (layout.isSigned() ? bytes[i] : (bytes[i] & 0xff) - 128) / 128f;
            case 16 -> buffer.getShort(2 * i) / 32768f;
            case 24 -> int24(3 * i) / 8388608f;
            default ->
                layout.isFloat() ? buffer.getFloat(4 * i) : buffer.getInt(4 * i) / 2147483648f;
          };
    }
    return got;
  }

  private int int24(int at) {
    int low = layout.bigEndian() ? at + 2 : at;
    int high = layout.bigEndian() ? at : at + 2;
    return (bytes[low] & 0xff) | (bytes[at + 1] & 0xff) << 8 | bytes[high] << 16;
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw new InputException(name() + " cannot be closed: " + e.getMessage(), e);
    }
  }
}
