package dev.riffle.cli.audio;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_AAC;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_MP2;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_MP3;

import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.javacpp.BytePointer;

/**
 * Counts the frames of an MP3 or ADTS stream whose headers are destroyed. FFmpeg gives the bytes
 * between two headers to one packet, or leaves them out, and its timestamps do not count them. The
 * number of frames follows from the number of bytes and the mean size of the whole frames: exact
 * for a constant bit rate, nearly so for others.
 */
final class LostFrames {
  private static final int[] KBITS_1 = { // MPEG 1, layer 3
    0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320
  };
  private static final int[] KBITS_1_LAYER_2 = {
    0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384
  };
  private static final int[] KBITS_2 = { // MPEG 2 and 2.5, layers 2 and 3
    0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160
  };
  private static final int[] RATES = {44100, 48000, 32000};
  private static final int HEADER = 4;
  private static final int ADTS_HEADER = 7;

  private final int codec;
  private long wholeBytes;
  private long whole;
  private long lostBytes;
  private long packets; // that have the lost bytes
  private long skipped; // bytes that the demultiplexer of ADTS read and gave to no packet
  private long packetBytes;
  private long ahead = -1; // how far it had read when the first packet was taken
  private boolean caughtUp;

  /**
   * @param codec a codec id of FFmpeg
   * @param start of the first frame, in bytes from the beginning of the file
   */
  LostFrames(int codec, long start) {
    this.codec = codec;
    this.skipped = start;
  }

  /**
   * Takes the next packet.
   *
   * @param position up to which the file has been read
   * @return true if the packet begins with a header and is exactly one frame
   */
  boolean add(AVPacket packet, long position) {
    boolean isWhole = packet.size() == frameBytes(packet.data(), packet.size());
    if (isWhole) {
      wholeBytes += packet.size();
      whole++;
    } else if (whole > 0) { // what precedes the first frame is no sound
      lostBytes += packet.size();
      packets++;
    }
    packetBytes += packet.size();
    if (codec == AV_CODEC_ID_AAC) {
      addSkipped(position);
    }
    return isWhole;
  }

  /** The first packets were read together when the file was opened. */
  private void addSkipped(long position) {
    if (ahead < 0) {
      ahead = position;
    }
    caughtUp |= position != ahead;
    if (caughtUp) {
      lostBytes += Math.max(0, position - packetBytes - skipped);
      skipped = Math.max(skipped, position - packetBytes);
    }
  }

  /**
   * Frames since the last call that the timestamps do not count; negative if they count too many.
   */
  long take() {
    long frames = whole == 0 ? 0 : Math.round(lostBytes * (double) whole / wholeBytes) - packets;
    lostBytes = 0;
    packets = 0;
    return frames;
  }

  /** Size of the frame that begins here, as its header says; -1 if no header is here. */
  private int frameBytes(BytePointer data, int size) {
    if (codec == AV_CODEC_ID_AAC) {
      boolean header = size >= ADTS_HEADER && at(data, 0) == 0xff && (at(data, 1) & 0xf6) == 0xf0;
      return header ? (at(data, 3) & 3) << 11 | at(data, 4) << 3 | at(data, 5) >> 5 : -1;
    }
    if (size < HEADER || at(data, 0) != 0xff || (at(data, 1) & 0xe0) != 0xe0) {
      return -1;
    }
    int version = at(data, 1) >> 3 & 3; // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
    int layer = 4 - (at(data, 1) >> 1 & 3);
    int bits = at(data, 2) >> 4;
    int rate = at(data, 2) >> 2 & 3;
    if (version == 1 || layer < 2 || layer > 3 || bits == 0 || bits == 15 || rate == 3) {
      return -1;
    }
    int[] table = version != 3 ? KBITS_2 : layer == 2 ? KBITS_1_LAYER_2 : KBITS_1;
    int perFrame = layer == 3 && version != 3 ? 72 : 144;
    int hertz = RATES[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
    return perFrame * 1000 * table[bits] / hertz + (at(data, 2) >> 1 & 1);
  }

  private static int at(BytePointer data, int i) {
    return data.get(i) & 0xff;
  }

  /** True if the timestamps of a stream do not count destroyed frames. */
  static boolean matter(String container, int codec) {
    return container.equals("mp3") && (codec == AV_CODEC_ID_MP3 || codec == AV_CODEC_ID_MP2)
        || container.equals("aac") && codec == AV_CODEC_ID_AAC;
  }
}
