package dev.riffle.cli.fuzz;

import static org.bytedeco.ffmpeg.global.avutil.AV_SAMPLE_FMT_FLT;
import static org.bytedeco.ffmpeg.global.avutil.AV_SAMPLE_FMT_FLTP;
import static org.bytedeco.ffmpeg.global.avutil.AV_SAMPLE_FMT_S16;
import static org.bytedeco.ffmpeg.global.avutil.AV_SAMPLE_FMT_S16P;

import dev.riffle.cli.audio.AudioFile;
import dev.riffle.cli.audio.SoundFiles;
import dev.riffle.models.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The readers of sound files. */
final class SoundReaders {
  private static final int RATE = 16_000;
  private static final int SAMPLES = 4_000;
  private static final int PIECE = 1_024;

  private final Path folder;

  private SoundReaders(Path folder) {
    this.folder = folder;
  }

  /**
   * All of them.
   *
   * @param folder receives the files that are read
   */
  static List<FuzzedReader> all(Path folder) throws IOException {
    SoundReaders readers = new SoundReaders(Files.createDirectories(folder));
    List<FuzzedReader> all = new ArrayList<>();
    all.add(
        readers.reader(
            "wav",
            readers.wavs(),
            "RIFF",
            "RF64",
            "WAVE",
            "fmt ",
            "data",
            "ds64",
            "LIST",
            "fact",
            "JUNK",
            "\1\0\1\0",
            "\3\0\1\0",
            "\376\377\2\0",
            "\377\377\377\377"));
    all.add(
        readers.reader(
            "aiff",
            readers.aiffs(),
            "FORM",
            "AIFF",
            "AIFC",
            "COMM",
            "SSND",
            "sowt",
            "fl32",
            "NONE",
            "twos",
            "in24",
            "FVER",
            "MARK",
            "\100\16\254\104\0\0\0\0\0\0"));
    if (hasCodecs()) {
      readers.addCodecs(all);
    }
    return all;
  }

  private void addCodecs(List<FuzzedReader> all) throws IOException {
    all.add(
        reader(
            "mp3",
            files(
                SoundFiles.mp3(folder.resolve("a.mp3"), sound(1), RATE),
                mono("b.mp3", "mp3", "libmp3lame", AV_SAMPLE_FMT_S16P, 44_100),
                mono("c.mp2", "mp2", "mp2", AV_SAMPLE_FMT_S16, 44_100)),
            "\377\373",
            "\377\373\220\144",
            "\377\343",
            "ID3\4\0\0",
            "TAG",
            "Xing",
            "Info",
            "VBRI",
            "APETAGEX",
            "\0\0\0\177"));
    all.add(
        reader(
            "adts",
            files(
                SoundFiles.adts(folder.resolve("a.aac"), sound(1), RATE),
                mono("b.aac", "adts", "aac", AV_SAMPLE_FMT_FLTP, 44_100)),
            "\377\361",
            "\377\371",
            "\377\361\120\200",
            "ADIF",
            "\0\37\374"));
    all.add(
        reader(
            "ogg",
            files(
                SoundFiles.ogg(folder.resolve("a.ogg"), sound(1), RATE),
                mono("b.opus", "ogg", "libopus", AV_SAMPLE_FMT_FLT, 48_000),
                mono("c.ogg", "ogg", "libvorbis", AV_SAMPLE_FMT_FLTP, 44_100)),
            "OggS\0\2",
            "OggS\0\0",
            "OggS\0\4",
            "fLaC",
            "OpusHead",
            "OpusTags",
            "\1vorbis",
            "\3vorbis",
            "\5vorbis",
            "\377\377\377\377\377\377\377\377"));
    all.add(
        reader(
            "flac",
            files(
                SoundFiles.flac(folder.resolve("a.flac"), sound(2), RATE, 2),
                SoundFiles.flac(folder.resolve("b.flac"), sound(1), 44_100, 1)),
            "fLaC",
            "\377\370",
            "\0\0\0\42",
            "\204\0\0\50",
            "ID3\4\0\0",
            "\377\371"));
    all.add(
        reader(
            "ffmpeg-others",
            files(
                mono("a.m4a", "mp4", "aac", AV_SAMPLE_FMT_FLTP, 44_100),
                mono("a.alac", "mp4", "alac", AV_SAMPLE_FMT_S16P, 44_100),
                mono("a.mka", "matroska", "flac", AV_SAMPLE_FMT_S16, RATE),
                mono("a.au", "au", "pcm_s16be", AV_SAMPLE_FMT_S16, RATE),
                mono("a.caf", "caf", "pcm_s16le", AV_SAMPLE_FMT_S16, RATE),
                mono("a.w64", "w64", "pcm_s16le", AV_SAMPLE_FMT_S16, RATE),
                mono("a.wv", "wv", "wavpack", AV_SAMPLE_FMT_S16P, RATE),
                mono("a.wma", "asf", "wmav2", AV_SAMPLE_FMT_FLTP, 44_100),
                mono("a.ac3", "ac3", "ac3", AV_SAMPLE_FMT_FLTP, 44_100),
                mono("a.ulaw.wav", "wav", "pcm_mulaw", AV_SAMPLE_FMT_S16, 8_000),
                mono("a.adpcm.wav", "wav", "adpcm_ms", AV_SAMPLE_FMT_S16, RATE)),
            "moov",
            "mdat",
            "stts",
            "stsz",
            "stco",
            "stsd",
            "elst",
            "\32\105\337\243",
            "\103\266\165",
            "\37\103\266\165",
            "caff",
            "desc",
            "pakt",
            ".snd",
            "wvpk",
            "\13\167",
            "RIFF",
            "data"));
  }

  /** Reads a file as {@code transcribe} does, to its end. */
  private FuzzedReader reader(String name, List<byte[]> seeds, String... tokens) {
    Path file = folder.resolve("current-" + name);
    return FuzzedReader.of(
        name,
        seeds,
        FuzzedReader.tokens(tokens),
        bytes -> {
          Files.write(file, bytes);
          try (AudioFile sound = AudioFile.open(file)) {
            float[] piece = new float[PIECE * sound.channels()];
            int got = PIECE;
            while (got == PIECE) {
              got = sound.read(piece, PIECE);
            }
            sound.warnings();
            sound.description();
            sound.encoding();
          }
          return true;
        },
        InputException.class);
  }

  private static boolean hasCodecs() {
    String os = System.getProperty("os.name");
    String arch = System.getProperty("os.arch");
    return os.equals("Linux") && (arch.equals("amd64") || arch.equals("x86_64"));
  }

  private static float[] sound(int channels) {
    return SoundFiles.sine(SAMPLES, channels, 0.03);
  }

  private Path mono(String name, String kind, String encoder, int format, int rate) {
    return SoundFiles.mono(folder.resolve(name), kind, encoder, format, sound(1), rate);
  }

  private static List<byte[]> files(Path... files) throws IOException {
    List<byte[]> all = new ArrayList<>();
    for (Path file : files) {
      if (file != null) {
        all.add(Files.readAllBytes(file));
        Files.delete(file);
      }
    }
    return all;
  }

  // ---- WAV and AIFF ----

  private List<byte[]> wavs() throws IOException {
    float[] short1 = SoundFiles.sine(300, 1, 0.03);
    float[] short2 = SoundFiles.sine(150, 2, 0.03);
    List<byte[]> all = new ArrayList<>();
    for (int bits : new int[] {8, 16, 24, 32}) {
      all.addAll(
          files(
              SoundFiles.wav(folder.resolve("i.wav"), short1, RATE, 1, bits, false),
              SoundFiles.wav(folder.resolve("j.wav"), short2, 44_100, 2, bits, bits == 32)));
    }
    byte[] plain = all.get(2);
    all.add(withSize(plain, 0));
    all.add(withSize(plain, 0x7fffffff));
    all.add(withSize(plain, -1));
    all.add(rf64(plain));
    all.add(extensible(plain));
    return all;
  }

  private static byte[] withSize(byte[] wav, int size) {
    byte[] copy = wav.clone();
    ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(40, size);
    return copy;
  }

  /** The same sound with a 64-bit size, and a chunk between format and samples. */
  private static byte[] rf64(byte[] wav) {
    int size = wav.length - 44;
    ByteBuffer out = ByteBuffer.allocate(wav.length + 36 + 12).order(ByteOrder.LITTLE_ENDIAN);
    out.put(ascii("RF64")).putInt(-1).put(ascii("WAVEds64")).putInt(28);
    out.putLong(size + 84).putLong(size).putLong(size / 2).putInt(0);
    out.put(wav, 12, 24).put(ascii("LIST")).putInt(4).put(ascii("INFO"));
    return out.put(ascii("data")).putInt(-1).put(wav, 44, size).array();
  }

  private static byte[] extensible(byte[] wav) {
    ByteBuffer out = ByteBuffer.allocate(wav.length + 24).order(ByteOrder.LITTLE_ENDIAN);
    out.put(wav, 0, 16).putInt(40).putShort((short) 0xfffe).put(wav, 22, 14);
    out.putShort((short) 22).putShort((short) 16).putInt(4).putShort((short) 1);
    out.put(new byte[] {0, 0, 0, 0, 16, 0, (byte) 128, 0, 0, (byte) 170, 0, 56, (byte) 155, 113});
    return out.put(wav, 36, wav.length - 36).array();
  }

  private List<byte[]> aiffs() throws IOException {
    List<byte[]> all = new ArrayList<>();
    for (int bits : new int[] {16, 24, 32}) {
      float[] sound = SoundFiles.sine(200, 2, 0.03);
      all.addAll(files(SoundFiles.aiff(folder.resolve("i.aiff"), sound, RATE, 2, bits)));
    }
    for (String compression : List.of("sowt", "twos", "NONE", "fl32")) {
      all.add(aifc(compression));
    }
    return all;
  }

  private static byte[] aifc(String compression) {
    int bits = compression.equals("fl32") ? 32 : 16;
    int size = 100 * bits / 8;
    ByteBuffer out = ByteBuffer.allocate(12 + 12 + 32 + 16 + size);
    out.put(ascii("FORM")).putInt(out.capacity() - 8).put(ascii("AIFCFVER")).putInt(4);
    out.putInt(0xa2805140).put(ascii("COMM")).putInt(24).putShort((short) 1).putInt(100);
    out.putShort((short) bits).put(new byte[] {0x40, 0x0c, (byte) 0xfa, 0, 0, 0, 0, 0, 0, 0});
    out.put(ascii(compression)).putShort((short) 0);
    return out.put(ascii("SSND")).putInt(8 + size).array();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
