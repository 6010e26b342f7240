package dev.riffle.dna;

import dev.riffle.dna.compressed.DamagedInputException;
import dev.riffle.models.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;

/**
 * The characters of a text file, one ahead, with the number of the current line. A file that cannot
 * be read further is an {@link InputException}; after it, the file appears to have ended.
 */
final class CharacterReader implements AutoCloseable {
  /** Stands for the end of the file. */
  static final int END = -1;

  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final String name;
  private final byte[] buffer = new byte[BUFFER];
  private int at;
  private int filled;
  private long line = 1;
  private boolean lineStart = true;
  private boolean afterReturn; // a line feed that is next belongs to the line end
  private boolean broken;
  private IOException held; // thrown once the characters before it are read
  private boolean lineCut; // the file is damaged within the last line

  /**
   * @param name of the file, for messages
   */
  CharacterReader(InputStream in, String name) {
    this.in = in;
    this.name = name;
  }

  String name() {
    return name;
  }

  /** Number of the current line, from 1. */
  long line() {
    return line;
  }

  /** True if the next character is the first one of its line. */
  boolean isLineStart() {
    return lineStart;
  }

  /**
   * The next character, which stays the next one, or {@link #END}. Lines end with a line feed, a
   * carriage return or both; the line feed after a carriage return is not another character.
   */
  int peek() {
    while (at < filled || fill()) {
      if (!afterReturn || buffer[at] != '\n') {
        afterReturn = false;
        return buffer[at] & 0xff;
      }
      afterReturn = false;
      at++;
    }
    return END;
  }

  /** Reads more; false at the end of the file. */
  private boolean fill() {
    if (held != null) {
      throw damaged(held);
    }
    if (broken) {
      return false;
    }
    at = 0;
    filled = 0;
    try {
      filled = Math.max(0, in.read(buffer, 0, BUFFER));
    } catch (IOException e) {
      throw damaged(e);
    }
    return filled > 0;
  }

  /**
   * Checks that the last line that was read is whole.
   *
   * @throws InputException if the file is damaged within it
   */
  void checkLine() {
    if (lineCut) {
      fill();
    }
  }

  private InputException damaged(IOException e) {
    broken = true;
    held = null;
    boolean complete = e instanceof DamagedInputException;
    return new InputException(
        name
            + " cannot be read beyond line "
            + line
            + ": "
            + (complete ? e.getMessage() + "." : e + ". Is the copy complete?"),
        e);
  }

  /**
   * The next bytes of the file, which stay the next ones.
   *
   * @param count most bytes; there are fewer only at the end of the file
   */
  byte[] head(int count) {
    if (at > 0) {
      System.arraycopy(buffer, at, buffer, 0, filled - at);
      filled -= at;
      at = 0;
    }
    try {
      int got = 0;
      while (filled < count && !broken && got >= 0) {
        got = in.read(buffer, filled, BUFFER - filled);
        filled += Math.max(0, got);
      }
    } catch (IOException e) {
      held = e;
    }
    return Arrays.copyOf(buffer, Math.min(count, filled));
  }

  /** Skips bytes that {@link #head} has returned and that are no characters. */
  void skipBytes(int count) {
    at += count;
  }

  /** Marks the file as unusable from here on. */
  InputException broken(String message) {
    broken = true;
    return new InputException(message);
  }

  /** Skips the next character, which has been seen by {@link #peek}. */
  void skip() {
    byte character = buffer[at++];
    lineStart = false;
    if (endsLine(character)) {
      endLine(character);
    }
  }

  /** Skips a blank before the first record, which does not count as a part of its line. */
  void skipBlank() {
    skip();
    lineStart = true;
  }

  private static boolean endsLine(byte character) {
    return character == '\n' || character == '\r';
  }

  private void endLine(byte character) {
    line++;
    lineStart = true;
    afterReturn = character == '\r';
  }

  /**
   * Copies the characters of the line without white space, up to the end of the line, of what is
   * buffered, or of the room.
   *
   * @return the index in {@code to} after the last character
   */
  int copyLine(byte[] to, int from) {
    int count = from;
    lineStart = false;
    while (at < filled && count < to.length) {
      byte character = buffer[at++];
      if (Nucleotides.of(character) >= 0) {
        to[count++] = character;
      } else if (endsLine(character)) {
        endLine(character);
        return count;
      }
    }
    return count;
  }

  /**
   * Reads up to the end of the line; returns its first characters, at most {@code most}. If the
   * file turns out to be damaged within the line, the next {@link #peek} throws.
   */
  byte[] readLine(int most) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    lineCut = false;
    boolean begun = false;
    while (next(begun) != END) {
      begun = true;
      int from = at;
      while (at < filled && !endsLine(buffer[at])) {
        at++;
      }
      text.write(buffer, from, Math.min(at - from, most - text.size()));
      if (at < filled) {
        skip();
        break;
      }
    }
    return text.toByteArray();
  }

  /** As {@link #peek}, but notes a damaged place within a line and returns {@link #END}. */
  private int next(boolean within) {
    try {
      return peek();
    } catch (InputException e) {
      if (!within) {
        throw e;
      }
      lineCut = true;
      held = (IOException) e.getCause();
      return END;
    }
  }

  void skipLine() {
    readLine(0);
  }

  /** A character as messages show it. */
  static String shown(int character) {
    return character > ' ' && character < 127
        ? "'" + (char) character + "'"
        : String.format(Locale.ROOT, "byte 0x%02x", character);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
