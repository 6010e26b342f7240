package dev.riffle.dna;

import dev.riffle.models.InputException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A FASTA or FASTQ file, plain or gzipped, read record by record and piece by piece. The format is
 * detected from the first character, not from the file name. A FASTA record can have any length, on
 * one line or many; a FASTQ read is held in memory, up to {@value #MOST_READ} bases.
 *
 * <pre>
 *   for (Entry e = file.next(); e != null; e = file.next()) {
 *     for (int n = file.read(piece); n > 0; n = file.read(piece)) ...
 *   }
 * </pre>
 *
 * <p>A read that cannot be used is an entry with the reason; the next one is not affected. A file
 * that cannot be read further is an {@link InputException}, after which there is no further entry.
 *
 * <p>Not safe for two threads.
 */
public final class SequenceFile implements AutoCloseable {
  /** Bases of the longest read. */
  public static final int MOST_READ = 1 << 28;

  private static final int BUFFER = 1 << 16;
  private static final int GZIP_FIRST = 0x1f;
  private static final int GZIP_SECOND = 0x8b;
  private static final Pattern CODE = Pattern.compile("genetic_code=(\\d*)");
  private static final int MOST_DIGITS = 3;

  /**
   * A record.
   *
   * @param name first word of its header; {@code unnamed} if there is none
   * @param header its header, without the first character
   * @param line number of its first line, from 1
   * @param qualities of a read, a character for each base; null in FASTA
   * @param problem why its bases cannot be read; null if they can
   */
  public record Entry(String name, String header, long line, byte[] qualities, String problem) {

    /**
     * The genetic code that the header names as {@code genetic_code=NUMBER}, or the default.
     *
     * @throws InputException if the number is neither 11 nor 4
     */
    public GeneticCode code(GeneticCode byDefault) {
      Matcher code = CODE.matcher(header);
      String number = code.find() ? code.group(1) : "";
      return number.isEmpty() || number.length() > MOST_DIGITS
          ? byDefault
          : GeneticCode.of(Integer.parseInt(number));
    }
  }

  private final CharacterReader in;
  private SequenceReader records;
  private boolean begun;

  private SequenceFile(CharacterReader in) {
    this.in = in;
    this.records = new FastaReader(in);
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
   * Reads a stream, gzipped or not. {@link #close} closes the stream.
   *
   * @param name of the stream in messages
   */
  public static SequenceFile open(InputStream stream, String name) throws IOException {
    PushbackInputStream in = new PushbackInputStream(stream, 2);
    byte[] magic = in.readNBytes(2);
    in.unread(magic);
    boolean gzip =
        magic.length == 2 && (magic[0] & 0xff) == GZIP_FIRST && (magic[1] & 0xff) == GZIP_SECOND;
    try {
      InputStream plain = gzip ? new GZIPInputStream(in, BUFFER) : in;
      return new SequenceFile(new CharacterReader(plain, name));
    } catch (EOFException | ZipException e) {
      throw new InputException(name + " is a damaged gzip file: " + e.getMessage() + ".", e);
    }
  }

  /** True if the records have qualities; known after the first {@link #next}. */
  public boolean isFastq() {
    return records instanceof FastqReader;
  }

  /** Number of the current line, from 1. */
  public long line() {
    return in.line();
  }

  /**
   * The next record. What is left of the current one is skipped.
   *
   * @return null after the last record
   * @throws InputException if the file has another format or is damaged
   */
  public Entry next() {
    if (!begun) {
      begun = true;
      detectFormat();
    }
    return records.next();
  }

  /**
   * Reads bases of the current record, without white space.
   *
   * @return the number of bases: as many as there is room for, fewer at the end of the record, then
   *     0
   * @throws InputException if the file is damaged after the bases that were read
   */
  public int read(byte[] to) {
    return records.read(to);
  }

  private void detectFormat() {
    int first = in.peek();
    while (first == '\n' || first == '\r' || first == ' ' || first == '\t') {
      in.skip();
      first = in.peek();
    }
    if (first == '@') {
      records = new FastqReader(in);
    } else if (first != CharacterReader.END && first != '>' && first != ';') {
      throw in.broken(
          in.name()
              + " is neither FASTA nor FASTQ, plain or gzipped: its first line has to begin with >"
              + " or @, but begins with "
              + CharacterReader.shown(first)
              + ".");
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
