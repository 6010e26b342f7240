package dev.riffle.jobs.annotation;

import dev.riffle.dna.Composition;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.annotator.Annotator;
import dev.riffle.dna.readuntil.ReadUntil;
import dev.riffle.jobs.stream.EventInput;
import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.ReadChunk;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Decodes {@code ReadChunk} records. A base is a step of one value, or of two if its quality
 * counts. What belongs to the whole sequence is an attribute of the format: the genetic code of a
 * contig, the channel of a read.
 */
public final class ReadInput extends EventInput {
  private static final long serialVersionUID = 1;

  /** More than any flow cell has. */
  private static final int MOST_CHANNELS = 1 << 24;

  private final boolean forReadUntil;

  private transient AvroCodec<ReadChunk> codec;

  private ReadInput(InputLimits limits, boolean forReadUntil) {
    super(limits);
    this.forReadUntil = forReadUntil;
  }

  /** Input of the annotator: bases without quality. */
  public static ReadInput ofBases(InputLimits limits) {
    return new ReadInput(limits, false);
  }

  /** Input of {@link ReadUntil}: bases with their quality. */
  public static ReadInput ofCalls(InputLimits limits) {
    return new ReadInput(limits, true);
  }

  @Override
  protected StepEvent event(ConsumerRecord<byte[], byte[]> record) {
    if (codec == null) {
      codec = AvroCodec.of(ReadChunk.class);
    }
    ReadChunk chunk = codec.decode(record.value());
    checkId(chunk.getSequenceId(), record.key());
    checkPosition(chunk.getPosition());
    checkQuality(chunk);

    StepEvent event = new StepEvent();
    event.sequenceId = chunk.getSequenceId();
    event.start = chunk.getSequenceStart();
    event.end = chunk.getSequenceEnd();
    event.position = chunk.getPosition();
    event.captureMicros = checkCaptureTime(chunk.getCaptureTime(), record);
    event.format = forReadUntil ? readFormat(chunk) : contigFormat(chunk);
    event.values = forReadUntil ? basesAndQualities(chunk) : bases(chunk);
    if (event.values.length == 0 && !event.end) {
      throw new InputException(
          "Expected bases but there are none; only a chunk with sequence_end may be empty.");
    }
    return event;
  }

  private static void checkQuality(ReadChunk chunk) {
    ByteBuffer quality = chunk.getQuality();
    int bases = chunk.getBases().remaining();
    if (quality == null) {
      return;
    }
    if (quality.remaining() != bases) {
      throw new InputException(
          "Expected a quality for each of "
              + bases
              + " bases but there are "
              + quality.remaining()
              + ". Bases and quality must be cut at the same positions.");
    }
    for (int i = 0; i < bases; i++) {
      byte q = quality.get(quality.position() + i);
      if (q < '!' || q > '~') {
        throw new InputException(
            "Expected quality as in FASTQ, Phred + 33, bytes 33 to 126, but the byte at"
                + " index "
                + i
                + " is "
                + (q & 0xff)
                + ".");
      }
    }
  }

  private static Format contigFormat(ReadChunk chunk) {
    Integer code = chunk.getGeneticCode();
    return code == null ? Annotator.FORMAT : Annotator.format(GeneticCode.of(code));
  }

  private static float[] bases(ReadChunk chunk) {
    byte[] letters = letters(chunk.getBases());
    float[] values = new float[letters.length];
    int count = Nucleotides.values(letters, 0, letters.length, values, 0);
    return count == values.length ? values : Arrays.copyOf(values, count);
  }

  private static Format readFormat(ReadChunk chunk) {
    Integer channel = chunk.getChannel();
    if (channel == null) {
      return ReadUntil.FORMAT;
    }
    if (channel < 1 || channel > MOST_CHANNELS) {
      throw new InputException(
          "Expected a channel from 1 to "
              + MOST_CHANNELS
              + " but it is "
              + channel
              + ". The channels of a flow cell count from 1; leave the field out if there is none.");
    }
    return ReadUntil.format(channel);
  }

  /** Base and quality of each step, as {@link ReadUntil} reads them. */
  private static float[] basesAndQualities(ReadChunk chunk) {
    byte[] letters = letters(chunk.getBases());
    ByteBuffer quality = chunk.getQuality();
    float[] values = new float[ReadUntil.FORMAT.width() * letters.length];
    int count = 0;
    for (int i = 0; i < letters.length; i++) {
      int code = Nucleotides.of(letters[i]);
      if (code >= 0) {
        values[count++] = Nucleotides.value(code);
        values[count++] = quality == null ? 0 : quality.get(quality.position() + i);
      }
    }
    return count == values.length ? values : Arrays.copyOf(values, count);
  }

  private static byte[] letters(ByteBuffer from) {
    byte[] letters = new byte[from.remaining()];
    from.get(from.position(), letters);
    for (int i = 0; i < letters.length; i++) {
      if (!Composition.isBase(letters[i]) && Nucleotides.of(letters[i]) >= 0) {
        throw new InputException(
            String.format(
                "Expected bases as letters of IUPAC's nucleotide code but the byte at index %d of %d"
                    + " is %s: %s.",
                i,
                letters.length,
                letters[i] > ' ' && letters[i] < 127
                    ? "'" + (char) letters[i] + "'"
                    : "0x" + HexFormat.of().toHexDigits(letters[i]),
                Composition.isProtein(letters[i])
                    ? "it is a letter of proteins; send the DNA"
                    : "send plain letters, neither compressed nor packed"));
      }
    }
    return letters;
  }
}
