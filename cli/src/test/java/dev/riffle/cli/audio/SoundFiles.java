package dev.riffle.cli.audio;

import static org.bytedeco.ffmpeg.global.avcodec.*;
import static org.bytedeco.ffmpeg.global.avformat.*;
import static org.bytedeco.ffmpeg.global.avutil.*;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;

/** Writes the sound files that tests read. */
public final class SoundFiles {
  private SoundFiles() {}

  /** A quiet sine of a whole number of integer steps, so that 16 bits hold it exactly. */
  public static float[] sine(int samples, int channels, double cyclesPerSample) {
    float[] out = new float[samples * channels];
    for (int i = 0; i < samples; i++) {
      for (int c = 0; c < channels; c++) {
        double v = Math.sin(2 * Math.PI * cyclesPerSample * i + c);
        out[i * channels + c] = Math.round(v * 12000) / 32768f;
      }
    }
    return out;
  }

  /** A canonical WAV: format tag 1 (integer) or 3 (float), little-endian. */
  public static Path wav(Path to, float[] values, int rate, int channels, int bits, boolean isFloat)
      throws IOException {
    ByteBuffer data =
        isFloat
            ? Samples.encode(values, values.length, "f32le")
            : bits == 8
                ? unsigned8(values)
                : Samples.encode(values, values.length, "s" + bits + "le");
    int size = data.remaining();
    ByteBuffer out = ByteBuffer.allocate(44 + size).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + size);
    out.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
    out.putShort((short) (isFloat ? 3 : 1)).putShort((short) channels).putInt(rate);
    out.putInt(rate * channels * bits / 8).putShort((short) (channels * bits / 8));
    out.putShort((short) bits).put("data".getBytes(StandardCharsets.US_ASCII)).putInt(size);
    return Files.write(to, out.put(data).array());
  }

  private static ByteBuffer unsigned8(float[] values) {
    ByteBuffer out = ByteBuffer.allocate(values.length);
    for (float v : values) {
      out.put((byte) (Math.round(v * 128) + 128));
    }
    return out.flip();
  }

  /** An AIFF of 16, 24 or 32 bits, big-endian. */
  public static Path aiff(Path to, float[] values, int rate, int channels, int bits)
      throws IOException {
    byte[] little = Samples.encode(values, values.length, "s" + bits + "le").array();
    byte[] big = new byte[little.length];
    int width = bits / 8;
    for (int i = 0; i < little.length; i++) {
      big[i / width * width + width - 1 - i % width] = little[i];
    }
    AudioFormat format = new AudioFormat(rate, bits, channels, true, true);
    AudioSystem.write(
        new AudioInputStream(new ByteArrayInputStream(big), format, values.length / channels),
        AudioFileFormat.Type.AIFF,
        to.toFile());
    return to;
  }

  /** A 16-bit FLAC, written by FFmpeg's own encoder. */
  public static Path flac(Path to, float[] values, int rate, int channels) {
    return encoded(to, "flac", "flac", AV_SAMPLE_FMT_S16, values, rate, channels);
  }

  /** An MP3 of one channel, or null if this build of FFmpeg has no encoder for it. */
  public static Path mp3(Path to, float[] values, int rate) {
    return avcodec_find_encoder_by_name("libmp3lame") == null
        ? null
        : encoded(to, "mp3", "libmp3lame", AV_SAMPLE_FMT_S16P, values, rate, 1);
  }

  /** An ADTS stream of AAC, of one channel. */
  public static Path adts(Path to, float[] values, int rate) {
    return encoded(to, "adts", "aac", AV_SAMPLE_FMT_FLTP, values, rate, 1);
  }

  /** An Ogg of FLAC, of one channel. */
  public static Path ogg(Path to, float[] values, int rate) {
    return encoded(to, "ogg", "flac", AV_SAMPLE_FMT_S16, values, rate, 1);
  }

  /**
   * A file of one channel.
   *
   * @param kind container of FFmpeg
   * @param encoder codec of FFmpeg
   * @param format of the samples, 16-bit integers or floats
   * @return null if this build of FFmpeg does not have the encoder
   */
  public static Path mono(
      Path to, String kind, String encoder, int format, float[] values, int rate) {
    return avcodec_find_encoder_by_name(encoder) == null
        ? null
        : encoded(to, kind, encoder, format, values, rate, 1);
  }

  private static Path encoded(
      Path to, String kind, String encoder, int format, float[] values, int rate, int channels) {
    var codec = avcodec_find_encoder_by_name(encoder);
    var context = avcodec_alloc_context3(codec);
    context.sample_rate(rate).sample_fmt(format);
    av_channel_layout_default(context.ch_layout(), channels);
    var container = new org.bytedeco.ffmpeg.avformat.AVFormatContext(null);
    ok(avformat_alloc_output_context2(container, null, kind, to.toString()));
    var stream = avformat_new_stream(container, null);
    ok(avcodec_open2(context, codec, (PointerPointer<?>) null));
    ok(avcodec_parameters_from_context(stream.codecpar(), context));
    var io = new org.bytedeco.ffmpeg.avformat.AVIOContext(null);
    ok(avio_open(io, to.toString(), AVIO_FLAG_WRITE));
    container.pb(io);
    ok(avformat_write_header(container, (PointerPointer<?>) null));
    var packet = av_packet_alloc();
    context.time_base().num(1).den(rate);
    boolean isFloat = format == AV_SAMPLE_FMT_FLTP;
    int width = isFloat ? 4 : 2;
    byte[] pcm = Samples.encode(values, values.length, isFloat ? "f32le" : "s16le").array();
    int block = context.frame_size() > 0 ? context.frame_size() : 1024;
    for (int at = 0; at < values.length / channels; at += block) {
      int n = Math.min(block, values.length / channels - at);
      var frame = av_frame_alloc();
      frame.nb_samples(n).format(format).sample_rate(rate);
      av_channel_layout_default(frame.ch_layout(), channels);
      ok(av_frame_get_buffer(frame, 0));
      new BytePointer(frame.data(0)).put(pcm, at * channels * width, n * channels * width);
      frame.pts(at);
      ok(avcodec_send_frame(context, frame));
      av_frame_free(frame);
      drain(container, context, packet);
    }
    ok(avcodec_send_frame(context, null));
    drain(container, context, packet);
    ok(av_write_trailer(container));
    avio_closep(io);
    av_packet_free(packet);
    avcodec_free_context(context);
    avformat_free_context(container);
    return to;
  }

  private static void drain(
      org.bytedeco.ffmpeg.avformat.AVFormatContext container,
      org.bytedeco.ffmpeg.avcodec.AVCodecContext context,
      org.bytedeco.ffmpeg.avcodec.AVPacket packet) {
    while (avcodec_receive_packet(context, packet) >= 0) {
      ok(av_write_frame(container, packet));
      av_packet_unref(packet);
    }
  }

  private static void ok(int rc) {
    if (rc < 0) {
      throw new IllegalStateException("FFmpeg answers " + rc);
    }
  }

  /** Reads all of a file in pieces of {@code piece} samples. */
  public static float[] readAll(AudioFile file, int piece) {
    java.util.List<Float> all = new java.util.ArrayList<>();
    float[] buffer = new float[piece * file.channels()];
    for (int n = file.read(buffer, piece); n > 0; n = file.read(buffer, piece)) {
      for (int i = 0; i < n * file.channels(); i++) {
        all.add(buffer[i]);
      }
    }
    float[] out = new float[all.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = all.get(i);
    }
    return out;
  }
}
