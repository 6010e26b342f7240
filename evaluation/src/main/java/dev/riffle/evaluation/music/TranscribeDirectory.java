package dev.riffle.evaluation.music;

import dev.riffle.cli.audio.AudioFile;
import dev.riffle.kernels.Backends;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.music.signal.Resampler;
import dev.riffle.music.transcriber.Note;
import dev.riffle.music.transcriber.OnsetScore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code riffle evaluate recordings}: all sound files of directories as one batch, without broker
 * or cluster. Writes, for {@code training/transcriber/compare_stream.py}, the samples that the
 * network receives ({@code X.f32}, 16 kHz, little-endian floats) and the notes ({@code
 * X.notes.csv}). Prints the onset score of each file that has a label file {@code X.csv} of {@code
 * onset_s,offset_s,midi_pitch,...} next to it.
 */
@Command(
    name = "recordings",
    description = "Transcribe directories without broker or cluster; write samples and notes.")
public final class TranscribeDirectory implements Callable<Integer> {
  private static final int NETWORK_RATE = 16000;

  @Parameters(index = "0", paramLabel = "MODEL_DIR", description = "The transcriber.")
  private Path modelDirectory;

  @Parameters(index = "1", paramLabel = "OUT_DIR", description = "Directory to write to.")
  private Path out;

  @Parameters(
      index = "2..*",
      arity = "1..*",
      paramLabel = "DIR",
      description = "Directories of sound files.")
  private List<Path> folders;

  @Option(
      names = "--backend",
      defaultValue = "cpu",
      description = "Backend (default: ${DEFAULT-VALUE}).")
  private String backend;

  /** A file and its notes. */
  static final class Heard {
    final Path file;
    final Format format;
    final float[] values;
    final List<Note> notes = new ArrayList<>();
    byte[] state;
    int at;

    Heard(Path file) {
      this.file = file;
      try (AudioFile audio = AudioFile.open(file)) {
        format = new Format(audio.rate(), audio.channels());
        float[] piece = new float[65536 * audio.channels()];
        float[] all = new float[0];
        for (int n = audio.read(piece, 65536); n > 0; n = audio.read(piece, 65536)) {
          int held = all.length;
          all = Arrays.copyOf(all, held + n * audio.channels());
          System.arraycopy(piece, 0, all, held, n * audio.channels());
        }
        values = all;
      }
    }

    int steps() {
      return values.length / format.width();
    }

    BatchItem<Note> next(int steps) {
      return new BatchItem<>(
          format, state, values, at * format.width(), Math.min(steps, steps() - at));
    }

    void take(BatchItem<Note> row) {
      state = row.state;
      at += row.steps;
      row.predictions.stream().map(Prediction::value).forEach(notes::add);
    }

    String stem() {
      return TranscribeDirectory.stem(file);
    }
  }

  @Override
  public Integer call() throws IOException {
    ModelDirectory directory = ModelDirectory.read(modelDirectory);
    StreamModel<Note> transcriber = Families.load(directory, Backends.find(backend), Note.class);
    Files.createDirectories(out);
    for (Path folder : folders) {
      List<Heard> all = new ArrayList<>();
      try (Stream<Path> files = Files.list(folder)) {
        files.filter(TranscribeDirectory::isSound).sorted().map(Heard::new).forEach(all::add);
      }
      long begun = System.nanoTime();
      transcribe(transcriber.newRunner(), all);
      double work = (System.nanoTime() - begun) / 1e9;
      double sound = all.stream().mapToDouble(h -> (double) h.steps() / h.format.rate()).sum();
      for (Heard heard : all) {
        writeSamples(heard, out.resolve(heard.stem() + ".f32"));
        writeNotes(heard, out.resolve(heard.stem() + ".notes.csv"));
      }
      printScores(folder, all);
      System.out.printf(
          Locale.ROOT,
          "%s: %.1f s of sound in %.2f s on one thread: real-time factor %.4f%n",
          folder,
          sound,
          work,
          work / sound);
    }
    return 0;
  }

  static boolean isSound(Path file) {
    String name = file.toString();
    return name.endsWith(".flac") || name.endsWith(".wav") || name.endsWith(".aiff");
  }

  private static String stem(Path file) {
    return file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
  }

  /** Where the labels of a sound file are, if there are any. */
  static Path labels(Path sound) {
    return sound.resolveSibling(stem(sound) + ".csv");
  }

  /** All files side by side, a quarter of a second at a time. */
  static void transcribe(StreamRunner<Note> runner, List<Heard> all) {
    all.forEach(heard -> heard.state = runner.open(heard.format));
    List<Heard> open = new ArrayList<>(all);
    while (!open.isEmpty()) {
      List<BatchItem<Note>> rows = new ArrayList<>();
      open.forEach(heard -> rows.add(heard.next(heard.format.rate() / 4)));
      runner.advance(rows);
      for (int b = 0; b < rows.size(); b++) {
        open.get(b).take(rows.get(b));
      }
      open.removeIf(heard -> heard.at == heard.steps());
    }
    List<BatchItem<Note>> ends = new ArrayList<>();
    all.forEach(heard -> ends.add(heard.next(0)));
    runner.finish(ends);
    for (int b = 0; b < ends.size(); b++) {
      all.get(b).take(ends.get(b));
    }
  }

  private static void writeSamples(Heard heard, Path file) throws IOException {
    Resampler resampler = new Resampler(heard.format.rate(), NETWORK_RATE);
    int width = heard.format.width();
    int count = heard.steps() + resampler.lookAhead(); // zeros after the end flush the last
    float[] line = new float[resampler.history() + count];
    for (int i = 0; i < heard.steps(); i++) {
      double sum = 0;
      for (int c = 0; c < width; c++) {
        sum += heard.values[i * width + c];
      }
      line[resampler.history() + i] = (float) (sum / width);
    }
    float[] samples = new float[(int) resampler.length(heard.steps())];
    resampler.process(0, line, count, samples, 0);
    ByteBuffer bytes = ByteBuffer.allocate(4 * samples.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(samples);
    Files.write(file, bytes.array());
  }

  private static void writeNotes(Heard heard, Path file) throws IOException {
    StringBuilder text = new StringBuilder("midi_pitch,start_frames,end_frames,confidence\n");
    for (Note note : heard.notes) {
      if (note.kind() == Note.Kind.OFF) {
        text.append(note.pitch()).append(',').append(note.onsetFrames()).append(',');
        text.append(note.offsetFrames()).append(',').append(note.confidence()).append('\n');
      }
    }
    Files.writeString(file, text);
  }

  private static void printScores(Path folder, List<Heard> all) throws IOException {
    double sum = 0;
    int scored = 0;
    for (Heard heard : all) {
      Path truth = labels(heard.file);
      if (Files.exists(truth)) {
        List<OnsetScore.Onset> found = new ArrayList<>();
        for (Note note : heard.notes) {
          if (note.kind() == Note.Kind.ON) {
            found.add(new OnsetScore.Onset(note.onsetSeconds(), note.pitch()));
          }
        }
        OnsetScore score = OnsetScore.of(onsets(truth), found);
        System.out.printf(
            Locale.ROOT,
            "%-28s P %.3f  R %.3f  F1 %.3f  %d notes%n",
            heard.stem(),
            score.precision(),
            score.recall(),
            score.f1(),
            score.estimated());
        sum += score.f1();
        scored++;
      }
    }
    if (scored > 0) {
      System.out.printf(
          Locale.ROOT, "%s: mean onset F1 of %d files: %.4f%n", folder, scored, sum / scored);
    }
  }

  static List<OnsetScore.Onset> onsets(Path csv) throws IOException {
    List<OnsetScore.Onset> onsets = new ArrayList<>();
    for (String line : Files.readAllLines(csv)) {
      String[] fields = line.split(",", -1);
      if (!fields[0].equals("onset_s")) {
        double pitch = Double.parseDouble(fields[2]);
        onsets.add(new OnsetScore.Onset(Double.parseDouble(fields[0]), (int) Math.rint(pitch)));
      }
    }
    return onsets;
  }
}
