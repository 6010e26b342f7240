package dev.riffle.cli.audio;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The header of a WAV, RF64 or AIFF file, up to the first sample.
 *
 * <p>A program that writes to a pipe does not know the size of the samples when it writes the
 * header. It puts a number there that means "unknown": 0, 0x7FFFFFFF or 0xFFFFFFFF, or these less
 * the size of the header. If the file does not end where such a size says, the samples last to the
 * end of the file. Any other size is a promise.
 *
 * @param container {@code WAV}, {@code AIFF} or {@code AIFC}
 * @param layout of a sample; empty if a codec is needed
 * @param channels interleaved
 * @param rate samples per second and channel
 * @param start of the samples, in bytes from the beginning of the file
 * @param bytes of the samples; {@link AudioFile#UNKNOWN} for all up to the end of the file
 */
record PcmHeader(
    String container, Optional<Layout> layout, int channels, int rate, long start, long bytes) {

  /** How a sample is stored. */
  record Layout(int bits, boolean isFloat, boolean isSigned, boolean bigEndian) {
    int width() {
      return bits / 8;
    }
  }

  private static final int TAG_INTEGER = 1;
  private static final int TAG_FLOAT = 3;
  private static final int TAG_EXTENSIBLE = 0xfffe;
  private static final int ID_SIZE = 8;
  private static final int FORM_SIZE = 12;
  private static final long FULL32 = 0xffffffffL;

  /** What SoX writes into an AIFF file for "unknown". */
  private static final long SOX_UNKNOWN = 0x7f000000L;

  /** Largest header that a writer subtracts from the number that means "unknown". */
  private static final long SLACK = 1 << 16;

  /** Bytes of one sample of all channels; only with a layout. */
  int frameBytes() {
    return layout.orElseThrow().width() * channels;
  }

  /**
   * Reads a header.
   *
   * @return empty if the file is neither WAV nor AIFF
   * @throws EOFException if it ends before its first sample
   */
  static Optional<PcmHeader> read(FileChannel file) throws IOException {
    if (file.size() < FORM_SIZE) {
      return Optional.empty();
    }
    Reader in = new Reader(file);
    String form = in.id(0) + in.id(8);
    return switch (form) {
      case "RIFFWAVE", "RF64WAVE", "BW64WAVE" -> Optional.of(in.wav());
      case "FORMAIFF", "FORMAIFC" -> Optional.of(in.aiff(in.id(8)));
      default -> Optional.empty();
    };
  }

  /** Reads numbers anywhere in a file. */
  private record Reader(FileChannel file) {
    PcmHeader wav() throws IOException {
      long wide = 0; // size of the samples in a chunk ds64
      ByteBuffer format = null;
      long at = FORM_SIZE;
      while (true) {
        String id = id(at);
        long size = bytes(at + 4, 4, ByteOrder.LITTLE_ENDIAN).getInt() & FULL32;
        if (id.equals("ds64")) {
          wide = bytes(at + ID_SIZE + 8, 8, ByteOrder.LITTLE_ENDIAN).getLong();
        } else if (id.equals("fmt ")) {
          format = bytes(at + ID_SIZE, (int) Math.min(size, 40), ByteOrder.LITTLE_ENDIAN);
        } else if (id.equals("data")) {
          if (format == null || format.limit() < 16) {
            throw new EOFException("the chunk 'fmt ' is missing before the samples");
          }
          long start = at + ID_SIZE;
          boolean is64 = size == FULL32 && wide > 0;
          long promised = is64 ? wide : size;
          boolean open =
              is64
                  ? wide > file.size() && unfilled(wide)
                  : meansUnknown(size) && !endsAfter(start + size);
          return new PcmHeader(
              "WAV",
              layout(format),
              format.getShort(2) & 0xffff,
              format.getInt(4),
              start,
              open ? AudioFile.UNKNOWN : promised);
        }
        at = next(at, size);
      }
    }

    private static Optional<Layout> layout(ByteBuffer format) {
      int tag = format.getShort(0) & 0xffff;
      if (tag == TAG_EXTENSIBLE && format.limit() >= 26) {
        tag = format.getShort(24) & 0xffff;
      }
      int bits = format.getShort(14) & 0xffff;
      int frame = format.getShort(12) & 0xffff;
      int channels = format.getShort(2) & 0xffff;
      boolean plain =
          tag == TAG_INTEGER && isInteger(bits) || tag == TAG_FLOAT && bits == Float.SIZE;
      return plain && frame == channels * bits / 8
          ? Optional.of(new Layout(bits, tag == TAG_FLOAT, bits > 8, false))
          : Optional.empty();
    }

    PcmHeader aiff(String kind) throws IOException {
      ByteBuffer common = null;
      String compression = "NONE";
      long at = FORM_SIZE;
      while (true) {
        String id = id(at);
        long size = bytes(at + 4, 4, ByteOrder.BIG_ENDIAN).getInt() & FULL32;
        if (id.equals("COMM")) {
          common = bytes(at + ID_SIZE, 18, ByteOrder.BIG_ENDIAN);
          compression = size >= 22 && kind.equals("AIFC") ? id(at + ID_SIZE + 18) : "NONE";
        } else if (id.equals("SSND")) {
          if (common == null) {
            throw new EOFException("the chunk 'COMM' is missing before the samples");
          }
          long start = at + 16 + (bytes(at + 8, 4, ByteOrder.BIG_ENDIAN).getInt() & FULL32);
          boolean open =
              (meansUnknown(size) || size == 8 || Math.abs(size - SOX_UNKNOWN) <= SLACK)
                  && !endsAfter(at + ID_SIZE + size);
          return new PcmHeader(
              kind,
              layout(common, compression),
              common.getShort(0) & 0xffff,
              extended(common),
              start,
              open ? AudioFile.UNKNOWN : Math.max(0, at + ID_SIZE + size - start));
        }
        at = next(at, size);
      }
    }

    private static Optional<Layout> layout(ByteBuffer common, String compression) {
      int bits = common.getShort(6);
      return switch (compression) {
        case "NONE", "twos", "in24", "in32" ->
            isInteger(bits) ? Optional.of(new Layout(bits, false, true, true)) : Optional.empty();
        case "sowt" ->
            isInteger(bits) ? Optional.of(new Layout(bits, false, true, false)) : Optional.empty();
        case "fl32", "FL32" -> Optional.of(new Layout(Float.SIZE, true, true, true));
        default -> Optional.empty();
      };
    }

    private static boolean isInteger(int bits) {
      return bits == 8 || bits == 16 || bits == 24 || bits == 32;
    }

    /** The rate, an 80-bit float: sign and exponent in 16 bits, mantissa in 64. */
    private static int extended(ByteBuffer common) {
      int exponent = (common.getShort(8) & 0x7fff) - 16383 - 63;
      double mantissa = (common.getLong(10) >>> 1) * 2.0;
      return (int) Math.min(Integer.MAX_VALUE, Math.round(mantissa * Math.pow(2, exponent)));
    }

    private static boolean meansUnknown(long size) {
      return size == 0
          || size >= 0x7fffffffL - SLACK && size <= 0x80000000L
          || size >= FULL32 - SLACK;
    }

    /** A 64-bit size that was never filled in. */
    private static boolean unfilled(long size) {
      return size < 0 || meansUnknown(size) || size >= Long.MAX_VALUE - SLACK;
    }

    /** True if the file ends at a position, or if nothing but chunks follow there. */
    private boolean endsAfter(long position) throws IOException {
      long at = position + position % 2;
      boolean any = false;
      while (at + ID_SIZE <= file.size()) {
        if (!id(at).matches("[ -~]{4}")) {
          return false;
        }
        ByteOrder order = id(0).equals("FORM") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        at = next(at, bytes(at + 4, 4, order).getInt() & FULL32);
        any = true;
      }
      long end = file.size();
      return position == end || at == end || any && at == end + 1; // the last padding may lack
    }

    private static long next(long at, long size) {
      return at + ID_SIZE + size + size % 2;
    }

    String id(long at) throws IOException {
      return StandardCharsets.ISO_8859_1.decode(bytes(at, 4, ByteOrder.BIG_ENDIAN)).toString();
    }

    private ByteBuffer bytes(long at, int count, ByteOrder order) throws IOException {
      ByteBuffer buffer = ByteBuffer.allocate(count).order(order);
      while (buffer.hasRemaining()) {
        if (file.read(buffer, at + buffer.position()) < 0) {
          throw new EOFException("the file ends within it");
        }
      }
      return buffer.flip();
    }
  }
}
