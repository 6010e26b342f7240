package dev.riffle.dna.compressed;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The members of a gzip file (RFC 1952), one after the other, until the file ends. Zeros after a
 * member are padding. All data before a damaged place is delivered; then every further read throws
 * a {@link DamagedInputException} that names the member and the byte.
 *
 * <p>{@link java.util.zip.GZIPInputStream} is not used: it ends after the first member of a pipe
 * that has no bytes available at that moment, and it drops what was inflated before a damaged
 * place.
 */
final class GzipInput extends InputStream {
  private static final int BUFFER = 1 << 16;
  private static final int DEFLATE = 8;
  private static final int HEADER_CRC = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;
  private static final int RESERVED = 0xe0;
  private static final int BYTES_AFTER_FLAGS = 6; // time, level, system

  private final CountingInput in;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 checksum = new CRC32();
  private final byte[] buffer = new byte[BUFFER];
  private int at; // of the next byte in the buffer, while the inflater has none
  private int filled;
  private int member;
  private long memberBegins;
  private boolean within; // the compressed data of a member
  private boolean ended;
  private DamagedInputException damage;

  GzipInput(CountingInput in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int from, int count) throws IOException {
    if (count == 0) {
      return 0;
    }
    while (damage == null && !ended) {
      try {
        if (!within) {
          begin();
        } else {
          int inflated = inflate(to, from, count);
          if (inflated > 0) {
            checksum.update(to, from, inflated);
            return inflated;
          }
        }
      } catch (DamagedInputException e) {
        damage = e;
      }
    }
    if (damage != null) {
      throw damage;
    }
    return -1;
  }

  /** Inflates; may return 0. Notes damaged data after the bytes that could be inflated. */
  private int inflate(byte[] to, int from, int count) throws IOException {
    if (!inflater.finished() && inflater.needsInput()) {
      if (at == filled && !fill()) {
        throw endsEarly("within its compressed data");
      }
      inflater.setInput(buffer, at, filled - at);
      at = filled;
    }
    long before = inflater.getBytesWritten();
    int inflated;
    try {
      inflated = inflater.inflate(to, from, count);
    } catch (DataFormatException e) {
      inflated = (int) (inflater.getBytesWritten() - before);
      damage = damagedAt(position() - inflater.getRemaining(), e.getMessage());
    }
    if (inflater.needsDictionary()) {
      throw damagedAt(position() - inflater.getRemaining(), "it needs a dictionary");
    }
    if (inflated == 0 && inflater.finished()) {
      at = filled - inflater.getRemaining();
      finish();
    }
    return inflated;
  }

  /** Reads the header of the next member, or notes the end of the file. */
  private void begin() throws IOException {
    int first = next();
    while (first == 0 && member > 0) {
      first = next();
    }
    if (first < 0) {
      ended = true;
      return;
    }
    memberBegins = position() - 1;
    int second = next();
    if (first != 0x1f || second != 0x8b) {
      throw new DamagedInputException(
          String.format(
              "byte %d begins no gzip member and is not zero, after %d complete %s. The data of"
                  + " the complete members is used; remove the bytes after them",
              memberBegins, member, member == 1 ? "member" : "members"));
    }
    member++;
    int method = headerByte();
    if (method != DEFLATE) {
      throw damagedAt(position() - 1, "expected compression method 8, found " + method);
    }
    int flags = headerByte();
    if ((flags & RESERVED) != 0) {
      throw damagedAt(position() - 1, "reserved flags are set in its header");
    }
    skipHeader(BYTES_AFTER_FLAGS);
    if ((flags & EXTRA) != 0) {
      skipHeader(headerByte() | headerByte() << 8);
    }
    for (int text = flags & (NAME | COMMENT); text != 0; text &= text - 1) {
      int character = headerByte();
      while (character != 0) {
        character = headerByte();
      }
    }
    if ((flags & HEADER_CRC) != 0) {
      skipHeader(2);
    }
    inflater.reset();
    checksum.reset();
    within = true;
  }

  /** Checks the trailer of the member that has just ended. */
  private void finish() throws IOException {
    within = false;
    long expected = trailerNumber();
    if (expected != checksum.getValue()) {
      throw damagedAt(
          position(),
          String.format(
              "its checksum is %08x, but that of its data is %08x", expected, checksum.getValue()));
    }
    long length = trailerNumber();
    if (length != (inflater.getBytesWritten() & 0xffffffffL)) {
      throw damagedAt(
          position(),
          String.format(
              "its length is %d, but it has %d bytes of data", length, inflater.getBytesWritten()));
    }
  }

  private long trailerNumber() throws IOException {
    long number = 0;
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      int value = next();
      if (value < 0) {
        throw endsEarly("within its checksum");
      }
      number |= (long) value << shift;
    }
    return number;
  }

  private void skipHeader(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      headerByte();
    }
  }

  private int headerByte() throws IOException {
    int value = next();
    if (value < 0) {
      throw endsEarly("within its header");
    }
    return value;
  }

  private int next() throws IOException {
    return at < filled || fill() ? buffer[at++] & 0xff : -1;
  }

  private boolean fill() throws IOException {
    at = 0;
    filled = Math.max(0, in.read(buffer, 0, buffer.length));
    return filled > 0;
  }

  /** Position in the file of the next byte that neither this class nor the inflater has. */
  private long position() {
    return in.position() - filled + at;
  }

  private DamagedInputException damagedAt(long position, String how) {
    return new DamagedInputException(
        String.format(
            "gzip member %d, which begins at byte %d, is damaged before byte %d: %s. The data"
                + " before it is used; copy or compress the file again",
            member, memberBegins, position, how));
  }

  private DamagedInputException endsEarly(String where) {
    return new DamagedInputException(
        String.format(
            "gzip member %d, which begins at byte %d, is truncated %s: the file ends at byte %d."
                + " The data before it is used; copy the file again",
            member, memberBegins, where, position()));
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    in.close();
  }
}
