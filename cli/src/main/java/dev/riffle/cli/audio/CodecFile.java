package dev.riffle.cli.audio;

import static org.bytedeco.ffmpeg.global.avcodec.*;
import static org.bytedeco.ffmpeg.global.avformat.*;
import static org.bytedeco.ffmpeg.global.avutil.*;
import static org.bytedeco.ffmpeg.global.swresample.*;

import dev.riffle.models.InputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVChannelLayout;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.swresample.SwrContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerPointer;

/** FLAC, MP3 and whatever else FFmpeg decodes; reads local files only. */
final class CodecFile extends AudioFile {
  private static final int PADDING_FRAMES = 4;
  private static final int HOLE_SECONDS = 3600;
  private static final int AAC_FRAME = 2048; // with the doubled rate of HE-AAC
  private static final int OTHER_FRAME = 1024;

  private final AVFormatContext container;
  private final AVCodecContext codec;
  private final SwrContext toFloat;
  private final int stream;
  private final int rate;
  private final int channels;
  private final long length;
  private final boolean exact;
  private final AVPacket packet = av_packet_alloc();
  private final AVFrame frame = av_frame_alloc();
  private FloatPointer native32 = new FloatPointer(0);
  private float[] decoded = new float[0]; // [decodedSamples, channels], from next on
  private int next;
  private int decodedSamples;
  private long silence; // samples that are delivered before the decoded ones
  private long begun; // samples that were decoded or replaced
  private final Holes holes = new Holes();
  private final Optional<LostFrames> lost; // for streams whose timestamps do not count these
  private final boolean timed; // every hole shows in the timestamps
  private final int shortest; // gap that is a hole; timestamps of Vorbis vary by half a block
  private boolean failed; // a packet since the last frame could not be decoded
  private long clock = UNKNOWN; // time of the next sample, in samples of the stream
  private long shift; // samples that the timestamps do not count
  private long packetsEnd; // end time of the last packet
  private boolean drained;
  private boolean closed;

  private CodecFile(Names of, AVFormatContext container, AVCodecContext codec, int stream) {
    super(of.path, of.name);
    this.container = container;
    this.codec = codec;
    this.toFloat = floats(codec, of.name);
    this.stream = stream;
    this.rate = codec.sample_rate();
    this.channels = codec.ch_layout().nb_channels();
    String kind = container.iformat().name().getString();
    this.lost =
        LostFrames.matter(kind, codec.codec_id())
            ? Optional.of(new LostFrames(codec.codec_id(), of.start))
            : Optional.empty();
    this.timed = lost.isPresent() || kind.equals("ogg");
    this.shortest = rate / (kind.equals("ogg") ? 20 : 200);
    this.exact = (avcodec_descriptor_get(codec.codec_id()).props() & AV_CODEC_PROP_LOSSY) == 0;
    AVStream s = container.streams(stream);
    boolean guessed = container.duration_estimation_method() == AVFMT_DURATION_FROM_BITRATE;
    AVRational base = s.time_base();
    this.length =
        of.open || guessed || s.duration() == AV_NOPTS_VALUE
            ? UNKNOWN
            : Math.round(s.duration() * (double) base.num() / base.den() * rate);
  }

  /**
   * A file.
   *
   * @param open true if its header does not know its length
   * @param start of its first packet, in bytes
   */
  private record Names(Path path, String name, boolean open, long start) {}

  /**
   * Opens a file.
   *
   * @param name in messages
   * @param open true if the length in the header means nothing
   */
  static CodecFile openCodec(Path path, String name, boolean open) {
    try {
      av_log_set_level(AV_LOG_QUIET);
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      throw new InputException(
          name
              + " is neither WAV nor AIFF, and the decoder for other formats is not available on"
              + " this platform (only on Linux x86-64). Convert the file to WAV.",
          e);
    }
    AVFormatContext container = avformat_alloc_context();
    AVDictionary options = new AVDictionary(null);
    av_dict_set(options, "protocol_whitelist", "file", 0);
    int rc = avformat_open_input(container, "file:" + path.toAbsolutePath(), null, options);
    av_dict_free(options);
    if (rc < 0) { // the container is freed already
      throw notASound(name, message(rc));
    }
    AVCodecContext codec = null;
    long start = avio_tell(container.pb());
    try {
      check(avformat_find_stream_info(container, (PointerPointer<?>) null), name);
      int stream =
          av_find_best_stream(container, AVMEDIA_TYPE_AUDIO, -1, -1, (PointerPointer<?>) null, 0);
      if (stream < 0) {
        throw notASound(name, "it contains no audio stream");
      }
      var parameters = container.streams(stream).codecpar();
      AVCodec decoder = avcodec_find_decoder(parameters.codec_id());
      codec = avcodec_alloc_context3(decoder);
      check(avcodec_parameters_to_context(codec, parameters), name);
      codec.pkt_timebase(container.streams(stream).time_base());
      check(avcodec_open2(codec, decoder, (PointerPointer<?>) null), name);
      if (codec.sample_rate() <= 0 || codec.ch_layout().nb_channels() <= 0) {
        throw new InputException(
            name + " names no sample rate or no channels: it is truncated or damaged.");
      }
      return new CodecFile(new Names(path, name, open, start), container, codec, stream);
    } catch (InputException e) {
      if (codec != null) {
        avcodec_free_context(codec);
      }
      avformat_close_input(container);
      throw e;
    }
  }

  private static InputException notASound(String name, String why) {
    return new InputException(
        name
            + " is not a sound file that can be read ("
            + why
            + "). Use WAV, AIFF,"
            + " FLAC, MP3 or another format that FFmpeg decodes.");
  }

  /** A converter that changes only the sample format, not rate and channels. */
  private static SwrContext floats(AVCodecContext codec, String name) {
    AVChannelLayout layout = codec.ch_layout();
    PointerPointer<SwrContext> made = new PointerPointer<>(1);
    made.put(0, null);
    int rate = codec.sample_rate();
    check(
        swr_alloc_set_opts2(
            made, layout, AV_SAMPLE_FMT_FLT, rate, layout, codec.sample_fmt(), rate, 0, null),
        name);
    SwrContext swr = new SwrContext(made.get(0));
    check(swr_init(swr), name);
    return swr;
  }

  @Override
  public String description() {
    return avcodec_get_name(codec.codec_id()).getString().toUpperCase(java.util.Locale.ROOT);
  }

  @Override
  public int rate() {
    return rate;
  }

  @Override
  public int channels() {
    return channels;
  }

  @Override
  public long length() {
    return length;
  }

  /**
   * The samples that an encoder adds before and after the sound, which a header may count: four
   * frames. A lossless codec adds none.
   */
  @Override
  long tolerance() {
    int frame = codec.codec_id() == AV_CODEC_ID_AAC ? AAC_FRAME : codec.frame_size();
    return exact ? 0 : PADDING_FRAMES * (frame > 0 ? frame : OTHER_FRAME);
  }

  @Override
  public List<String> warnings() {
    return holes.warnings(name(), rate);
  }

  @Override
  public String encoding() {
    int bits = Math.max(codec.bits_per_raw_sample(), codec.bits_per_coded_sample());
    if (exact && bits > 0 && bits <= 24) {
      return bits <= 16 ? "s16le" : "s24le";
    }
    return "f32le";
  }

  @Override
  int decode(float[] into, int samples) {
    int done = 0;
    while (done < samples && (silence > 0 || next < decodedSamples || decodeFrame())) {
      int n;
      if (silence > 0) {
        n = (int) Math.min(samples - done, silence);
        Arrays.fill(into, done * channels, (done + n) * channels, 0f);
        silence -= n;
      } else {
        n = Math.min(samples - done, decodedSamples - next);
        System.arraycopy(decoded, next * channels, into, done * channels, n * channels);
        next += n;
      }
      done += n;
    }
    return done;
  }

  /** Fills {@link #decoded} with the next frame, or {@link #silence}; false at the end. */
  private boolean decodeFrame() {
    while (true) {
      int rc = avcodec_receive_frame(codec, frame);
      if (rc >= 0) {
        if (frame.nb_samples() > 0) {
          convert();
          return true;
        }
      } else if (rc == AVERROR_EOF || drained) {
        boolean tail = failed && clock != UNKNOWN;
        failed = false;
        if (tail) {
          reach(packetsEnd);
        }
        return silence > 0;
      } else {
        failed |= rc != AVERROR_EAGAIN();
        feed();
      }
    }
  }

  /** Sends one packet, or the end. One that cannot be decoded becomes a hole in time. */
  private void feed() {
    int rc = av_read_frame(container, packet);
    if (rc == AVERROR_EOF) {
      drained = true;
      avcodec_send_packet(codec, null);
      return;
    }
    if (rc < 0) {
      throw new InputException(name() + " cannot be read further: " + message(rc) + ".");
    }
    if (packet.stream_index() == stream) {
      boolean whole = lost.isEmpty() || lost.get().add(packet, avio_tell(container.pb()));
      boolean bad = avcodec_send_packet(codec, packet) < 0;
      failed |= bad;
      if (packet.pts() != AV_NOPTS_VALUE) {
        if (bad && whole && clock == UNKNOWN) {
          clock = samples(packet.pts());
        }
        packetsEnd = samples(packet.pts() + packet.duration());
      }
    }
    av_packet_unref(packet);
  }

  private long samples(long ticks) {
    AVRational base = codec.pkt_timebase();
    return Math.round(ticks * (double) base.num() / base.den() * rate);
  }

  /**
   * Adds silence up to a time of the stream, if sound is missing before it: a packet could not be
   * decoded, or is not there in a format that counts every sample. Other gaps between timestamps
   * are those of the recorder. All silence of a file lasts an hour at most, or as long as its sound
   * if that is longer: a damaged number can claim years.
   */
  private void reach(long time) {
    shift += lost.map(LostFrames::take).orElse(0L) * codec.frame_size();
    long missing = time + shift - clock;
    long sound = begun - holes.samples();
    long most = Math.max(sound, (long) HOLE_SECONDS * rate) - holes.samples();
    boolean inside = length == UNKNOWN || missing <= length + tolerance() - begun;
    if (missing > Math.max(shortest, most)) {
      holes.leaveOut(begun, missing);
      shift -= missing;
    } else if (missing > shortest && inside) {
      silence = missing;
      holes.add(begun, missing);
      clock += missing;
      begun += missing;
    } else if (Math.abs(missing) > shortest) {
      shift -= missing; // another beginning, such as that of the next chained stream
    }
  }

  /** Puts silence before a frame that follows a hole. */
  private void place() {
    if (frame.pts() != AV_NOPTS_VALUE) {
      long time = samples(frame.pts());
      if (clock == UNKNOWN) {
        clock = time;
      } else if (timed || failed) {
        reach(time);
      } else {
        clock = time + shift;
      }
    }
    failed = false;
    clock += clock == UNKNOWN ? 0 : frame.nb_samples();
  }

  private void convert() {
    if (frame.sample_rate() != rate || frame.ch_layout().nb_channels() != channels) {
      throw new InputException(
          name()
              + " changes its rate or channels on the way, from "
              + rate
              + " Hz and "
              + channels
              + " to "
              + frame.sample_rate()
              + " Hz and "
              + frame.ch_layout().nb_channels()
              + ". Convert it to one format.");
    }
    place();
    int n = frame.nb_samples();
    if (native32.capacity() < (long) n * channels) {
      native32.close();
      native32 = new FloatPointer((long) n * channels);
      decoded = new float[n * channels];
    }
    try (PointerPointer<BytePointer> out = new PointerPointer<>(1)) {
      out.put(0, native32);
      decodedSamples = swr_convert(toFloat, out, n, frame.extended_data(), n);
    }
    check(decodedSamples, name());
    native32.get(decoded, 0, decodedSamples * channels);
    begun += decodedSamples;
    next = 0;
    av_frame_unref(frame);
  }

  private static void check(int rc, String name) {
    if (rc < 0) {
      throw new InputException(name + " cannot be decoded: " + message(rc) + ".");
    }
  }

  private static String message(int rc) {
    byte[] text = new byte[128];
    av_strerror(rc, text, text.length);
    String s = new String(text, StandardCharsets.UTF_8);
    return s.substring(0, s.indexOf('\0'));
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    native32.close();
    swr_free(toFloat);
    av_frame_free(frame);
    av_packet_free(packet);
    avcodec_free_context(codec);
    avformat_close_input(container);
  }
}
