package dev.riffle.jobs.transcription;

import dev.riffle.jobs.stream.EventInput;
import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.music.transcriber.Transcriber;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.AudioChunk;
import java.nio.ByteBuffer;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decodes {@code AudioChunk} records. */
public final class AudioInput extends EventInput {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = LoggerFactory.getLogger(AudioInput.class);

  private final ChannelSelection channel;
  private transient AvroCodec<AudioChunk> codec;
  private transient ChannelWatch watch;

  /** Decodes chunks whose channels are mixed. */
  public AudioInput(InputLimits limits) {
    this(limits, ChannelSelection.MIX);
  }

  public AudioInput(InputLimits limits, ChannelSelection channel) {
    super(limits);
    this.channel = channel;
  }

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    super.open(context);
    context
        .getMetricGroup()
        .gauge("cancelling_channels_total", () -> watch == null ? 0L : watch.cancelling());
  }

  @Override
  protected StepEvent event(ConsumerRecord<byte[], byte[]> record) {
    if (codec == null) {
      codec = AvroCodec.of(AudioChunk.class);
    }
    AudioChunk chunk = codec.decode(record.value());
    checkId(chunk.getSequenceId(), record.key());
    SampleEncoding encoding =
        SampleEncoding.of(chunk.getEncoding())
            .orElseThrow(
                () ->
                    new InputException(
                        "Expected encoding "
                            + SampleEncoding.names()
                            + " but it is '"
                            + shortened(chunk.getEncoding())
                            + "'. Convert the samples first."));
    int rate = chunk.getSampleRate();
    if (rate < Transcriber.MIN_RATE || rate > Transcriber.MAX_RATE) {
      throw new InputException(
          "Expected sample_rate from "
              + Transcriber.MIN_RATE
              + " to "
              + Transcriber.MAX_RATE
              + " but it is "
              + rate
              + ". Check the configuration of the recorder.");
    }
    int channels = chunk.getChannels();
    if (channels < 1 || channels > Transcriber.MAX_CHANNELS) {
      throw new InputException(
          "Expected 1 to "
              + Transcriber.MAX_CHANNELS
              + " channels but there are "
              + channels
              + ".");
    }
    checkPosition(chunk.getPosition());

    StepEvent event = new StepEvent();
    event.sequenceId = chunk.getSequenceId();
    event.start = chunk.getSequenceStart();
    event.end = chunk.getSequenceEnd();
    event.position = chunk.getPosition();
    event.captureMicros = checkCaptureTime(chunk.getCaptureTime(), record);
    event.format = new Format(rate, channel.width(channels));
    float[] samples = samples(chunk.getSamples(), encoding, channels);
    event.values = channel.of(samples, channels);
    if (event.values.length == 0 && !event.end) {
      throw new InputException(
          "Expected samples but there are none; only a chunk with sequence_end may be empty.");
    }
    if (channel == ChannelSelection.MIX) {
      listen(event, channels);
    }
    return event;
  }

  private void listen(StepEvent event, int channels) {
    if (watch == null) {
      watch = new ChannelWatch();
    }
    watch.add(event.sequenceId, event.values, channels, event.format.rate()).ifPresent(LOG::warn);
  }

  private static float[] samples(ByteBuffer bytes, SampleEncoding encoding, int channels) {
    int frame = encoding.bytes() * channels;
    if (bytes.remaining() % frame != 0) {
      throw new InputException(
          "Expected a multiple of "
              + frame
              + " bytes ("
              + encoding.bytes()
              + " per sample, "
              + channels
              + " channels) but there are "
              + bytes.remaining()
              + ": the chunk was cut within a sample.");
    }
    return checkFinite(encoding.decode(bytes), "samples");
  }
}
