package dev.riffle.dna;

import dev.riffle.dna.compressed.CompressedInput;
import dev.riffle.models.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A FASTA or FASTQ file, read record by record and piece by piece. It may be compressed with gzip,
 * bzip2, xz or zstd. Compression and format are detected from the first bytes, not from the file
 * name; lines end with LF, CR or CR LF. A FASTA record can have any length, on one line or many; a
 * FASTQ read is held in memory, up to {@value #MOST_READ} bases.
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

  private static final int HEAD = 512;

  /** {@code genetic_code=4}, {@code transl_table=4}, {@code [gcode=4]}. */
  private static final Pattern CODE =
      Pattern.compile(
          "(?<![\\w-])(?:genetic_code|transl_table|gcode)\\s*=\\s*\"?(\\d+)",
          Pattern.CASE_INSENSITIVE);

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
     * The genetic code that the header names as {@code genetic_code=NUMBER}, {@code
     * transl_table=NUMBER} or {@code gcode=NUMBER}, in either case of letters.
     *
     * @throws InputException if the number is neither 11 nor 4, or there are two
     */
    public Optional<GeneticCode> code() {
      Matcher found = CODE.matcher(header);
      GeneticCode code = null;
      while (found.find()) {
        GeneticCode next = GeneticCode.parse(found.group(1));
        if (code != null && code != next) {
          throw new InputException(
              "The header names the genetic codes "
                  + code.number()
                  + " and "
                  + next.number()
                  + ". Leave one of them, or pass --code.");
        }
        code = next;
      }
      return Optional.ofNullable(code);
    }

    /**
     * The genetic code that the header names, or the default.
     *
     * @throws InputException as {@link #code()}
     */
    public GeneticCode code(GeneticCode byDefault) {
      return code().orElse(byDefault);
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
   * Reads a stream or a pipe, compressed or not. {@link #close} closes the stream.
   *
   * @param name of the stream in messages
   * @throws IOException if the first bytes cannot be read
   */
  public static SequenceFile open(InputStream stream, String name) throws IOException {
    return new SequenceFile(new CharacterReader(CompressedInput.of(stream), name));
  }

  /** The name of the file or stream, as messages show it. */
  public String name() {
    return in.name();
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
    byte[] head = in.head(HEAD);
    in.skipBytes(OtherFormat.byteOrderMark(head));
    int first = in.peek();
    while (first == '\n' || first == '\r' || first == ' ' || first == '\t') {
      in.skipBlank();
      first = in.peek();
    }
    Optional<OtherFormat> other = OtherFormat.of(head);
    if (other.isPresent()) {
      throw in.broken(
          in.name() + " is neither FASTA nor FASTQ but " + other.get().description() + ".");
    }
    if (first == '@') {
      records = new FastqReader(in);
    } else if (first != CharacterReader.END && first != '>' && first != ';') {
      throw in.broken(
          in.name()
              + " is neither FASTA nor FASTQ: its first line has to begin with > or @, but begins"
              + " with "
              + CharacterReader.shown(first)
              + ".");
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
