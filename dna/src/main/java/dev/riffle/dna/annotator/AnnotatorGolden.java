package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.AHEAD;
import static dev.riffle.dna.annotator.AnnotatorConfig.READING_FRAMES;
import static dev.riffle.dna.annotator.AnnotatorConfig.START_WINDOW;
import static dev.riffle.dna.annotator.AnnotatorConfig.TOKEN;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.SequenceFile;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Block;
import dev.riffle.models.Format;
import dev.riffle.models.ModelException;
import dev.riffle.models.PredictAt;
import dev.riffle.models.Prediction;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Holds the annotator against a recorded run, stage by stage; the contigs and the genes that were
 * found stand beside the tensors, in {@code .fasta} and {@code .gff3}. The genes have to be the
 * same however a contig is cut.
 */
public final class AnnotatorGolden {
  private static final double ACTIVATION = 1e-4;
  private static final double LOGIT = 1e-3;
  private static final double SUM = 1e-2;
  private static final double START = 1e-4;
  private static final double SCORE = 0.1;

  /** Steps that are computed at once to look at every stage. */
  private static final int STEPS = 32;

  /** Bases of a chunk; the last one is a whole contig. */
  private static final int[] CHUNKS = {1, 7, 1000, Integer.MAX_VALUE};

  private final Safetensors golden;
  private final Path file;
  private final GoldenReport report;
  private final Annotator annotator;
  private final Kernels kernels;
  private final GeneticCode code;
  private final Format format;

  private AnnotatorGolden(GoldenCase golden, Kernels kernels, GoldenReport report) {
    this.golden = golden.tensors();
    this.file = golden.file();
    this.report = report;
    this.kernels = kernels;
    this.annotator = new Annotator(golden.modelDirectory(), kernels);
    String number = this.golden.metadata().get("code");
    if (number == null || !number.matches("\\d{1,3}")) {
      throw new ModelException(file + " says no genetic code in its metadata 'code'.");
    }
    code = GeneticCode.of(Integer.parseInt(number));
    format = Annotator.format(code);
  }

  /** Runs a golden: pairs, network, starts and candidates, and the whole model for its genes. */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    AnnotatorGolden run = new AnnotatorGolden(golden, kernels, report);
    Map<String, float[]> contigs = run.contigs();
    contigs.forEach(run::checkStages);
    run.checkGenes(contigs);
  }

  /** Contigs of the FASTA file, as steps. */
  private Map<String, float[]> contigs() {
    Map<String, float[]> contigs = new LinkedHashMap<>();
    try (SequenceFile fasta = SequenceFile.open(beside(".fasta"))) {
      byte[] piece = new byte[1 << 12];
      for (SequenceFile.Entry entry = fasta.next(); entry != null; entry = fasta.next()) {
        float[] steps = new float[0];
        for (int n = fasta.read(piece); n > 0; n = fasta.read(piece)) {
          int before = steps.length;
          steps = Arrays.copyOf(steps, before + n);
          int letters = Nucleotides.values(piece, 0, n, steps, before);
          steps = Arrays.copyOf(steps, before + letters);
        }
        contigs.put(entry.name(), steps);
      }
    } catch (IOException e) {
      throw new ModelException("Cannot read the golden's contigs: " + e, e);
    }
    return contigs;
  }

  private Path beside(String extension) {
    String name = file.getFileName().toString();
    return file.resolveSibling(name.substring(0, name.lastIndexOf('.')) + extension);
  }

  // ------------------------------------------------------------------ stages

  private void checkStages(String name, float[] steps) {
    Network network = annotator.network();
    int delay = annotator.config().delay();
    int tokens = (steps.length + TOKEN - 1) / TOKEN;
    int rows = tokens + delay;
    byte[] letters = new byte[rows * TOKEN + AHEAD];
    Arrays.fill(letters, Nucleotides.UNKNOWN);
    for (int i = 0; i < steps.length; i++) {
      letters[i] = Nucleotides.code(steps[i], i);
    }
    int[] entries = new int[rows * Encoder.ENTRIES];
    for (int t = 0; t < rows; t++) {
      Encoder.entries(code, letters, t * TOKEN, entries, t * Encoder.ENTRIES);
    }
    compare(name + "/pairs", Encoder.pairs(entries, rows), 0);

    Map<String, List<double[]>> seen = new HashMap<>();
    Scratch work = new Scratch(kernels);
    int layers = annotator.config().layers();
    int[] calls = new int[2];
    work.observe(
        (stage, values, n, width) -> {
          // layers show themselves in turn: which one it is says the count
          String which =
              switch (stage) {
                case "layer_output" -> "lru_" + calls[0]++ % layers;
                case "mix" -> "mix_" + calls[1]++ % layers;
                default -> stage;
              };
          seen.computeIfAbsent(which, s -> new ArrayList<>()).add(read(values, n * width));
        });
    RecurrentState state = new RecurrentState(network, 1);
    long[] kept = golden.longs(name + "/hidden_tokens");
    int half = annotator.config().dHidden();
    double[][][] hidden = new double[layers][2][kept.length * READING_FRAMES * half];
    double[] raw = new double[0];
    int at = 0;
    for (int from = 0; from < rows; ) {
      // a state is looked at after its step: the block ends there
      int next = at < kept.length ? (int) kept[at] + 1 : rows;
      int count = Math.min(STEPS, next - from);
      Tensor x = kernels.allocate(count * network.inputs());
      Tensor y = kernels.allocate(count * READING_FRAMES);
      int[] some =
          Arrays.copyOfRange(entries, from * Encoder.ENTRIES, (from + count) * Encoder.ENTRIES);
      annotator.encoder().apply(some, x, count, work);
      work.show("encoder", x, count * READING_FRAMES, network.inputs() / READING_FRAMES);
      network.advance(
          new Block(x, PackedSequences.of(0, count)), state, PredictAt.EVERY_STEP, y, work);
      raw = joined(List.of(raw, read(y, count * READING_FRAMES)));
      from += count;
      if (from == next && at < kept.length) {
        for (int i = 0; i < layers; i++) {
          double[] h = read(state.part(i), network.stateSizes()[i]); // [frames, 2, half]
          for (int r = 0; r < READING_FRAMES; r++) {
            for (int part = 0; part < 2; part++) {
              System.arraycopy(
                  h,
                  (2 * r + part) * half,
                  hidden[i][part],
                  (at * READING_FRAMES + r) * half,
                  half);
            }
          }
        }
        at++;
      }
    }
    compare(name + "/encoder", joined(seen.get("encoder")), ACTIVATION);
    for (int i = 0; i < layers; i++) {
      compare(name + "/lru_" + i, joined(seen.get("lru_" + i)), ACTIVATION);
      compare(name + "/mix_" + i, joined(seen.get("mix_" + i)), ACTIVATION);
      compare(name + "/hidden_re_" + i, hidden[i][0], ACTIVATION);
      compare(name + "/hidden_im_" + i, hidden[i][1], ACTIVATION);
    }
    // raw of step t + delay is the logit of token t
    double[] logits = Arrays.copyOfRange(raw, delay * READING_FRAMES, rows * READING_FRAMES);
    compare(name + "/logits", logits, LOGIT);
    double[] perBase = new double[steps.length * READING_FRAMES];
    for (int i = 0; i < steps.length; i++) {
      System.arraycopy(
          logits, i / TOKEN * READING_FRAMES, perBase, i * READING_FRAMES, READING_FRAMES);
    }
    compare(name + "/base_logits", perBase, LOGIT);
    checkStarts(name, steps);
    checkCandidates(name, steps, logits);
  }

  /** Every start codon that was recorded: position, strand, score. */
  private void checkStarts(String name, float[] steps) {
    double[] expected = golden.doubles(name + "/starts");
    Contig contig = contig(steps);
    byte[] window = new byte[START_WINDOW];
    List<double[]> found = new ArrayList<>();
    for (int p = 0; p + 3 <= steps.length; p++) {
      int a = Nucleotides.code(steps[p], p);
      int b = Nucleotides.code(steps[p + 1], p);
      int c = Nucleotides.code(steps[p + 2], p);
      if (Nucleotides.isStart(Nucleotides.codon(a, b, c))) {
        contig.windowForward(p, window);
        found.add(new double[] {p, 1, annotator.startHead().score(window)});
      }
      if (Nucleotides.isStart(Nucleotides.reverseCodon(a, b, c))) {
        contig.windowReverse(p, window);
        found.add(new double[] {p, -1, annotator.startHead().score(window)});
      }
    }
    Comparator<double[]> order =
        Comparator.<double[]>comparingDouble(start -> start[0])
            .thenComparingDouble(start -> start[1]);
    compareRows(name + "/starts", expected, found, order, new double[] {0, 0, START});
  }

  /** A contig that holds all of itself. */
  private Contig contig(float[] steps) {
    Contig contig = new Contig(annotator.config());
    contig.open();
    contig.begin(item(new byte[0], steps, 0, steps.length), true);
    long tokens = (steps.length + TOKEN - 1L) / TOKEN;
    contig.ready(tokens + annotator.config().delay() - 1, 0);
    return contig;
  }

  private void checkCandidates(String name, float[] steps, double[] logits) {
    List<double[]> found = new ArrayList<>();
    GeneCaller caller = new GeneCaller(annotator.config(), annotator.startHead());
    caller.observe(
        call ->
            found.add(
                new double[] {
                  call.left(),
                  call.right(),
                  call.reverse() ? -1 : 1,
                  call.codingScore(),
                  call.startScore(),
                  call.score()
                }));
    Contig contig = contig(steps);
    float[] six = new float[READING_FRAMES];
    for (int t = 0; t < logits.length / READING_FRAMES; t++) {
      for (int r = 0; r < READING_FRAMES; r++) {
        six[r] = (float) logits[t * READING_FRAMES + r];
      }
      caller.token(contig, steps.length, six, 0, 0, new ArrayList<>());
    }
    caller.finish(contig, steps.length, new ArrayList<>());
    Comparator<double[]> order =
        Comparator.<double[]>comparingDouble(call -> call[0])
            .thenComparingDouble(call -> call[1])
            .thenComparingDouble(call -> call[2]);
    double[] tolerances = {0, 0, 0, SUM, START, SUM};
    compareRows(
        name + "/candidates", golden.doubles(name + "/candidates"), found, order, tolerances);
  }

  /** Compares rows as sets, column by column. */
  private void compareRows(
      String name,
      double[] expected,
      List<double[]> found,
      Comparator<double[]> order,
      double[] tolerances) {
    int width = tolerances.length;
    List<double[]> rows = new ArrayList<>();
    for (int i = 0; i < expected.length; i += width) {
      rows.add(Arrays.copyOfRange(expected, i, i + width));
    }
    rows.sort(order);
    found.sort(order);
    for (int i = 0; i < width; i++) {
      int column = i;
      report.compare(
          name,
          rows.stream().mapToDouble(row -> row[column]).toArray(),
          found.stream().mapToDouble(row -> row[column]).toArray(),
          tolerances[i],
          0);
    }
  }

  // ------------------------------------------------------------------- genes

  private void checkGenes(Map<String, float[]> contigs) {
    List<String> expected = featureLines();
    Settings recorded =
        Settings.parse(golden.metadata().get("contigs"), file + " (metadata 'contigs')");
    List<String> first = null;
    for (int chunk : CHUNKS) {
      List<String> lines = new ArrayList<>();
      contigs.forEach(
          (name, steps) -> {
            List<Prediction<Gene>> genes = genes(steps, chunk);
            double[] known = genes.stream().mapToDouble(Prediction::position).toArray();
            double[] due = recorded.under(name).numbers("published_after_bases");
            report.compare(name + "/genes.published_after_bases", due, known, 0, 0);
            genes.forEach(gene -> lines.add(Gff3.feature(name, gene.value())));
          });
      if (first == null) {
        first = lines;
        compareLines(expected, lines);
      }
      report.compare(
          "genes.chunks", new double[] {0}, new double[] {first.equals(lines) ? 0 : 1}, 0, 0);
    }
  }

  /** The genes of a contig that comes in chunks. */
  private List<Prediction<Gene>> genes(float[] steps, int chunk) {
    StreamRunner<Gene> runner = annotator.newRunner();
    byte[] state = runner.open(format);
    List<Prediction<Gene>> outputs = new ArrayList<>();
    for (int from = 0; from < steps.length; ) {
      int count = Math.min(chunk, steps.length - from);
      BatchItem<Gene> row = item(state, steps, from, count);
      runner.advance(List.of(row));
      state = row.state;
      outputs.addAll(row.predictions);
      from += count;
    }
    BatchItem<Gene> end = item(state, steps, 0, 0);
    runner.finish(List.of(end));
    outputs.addAll(end.predictions);
    outputs.removeIf(output -> output.value().status() != Gene.Status.PUBLISHED);
    return outputs;
  }

  private BatchItem<Gene> item(byte[] state, float[] steps, int from, int count) {
    return new BatchItem<>(format, state, steps, from, count);
  }

  private List<String> featureLines() {
    try {
      return Files.readAllLines(beside(".gff3")).stream().filter(l -> !l.startsWith("#")).toList();
    } catch (IOException e) {
      throw new ModelException("Cannot read the golden's genes: " + e, e);
    }
  }

  /** Section 12: the score within 0.1, all else but the last two attributes to the letter. */
  private void compareLines(List<String> expected, List<String> found) {
    report.compare("genes", new double[] {expected.size()}, new double[] {found.size()}, 0, 0);
    for (int i = 0; i < Math.min(expected.size(), found.size()); i++) {
      String[] e = expected.get(i).split("\t");
      String[] f = found.get(i).split("\t");
      report.compare(
          "genes.score",
          new double[] {Double.parseDouble(e[5])},
          new double[] {Double.parseDouble(f[5])},
          SCORE + 1e-9,
          0);
      report.compare(
          "genes.lines", new double[] {0}, new double[] {exact(e).equals(exact(f)) ? 0 : 1}, 0, 0);
    }
  }

  private static String exact(String[] columns) {
    String[] kept = columns.clone();
    kept[5] = "";
    kept[8] = kept[8].replaceFirst(";coding_score=.*", "");
    return String.join("\t", kept);
  }

  // ----------------------------------------------------------------- numbers

  private void compare(String name, double[] found, double tolerance) {
    report.compare(name, golden.doubles(name), found, tolerance, 0);
  }

  private double[] read(Tensor tensor, int count) {
    double[] values = new double[count];
    kernels.read(tensor, 0, values, 0, count);
    return values;
  }

  private static double[] joined(List<double[]> parts) {
    double[] all = new double[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (double[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
