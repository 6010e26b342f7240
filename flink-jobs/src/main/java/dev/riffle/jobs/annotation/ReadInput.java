package dev.riffle.jobs.annotation;

import dev.riffle.jobs.stream.EventInput;
import dev.riffle.models.InputException;
import dev.riffle.models.annotator.Annotator;
import dev.riffle.models.dna.GeneticCode;
import dev.riffle.models.dna.Letters;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.ReadChunk;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads {@code ReadChunk} records: a base is a step of one value. */
public final class ReadInput extends EventInput {
  private static final long serialVersionUID = 1;

  private static final String PROTEIN = "EFILPQZJO";
  private static final boolean[] LETTER = new boolean[256];

  static {
    for (char c : "ACGTURYSWKMBDHVNX-*. \t\n\f\r\u000b".toCharArray()) {
      LETTER[c] = true;
      LETTER[Character.toLowerCase(c)] = true;
    }
  }

  private transient AvroCodec<ReadChunk> codec;

  /**
   * @param maxRecordBytes largest record, key and value
   * @param maxAhead how far a capture time may lie after its record's Kafka timestamp
   */
  public ReadInput(long maxRecordBytes, Duration maxAhead) {
    super(maxRecordBytes, maxAhead);
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
    event.format = Annotator.FORMAT;
    event.values =
        bases(
            chunk.getBases(),
            chunk.getGeneticCode() == null
                ? GeneticCode.BACTERIAL
                : GeneticCode.of(chunk.getGeneticCode()));
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

  private static float[] bases(ByteBuffer from, GeneticCode code) {
    byte[] letters = new byte[from.remaining()];
    from.get(from.position(), letters);
    for (int i = 0; i < letters.length; i++) {
      if (!LETTER[letters[i] & 0xff]) {
        throw new InputException(
            String.format(
                "Expected bases as letters of IUPAC's nucleotide code but the byte at index %d of %d"
                    + " is %s: %s.",
                i,
                letters.length,
                letters[i] > ' ' && letters[i] < 127
                    ? "'" + (char) letters[i] + "'"
                    : "0x" + HexFormat.of().toHexDigits(letters[i]),
                PROTEIN.indexOf(Character.toUpperCase(letters[i])) >= 0
                    ? "it stands in proteins; send the DNA"
                    : "send plain letters, neither compressed nor packed"));
      }
    }
    float[] values = new float[letters.length];
    int count = Letters.values(letters, 0, letters.length, code, values, 0);
    return count == values.length ? values : Arrays.copyOf(values, count);
  }
}
