package dev.riffle.benchmarks.stream;

import dev.riffle.benchmarks.support.OperatorTimes;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.SequenceFile;
import dev.riffle.dna.annotator.Annotator;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.jobs.annotation.AnnotationJob;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.kernels.Backends;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.RunningJob;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What {@link AnnotationJobBenchmark} measures, in a separate process. It answers each line of its
 * input with one of its output, and ends with its input:
 *
 * <pre>
 *   bare FILE N   annotates a file with the bare model, N bases at once: bases and genes
 *   job OPTIONS   starts the job, answers once all its tasks run
 *   heap          bytes in use after a collection
 *   end           cancels the job; seconds of compute and assembly, mean rows of a batch
 * </pre>
 */
public final class AnnotationJobProcess {
  private static final int LOOKS = 10;
  private static final long PATIENCE = 300_000_000_000L; // ns

  private AnnotationJobProcess() {}

  /**
   * @param args directory of the model, tasks
   */
  public static void main(String[] args) throws Exception {
    Path model = Path.of(args[0]);
    int tasks = Integer.parseInt(args[1]);
    try (LocalCluster cluster = LocalCluster.start(1, tasks, OperatorTimes.watch());
        BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      say(Backends.find("cpu").description());
      RunningJob job = null;
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        String[] words = line.split(" ");
        switch (words[0]) {
          case "bare" -> say(bare(model, Path.of(words[1]), Integer.parseInt(words[2])));
          case "job" -> {
            String[] options = new String[words.length - 1];
            System.arraycopy(words, 1, options, 0, options.length);
            job = start(cluster, new AnnotationJob().parse(options));
            say("running");
          }
          case "heap" -> say(Long.toString(heap()));
          case "end" -> {
            String times =
                String.format(
                    Locale.ROOT,
                    "%.6f %.6f %.3f",
                    OperatorTimes.sum("inference_latency") / 1e6,
                    OperatorTimes.sum("assembly_latency") / 1e6,
                    OperatorTimes.mean("batch_size"));
            job.cancel();
            say(times);
          }
          default -> throw new IllegalArgumentException("What is " + line + "?");
        }
      }
    }
  }

  /** The least of some seconds: what an ended job leaves goes only when its tasks have gone. */
  private static long heap() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < LOOKS; i++) {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
      Thread.sleep(500);
    }
    return least;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static RunningJob start(LocalCluster cluster, JobOptions options) throws Exception {
    OperatorTimes.reset();
    RunningJob job = cluster.submit(new AnnotationJob().onKafka(options).environment());
    long end = System.nanoTime() + PATIENCE;
    while (true) {
      try {
        job.checkpoint();
        return job;
      } catch (IllegalStateException e) { // not all tasks run
        if (System.nanoTime() > end || job.status().isGloballyTerminalState()) {
          throw e;
        }
        Thread.sleep(100);
      }
    }
  }

  private static String bare(Path directory, Path file, int piece) throws IOException {
    StreamRunner<Gene> runner =
        Families.load(ModelDirectory.read(directory), Backends.find("cpu"), Gene.class).newRunner();
    byte[] letters = new byte[piece];
    float[] values = new float[piece];
    long bases = 0;
    long genes = 0;
    try (SequenceFile contigs = SequenceFile.open(file)) {
      for (var entry = contigs.next(); entry != null; entry = contigs.next()) {
        GeneticCode code = entry.code(GeneticCode.BACTERIAL);
        Format format = Annotator.format(code);
        byte[] state = runner.open(format);
        boolean ends = false;
        while (!ends) {
          int count = contigs.read(letters);
          ends = count < piece;
          Nucleotides.values(letters, 0, count, values, 0);
          BatchItem<Gene> row = new BatchItem<>(format, state, values, 0, count);
          if (ends) {
            runner.finish(List.of(row));
          } else {
            runner.advance(List.of(row));
          }
          state = row.state;
          bases += count;
          genes +=
              row.predictions.stream()
                  .filter(g -> g.value().status() == Gene.Status.PUBLISHED)
                  .count();
        }
      }
    }
    return bases + " " + genes;
  }
}
