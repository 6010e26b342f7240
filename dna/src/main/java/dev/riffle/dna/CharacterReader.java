package dev.riffle.dna;

import dev.riffle.models.InputException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.ZipException;

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
  private boolean broken;

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

  /** The next character, which stays the next one, or {@link #END}. */
  int peek() {
    if (at < filled) {
      return buffer[at] & 0xff;
    }
    if (broken) {
      return END;
    }
    try {
      at = 0;
      filled = 0;
      filled = Math.max(0, in.read(buffer));
    } catch (EOFException e) {
      throw damaged("it ends within a gzip block", e);
    } catch (ZipException e) {
      throw damaged("its gzip data is damaged (" + e.getMessage() + ")", e);
    } catch (IOException e) {
      throw damaged(e.toString(), e);
    }
    return filled == 0 ? END : buffer[0] & 0xff;
  }

  private InputException damaged(String how, IOException e) {
    broken = true;
    return new InputException(
        name + " cannot be read beyond line " + line + ": " + how + ". Is the copy complete?", e);
  }

  /** Marks the file as unusable from here on. */
  InputException broken(String message) {
    broken = true;
    return new InputException(message);
  }

  /** Skips the next character, which has been seen by {@link #peek}. */
  void skip() {
    lineStart = buffer[at++] == '\n';
    if (lineStart) {
      line++;
    }
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
      if (character == '\n') {
        line++;
        lineStart = true;
        return count;
      }
      if (Nucleotides.of(character) >= 0) {
        to[count++] = character;
      }
    }
    return count;
  }

  /** Reads up to the end of the line; returns its first characters, at most {@code most}. */
  byte[] readLine(int most) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    while (peek() != END) {
      int from = at;
      while (at < filled && buffer[at] != '\n') {
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
