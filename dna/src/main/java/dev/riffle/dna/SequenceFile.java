package dev.riffle.dna;

import dev.riffle.models.InputException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A FASTA or FASTQ file, plain or gzipped, read record by record and piece by piece. Which it is
 * says its first character, not its name. A record of FASTA may be of any length, in one line or
 * many; a read of FASTQ is held in memory, up to {@value #MOST_READ} letters.
 *
 * <pre>
 *   for (Entry e = file.next(); e != null; e = file.next()) {
 *     for (int n = file.read(piece); n > 0; n = file.read(piece)) ...
 *   }
 * </pre>
 *
 * <p>A read that cannot be used comes as an entry that says why; the next one is not affected. What
 * breaks the file is an {@link InputException}, after which there is no further entry.
 *
 * <p>For one thread.
 */
public final class SequenceFile implements AutoCloseable {
  /** Letters of the longest read. */
  public static final int MOST_READ = 1 << 28;

  /** Characters of a header that are kept. */
  private static final int MOST_HEADER = 1 << 14;

  private static final int BUFFER = 1 << 16;
  private static final int END = -1;
  private static final int GZIP_FIRST = 0x1f;
  private static final int GZIP_SECOND = 0x8b;

  /**
   * A record.
   *
   * @param name first word of its header; {@code unnamed} if there is none
   * @param header its header, without the first character
   * @param line of the file on which it begins, from 1
   * @param qualities of a read, a character for each letter; null in FASTA
   * @param problem why its letters cannot be read; null if they can
   */
  public record Entry(String name, String header, long line, byte[] qualities, String problem) {

    /**
     * The genetic code that the header names by {@code genetic_code=}, else this one.
     *
     * @throws InputException if it names another than 11 or 4
     */
    public GeneticCode code(GeneticCode otherwise) {
      int at = header.indexOf(CODE);
      int from = at + CODE.length();
      int to = from;
      while (at >= 0 && to < header.length() && Character.isDigit(header.charAt(to))) {
        to++;
      }
      if (at < 0 || to == from || to - from > 3) {
        return otherwise;
      }
      return GeneticCode.of(Integer.parseInt(header.substring(from, to)));
    }
  }

  private static final String CODE = "genetic_code=";

  private final InputStream in;
  private final String where;
  private final byte[] buffer = new byte[BUFFER];
  private int at;
  private int held;
  private long line = 1;
  private boolean lineStart = true;
  private boolean fastq;
  private boolean begun;
  private boolean broken;
  private boolean within; // an entry of FASTA whose letters are not all read
  private byte[] letters = new byte[0]; // of an entry of FASTQ
  private int lettersAt;
  private InputException failure; // to be told once the letters before it are read

  private SequenceFile(InputStream in, String where) {
    this.in = in;
    this.where = where;
  }

  /**
   * Opens a file.
   *
   * @throws IOException if it cannot be opened
   */
  public static SequenceFile open(Path file) throws IOException {
    InputStream in = Files.newInputStream(file);
    try {
      return open(in, file.toString());
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /**
   * Reads a stream, gzipped or not, which is closed with this.
   *
   * @param where what messages call it
   */
  public static SequenceFile open(InputStream stream, String where) throws IOException {
    PushbackInputStream in = new PushbackInputStream(stream, 2);
    byte[] magic = in.readNBytes(2);
    in.unread(magic);
    boolean gzip =
        magic.length == 2 && (magic[0] & 0xff) == GZIP_FIRST && (magic[1] & 0xff) == GZIP_SECOND;
    try {
      return new SequenceFile(gzip ? new GZIPInputStream(in, BUFFER) : in, where);
    } catch (EOFException | ZipException e) {
      throw new InputException(where + " is a damaged gzip file: " + e.getMessage() + ".", e);
    }
  }

  /** True if the records have qualities; known after the first {@link #next}. */
  public boolean isFastq() {
    return fastq;
  }

  /** Line of the file, from 1. */
  public long line() {
    return line;
  }

  /**
   * The next record; what is left of this one is passed over.
   *
   * @return null behind the last one
   * @throws InputException if the file is of another kind, or damaged
   */
  public Entry next() {
    tellFailure();
    if (!begun) {
      begin();
    }
    return fastq ? nextRead() : nextContig();
  }

  /**
   * Reads letters of the current record, white space left out.
   *
   * @return how many: as many as there is room for, fewer at the record's end, then 0
   * @throws InputException if the file is damaged behind the letters that were read
   */
  public int read(byte[] to) {
    tellFailure();
    if (fastq) {
      int count = Math.min(to.length, letters.length - lettersAt);
      System.arraycopy(letters, lettersAt, to, 0, count);
      lettersAt += count;
      return count;
    }
    int count = 0;
    try {
      while (within && count < to.length) {
        if (peek() == END) {
          within = false;
        } else if (lineStart && buffer[at] == '>') {
          within = false;
        } else if (lineStart && buffer[at] == ';') {
          skipLine();
        } else {
          count = copy(to, count);
        }
      }
    } catch (InputException e) {
      failure = e;
      if (count == 0) {
        tellFailure();
      }
    }
    return count;
  }

  private void tellFailure() {
    if (failure != null) {
      InputException told = failure;
      failure = null;
      throw told;
    }
  }

  /** Copies letters to the end of the line, of the buffer or of the room. */
  private int copy(byte[] to, int from) {
    int count = from;
    lineStart = false;
    while (at < held && count < to.length) {
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

  @Override
  public void close() throws IOException {
    in.close();
  }

  // ------------------------------------------------------------------- FASTA

  private void begin() {
    begun = true;
    int first = peek();
    while (first == '\n' || first == '\r' || first == ' ' || first == '\t') {
      next(first);
      first = peek();
    }
    fastq = first == '@';
    if (first != END && first != '>' && first != ';' && !fastq) {
      broken = true;
      throw new InputException(
          where
              + " is neither FASTA nor FASTQ, plain or gzipped: its first line has to begin with >"
              + " or @, but begins with "
              + name(first)
              + ".");
    }
  }

  private static String name(int character) {
    return character > ' ' && character < 127
        ? "'" + (char) character + "'"
        : String.format(Locale.ROOT, "byte 0x%02x", character);
  }

  private void next(int character) {
    at++;
    lineStart = character == '\n';
    if (lineStart) {
      line++;
    }
  }

  private Entry nextContig() {
    while (peek() != END) {
      if (lineStart && buffer[at] == '>') {
        long begins = line;
        at++;
        String header = header(readLine(MOST_HEADER));
        within = true;
        return new Entry(firstWord(header), header, begins, null, null);
      }
      skipLine();
    }
    within = false;
    return null;
  }

  private static String header(byte[] text) {
    return new String(text, StandardCharsets.UTF_8).strip();
  }

  private static String firstWord(String header) {
    String word = header.split("\\s", 2)[0];
    return word.isEmpty() ? "unnamed" : word;
  }

  // ------------------------------------------------------------------- FASTQ

  private Entry nextRead() {
    letters = new byte[0];
    lettersAt = 0;
    while (peek() == '\n' || peek() == '\r') {
      next(buffer[at]);
    }
    if (peek() == END) {
      return null;
    }
    long begins = line;
    if (buffer[at] != '@') {
      String found = name(buffer[at] & 0xff);
      while (peek() != END && buffer[at] != '@') {
        skipLine();
      }
      return unusable(
          "line " + begins,
          begins,
          "a read has to begin with @, but line "
              + begins
              + " begins with "
              + found
              + "; lines up to the next @ are passed over");
    }
    at++;
    String header = header(readLine(MOST_HEADER));
    String name = firstWord(header);
    ByteArrayOutputStream bases = new ByteArrayOutputStream();
    int lines = 0;
    while (peek() != END && buffer[at] != '+' && !(lines > 0 && buffer[at] == '@')) {
      append(bases, name);
      lines++;
    }
    if (peek() != '+') {
      return unusable(
          name, begins, "its letters are not followed by a line with + and by qualities");
    }
    skipLine();
    ByteArrayOutputStream marks = new ByteArrayOutputStream();
    do {
      if (peek() != END) {
        append(marks, name);
      }
    } while (lines > 1 && marks.size() < bases.size() && peek() != END);
    if (marks.size() != bases.size()) {
      return unusable(
          name, begins, "it has " + bases.size() + " letters but " + marks.size() + " qualities");
    }
    letters = bases.toByteArray();
    return new Entry(name, header, begins, marks.toByteArray(), null);
  }

  private static Entry unusable(String name, long line, String problem) {
    return new Entry(name, name, line, null, problem);
  }

  /** Appends a line without its white space. */
  private void append(ByteArrayOutputStream to, String name) {
    byte[] text = readLine(MOST_READ - to.size());
    int count = 0;
    for (byte character : text) {
      if (Nucleotides.of(character) >= 0) {
        text[count++] = character;
      }
    }
    to.write(text, 0, count);
    if (to.size() >= MOST_READ) {
      broken = true;
      throw new InputException(
          where + ": read " + name + " has more than " + MOST_READ + " letters; make it FASTA.");
    }
  }

  // -------------------------------------------------------------- characters

  /** The next character, or END. */
  private int peek() {
    if (at < held) {
      return buffer[at] & 0xff;
    }
    if (broken) {
      return END;
    }
    try {
      at = 0;
      held = 0;
      held = Math.max(0, in.read(buffer));
    } catch (EOFException e) {
      throw damaged("it ends within a gzip block", e);
    } catch (ZipException e) {
      throw damaged("its gzip data is damaged (" + e.getMessage() + ")", e);
    } catch (IOException e) {
      throw damaged(e.toString(), e);
    }
    return held == 0 ? END : buffer[0] & 0xff;
  }

  private InputException damaged(String how, IOException e) {
    broken = true;
    within = false;
    return new InputException(
        where + " cannot be read beyond line " + line + ": " + how + "; is the copy complete?", e);
  }

  /** The rest of the line, of which so many characters are kept. */
  private byte[] readLine(int most) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    while (peek() != END) {
      int from = at;
      while (at < held && buffer[at] != '\n') {
        at++;
      }
      text.write(buffer, from, Math.min(at - from, most - text.size()));
      if (at < held) {
        next('\n');
        break;
      }
    }
    return text.toByteArray();
  }

  private void skipLine() {
    readLine(0);
  }
}
