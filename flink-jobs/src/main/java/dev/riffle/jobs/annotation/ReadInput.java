package dev.riffle.jobs.annotation;

import dev.riffle.dna.Composition;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.annotator.Annotator;
import dev.riffle.dna.readuntil.ReadUntil;
import dev.riffle.jobs.stream.EventInput;
import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.models.InputException;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.ReadChunk;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads {@code ReadChunk} records: a base is a step of one value, or of three where quality and
 * channel count.
 */
public final class ReadInput extends EventInput {
  private static final long serialVersionUID = 1;

  /** Largest number that a step of floats holds exactly; no flow cell has so many. */
  private static final int MOST_CHANNELS = 1 << 24;

  private final boolean called;

  private transient AvroCodec<ReadChunk> codec;

  private ReadInput(InputLimits limits, boolean called) {
    super(limits);
    this.called = called;
  }

  /** Input of the annotator: the bases alone. */
  public static ReadInput ofBases(InputLimits limits) {
    return new ReadInput(limits, false);
  }

  /** Input of {@link ReadUntil}: bases with their quality, and the channel. */
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
    event.format = called ? ReadUntil.FORMAT : Annotator.FORMAT;
    event.values = called ? calls(chunk) : bases(chunk);
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
              + ": bases and quality were cut at different places.");
    }
    for (int i = 0; i < bases; i++) {
      byte q = quality.get(quality.position() + i);
      if (q < '!' || q > '~') {
        throw new InputException(
            "Expected quality as FASTQ writes it, Phred + 33, bytes 33 to 126, but the byte at"
                + " index "
                + i
                + " is "
                + (q & 0xff)
                + ".");
      }
    }
  }

  private static float[] bases(ReadChunk chunk) {
    Integer number = chunk.getGeneticCode();
    GeneticCode code = number == null ? GeneticCode.BACTERIAL : GeneticCode.of(number);
    byte[] letters = letters(chunk.getBases());
    float[] values = new float[letters.length];
    int count = Nucleotides.values(letters, 0, letters.length, code, values, 0);
    return count == values.length ? values : Arrays.copyOf(values, count);
  }

  /** Letter, quality and channel of each base, as {@link ReadUntil} reads them. */
  private static float[] calls(ReadChunk chunk) {
    byte[] letters = letters(chunk.getBases());
    ByteBuffer quality = chunk.getQuality();
    int channel = channel(chunk);
    float[] values = new float[ReadUntil.FORMAT.width() * letters.length];
    int count = 0;
    for (int i = 0; i < letters.length; i++) {
      int letter = Nucleotides.of(letters[i]);
      if (letter >= 0) {
        values[count++] = Nucleotides.value(letter, GeneticCode.BACTERIAL);
        values[count++] = quality == null ? 0 : quality.get(quality.position() + i);
        values[count++] = channel;
      }
    }
    return count == values.length ? values : Arrays.copyOf(values, count);
  }

  private static int channel(ReadChunk chunk) {
    Integer channel = chunk.getChannel();
    if (channel != null && (channel < 1 || channel > MOST_CHANNELS)) {
      throw new InputException(
          "Expected a channel from 1 to "
              + MOST_CHANNELS
              + " but it is "
              + channel
              + ": a flow cell's channels count from 1; leave it out where there is none.");
    }
    return channel == null ? 0 : channel;
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
                    ? "it stands in proteins; send the DNA"
                    : "send plain letters, neither compressed nor packed"));
      }
    }
    return letters;
  }
}
