package dev.riffle.evaluation.music;

import dev.riffle.evaluation.music.TranscribeDirectory.Heard;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.StreamModel;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.music.transcriber.Note;
import dev.riffle.music.transcriber.Note.Revision;
import dev.riffle.music.transcriber.OnsetScore;
import dev.riffle.music.transcriber.TranscriberFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code riffle evaluate second-pass}: onset scores of a transcriber with and without a second pass
 * on each sound file that has a label file {@code X.csv} next to it, the revisions of the second
 * pass, and its cost on one thread.
 */
@Command(
    name = "second-pass",
    description = "Score a transcriber with and without a second pass on labelled recordings.")
public final class ScoreSecondPass implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "TRANSCRIBER_DIR", description = "The transcriber.")
  private Path transcriberDirectory;

  @Parameters(index = "1", paramLabel = "SECOND_PASS_DIR", description = "The second pass.")
  private Path secondPassDirectory;

  @Parameters(
      index = "2..*",
      arity = "1..*",
      paramLabel = "DIR",
      description = "Directories of sound files and labels.")
  private List<Path> folders;

  @Option(
      names = "--backend",
      defaultValue = "cpu",
      description = "Backend (default: ${DEFAULT-VALUE}).")
  private String backend;

  @Override
  public Integer call() throws IOException {
    ModelDirectory transcriber = ModelDirectory.read(transcriberDirectory);
    ModelDirectory second = ModelDirectory.read(secondPassDirectory);
    Kernels kernels = Backends.find(backend);
    StreamModel<Note> one = Families.load(transcriber, kernels, Note.class);
    StreamModel<Note> two = TranscriberFamily.load(transcriber, second, kernels);
    for (Path folder : folders) {
      score(folder, one, two);
    }
    return 0;
  }

  private static void score(Path folder, StreamModel<Note> one, StreamModel<Note> two)
      throws IOException {
    List<Path> labelled;
    try (Stream<Path> files = Files.list(folder)) {
      labelled =
          files
              .filter(
                  f ->
                      TranscribeDirectory.isSound(f) && Files.exists(TranscribeDirectory.labels(f)))
              .sorted()
              .toList();
    }
    List<Heard> without = labelled.stream().map(Heard::new).toList();
    List<Heard> with = labelled.stream().map(Heard::new).toList();
    double[] work = {seconds(one, without), seconds(two, with)};
    double sound = with.stream().mapToDouble(h -> (double) h.steps() / h.format.rate()).sum();

    System.out.printf(
        Locale.ROOT,
        "%-28s %6s %6s %6s   %6s %6s %6s   %6s%n",
        folder.getFileName(),
        "F1",
        "P",
        "R",
        "F1",
        "P",
        "R",
        "gain");
    double[] sums = new double[6];
    for (int i = 0; i < labelled.size(); i++) {
      List<OnsetScore.Onset> truth =
          TranscribeDirectory.onsets(TranscribeDirectory.labels(labelled.get(i)));
      OnsetScore before = OnsetScore.of(truth, begun(without.get(i), r -> true));
      OnsetScore after = OnsetScore.of(truth, begun(with.get(i), r -> r != Revision.NONE));
      double[] row = {
        before.f1(),
        before.precision(),
        before.recall(),
        after.f1(),
        after.precision(),
        after.recall()
      };
      print(with.get(i).stem(), row);
      Arrays.setAll(sums, k -> sums[k] + row[k] / labelled.size());
    }
    print("mean over " + labelled.size() + " files", sums);
    System.out.print("second pass:");
    for (Revision revision : Revision.values()) {
      long count =
          with.stream()
              .flatMap(h -> h.notes.stream())
              .filter(n -> n.kind() == Note.Kind.OFF && n.revision() == revision)
              .count();
      System.out.printf(
          Locale.ROOT,
          " %d %s;",
          count,
          revision == Revision.NONE ? "of the first" : revision.name().toLowerCase(Locale.ROOT));
    }
    System.out.printf(
        Locale.ROOT,
        "%n%.1f s of sound on one thread: %.2f s without, %.2f s with it, real-time factors %.4f and"
            + " %.4f%n%n",
        sound,
        work[0],
        work[1],
        work[0] / sound,
        work[1] / sound);
  }

  private static double seconds(StreamModel<Note> model, List<Heard> sounds) {
    long begun = System.nanoTime();
    TranscribeDirectory.transcribe(model.newRunner(), new ArrayList<>(sounds));
    return (System.nanoTime() - begun) / 1e9;
  }

  private static List<OnsetScore.Onset> begun(Heard heard, Predicate<Revision> which) {
    return heard.notes.stream()
        .filter(n -> n.kind() == Note.Kind.ON && which.test(n.revision()))
        .map(n -> new OnsetScore.Onset(n.onsetSeconds(), n.pitch()))
        .toList();
  }

  private static void print(String name, double[] row) {
    System.out.printf(
        Locale.ROOT,
        "%-28s %6.3f %6.3f %6.3f   %6.3f %6.3f %6.3f   %+6.3f%n",
        name,
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        row[5],
        row[3] - row[0]);
  }
}
