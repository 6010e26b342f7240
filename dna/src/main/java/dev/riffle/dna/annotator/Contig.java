package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.AHEAD;
import static dev.riffle.dna.annotator.AnnotatorConfig.START_UPSTREAM;
import static dev.riffle.dna.annotator.AnnotatorConfig.START_WINDOW;
import static dev.riffle.dna.annotator.AnnotatorConfig.TOKEN;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.models.BatchItem;
import dev.riffle.models.InputException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The latest letters of one contig, as far back as the caller may still need them.
 *
 * <p>As bytes, little-endian:
 *
 * <pre>
 *   u8   genetic code, 0 before the first known base
 *   i64  bases read
 *   u16  number of stored letters, then one byte each, in the order of their positions
 * </pre>
 */
final class Contig {
  /** Initial capacity of the buffer, in letters. */
  private static final int ROOM = 1 << 14;

  /** Letters that are taken from a row at once. */
  private static final int PIECE = 1 << 11;

  private static final byte[] COMPLEMENT = {3, 2, 1, 0, 4};

  private final AnnotatorConfig config;
  private final int behind; // letters before the watermark that a start may ask for
  private byte[] letters = new byte[ROOM];
  private long base; // position of the first letter
  private int held;
  private GeneticCode code;
  private long read;

  private float[] values; // of the batch item
  private int at;
  private int end;
  private GeneticCode itemCode;
  private boolean ending;

  Contig(AnnotatorConfig config) {
    this.config = config;
    behind = config.calling().minLength() + START_UPSTREAM;
  }

  /** Bytes that {@link #store} takes at most. */
  static int mostBytes(AnnotatorConfig config) {
    int behind = config.calling().minLength() + START_UPSTREAM;
    return 1 + Long.BYTES + Short.BYTES + behind + (config.delay() + 1) * TOKEN + AHEAD;
  }

  /** Becomes a contig of which nothing has come. */
  void open() {
    base = 0;
    held = 0;
    read = 0;
    code = null;
  }

  /** Bytes of {@link #store} once this many tokens are called. */
  int bytes(long called) {
    return 1 + Long.BYTES + Short.BYTES + (int) (read - oldest(called));
  }

  void store(ByteBuffer to, long called) {
    int from = (int) (oldest(called) - base);
    int count = (int) (read - base) - from;
    to.put((byte) (code == null ? 0 : code.number())).putLong(read).putShort((short) count);
    to.put(letters, from, count);
  }

  /** False if the bytes cannot be a contig's. */
  boolean load(ByteBuffer from) {
    int number = from.get();
    code = null;
    for (GeneticCode known : GeneticCode.values()) {
      code = known.number() == number ? known : code;
    }
    read = from.getLong();
    held = from.getShort();
    if (code == null && number != 0 || held < 0 || held > read) {
      return false;
    }
    base = read - held;
    from.get(letters, 0, held);
    return true;
  }

  /** First position that is needed once this many tokens are called. */
  private long oldest(long called) {
    return Math.max(0, called * TOKEN - behind);
  }

  /** Begins with the steps of a batch item; {@code last} if the contig ends after them. */
  void begin(BatchItem<?> item, boolean last) {
    values = item.values;
    at = item.offset;
    end = item.offset + item.steps;
    itemCode = GeneticCode.of(item.format);
    ending = last;
  }

  /** Bases read so far. Bases of the batch item count once a token needs them. */
  long read() {
    return read;
  }

  GeneticCode code() {
    return code == null ? GeneticCode.BACTERIAL : code;
  }

  /** True once the last base is known: {@link #read} is the contig's length. */
  boolean whole() {
    return ending && at == end;
  }

  /**
   * True if a token can be computed: its bases have arrived, or the contig has ended and unknown
   * letters follow.
   *
   * @param t number of the token
   * @param called tokens that are called: their letters may be dropped
   */
  boolean ready(long t, long called) {
    long needed = (t + 1) * TOKEN + AHEAD;
    while (read < needed && at < end) {
      take(Math.min(PIECE, end - at), called);
    }
    if (read >= needed) {
      return true;
    }
    long tokens = (read + TOKEN - 1) / TOKEN;
    if (!ending || read == 0 || t >= tokens + config.delay()) {
      return false;
    }
    int room = (int) (needed - base);
    makeRoom(room - held, called);
    room = (int) (needed - base);
    Arrays.fill(letters, held, room, Nucleotides.UNKNOWN);
    held = room;
    return true;
  }

  private void take(int count, long called) {
    makeRoom(count, called);
    for (int i = 0; i < count; i++) {
      float value = values[at + i];
      letters[held + i] = Nucleotides.code(value, read + i);
      if (value != 0) {
        checkCode(value > 0 ? itemCode : GeneticCode.TABLE_4, read + i);
      }
    }
    at += count;
    held += count;
    read += count;
  }

  /** The first known base determines the genetic code of the contig. */
  private void checkCode(GeneticCode its, long position) {
    if (code == null) {
      code = its;
    } else if (code != its) {
      throw new InputException(
          String.format(
              "Base %d has genetic code %d, but the contig has code %d. Send one code with all"
                  + " chunks of a contig, or begin another contig.",
              position, its.number(), code.number()));
    }
  }

  private void makeRoom(int count, long called) {
    if (held + count <= letters.length) {
      return;
    }
    int gone = (int) (oldest(called) - base);
    held -= gone;
    base += gone;
    byte[] room = held + count <= letters.length ? letters : new byte[2 * (held + count)];
    System.arraycopy(letters, gone, room, 0, held);
    letters = room;
  }

  /** The letters; {@link #index} gives the index of a position. */
  byte[] letters() {
    return letters;
  }

  int index(long position) {
    return (int) (position - base);
  }

  /** Around the start codon at p: letters p - 30 .. p + 17. */
  void windowForward(long p, byte[] window) {
    for (int i = 0; i < START_WINDOW; i++) {
      window[i] = letter(p - START_UPSTREAM + i);
    }
  }

  /** Around the start codon of the other strand at p: complements of p + 32 down to p - 15. */
  void windowReverse(long p, byte[] window) {
    for (int i = 0; i < START_WINDOW; i++) {
      window[i] = COMPLEMENT[letter(p + 2 + START_UPSTREAM - i)];
    }
  }

  private byte letter(long position) {
    return position < 0 || position >= read
        ? Nucleotides.UNKNOWN
        : letters[(int) (position - base)];
  }
}
