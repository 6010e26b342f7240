package dev.riffle.evaluation.dna;

import dev.riffle.cli.annotate.FileAnnotation;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.SequenceFile;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.kernels.Backends;
import dev.riffle.models.Prediction;
import dev.riffle.models.StreamModel;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code riffle evaluate genes}: scores the annotator on genomes with a published annotation, next
 * to Prodigal if it is installed.
 *
 * <p>GENOME_DIR contains {@code X.fna.gz} and {@code X.cds.bed.gz}: complete coding sequences,
 * 0-based, half open. Genes that an end of the contig cuts count for bases only. Stop: the gene's
 * stop codon is annotated. Exact: its start is annotated, too. MCC: over bases, coding on either
 * strand or not.
 */
@Command(
    name = "genes",
    description = "Score the annotator on genomes with a published annotation, next to Prodigal.")
public final class ScoreAnnotations implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "MODEL_DIR", description = "The annotator.")
  private Path modelDirectory;

  @Parameters(
      index = "1",
      paramLabel = "GENOME_DIR",
      description = "Directory of X.fna.gz and X.cds.bed.gz.")
  private Path genomes;

  @Option(
      names = "--trained-on",
      split = ",",
      paramLabel = "NAME",
      description = "Genomes that trained the model; the table marks them.")
  private Set<String> trained = Set.of();

  /** An interval of a contig, with its strand. */
  private record Cds(String contig, long left, long right, boolean reverse, boolean whole) {

    Cds asKnown() {
      return new Cds(contig, left, right, reverse, true);
    }

    String stop() {
      return contig + (reverse ? "-" + left : "+" + right);
    }
  }

  /** What was found of one genome. */
  private record Score(int known, int called, int stops, int exact, double mcc, List<Cds> cds) {

    static Score of(List<Cds> known, List<Cds> called, Map<String, Long> lengths) {
      Set<String> stops = new HashSet<>();
      known.forEach(cds -> stops.add(cds.stop()));
      Set<Cds> exact = new HashSet<>(known);
      List<Cds> whole = called.stream().filter(Cds::whole).toList();
      double[] bases = new double[4]; // both, neither, only called, only known
      for (Map.Entry<String, Long> contig : lengths.entrySet()) {
        BitSet a = bases(known, contig.getKey());
        BitSet b = bases(called, contig.getKey());
        BitSet both = (BitSet) a.clone();
        both.and(b);
        int union = a.cardinality() + b.cardinality() - both.cardinality();
        bases[0] += both.cardinality();
        bases[1] += contig.getValue() - union;
        bases[2] += b.cardinality() - both.cardinality();
        bases[3] += a.cardinality() - both.cardinality();
      }
      return new Score(
          known.size(),
          whole.size(),
          (int) whole.stream().map(Cds::stop).distinct().filter(stops::contains).count(),
          (int) whole.stream().map(Cds::asKnown).distinct().filter(exact::contains).count(),
          mcc(bases[0], bases[1], bases[2], bases[3]),
          called);
    }

    private static double mcc(double tp, double tn, double fp, double fn) {
      return (tp * tn - fp * fn) / Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn) + 1e-9);
    }

    private static BitSet bases(List<Cds> all, String contig) {
      BitSet bases = new BitSet();
      for (Cds cds : all) {
        if (cds.contig.equals(contig)) {
          bases.set((int) cds.left, (int) cds.right);
        }
      }
      return bases;
    }

    void print(String genome, String who) {
      System.out.printf(
          Locale.ROOT,
          "| %-22s | %-16s | %5d | %5d | %.3f | %.3f | %.3f | %.3f |%n",
          genome,
          who,
          known,
          called,
          (double) stops / known,
          (double) stops / called,
          (double) exact / known,
          mcc);
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    ModelDirectory directory = ModelDirectory.read(modelDirectory);
    StreamModel<Gene> model = Families.load(directory, Backends.find("cpu"), Gene.class);
    Optional<Prodigal> prodigal = Prodigal.find();
    System.out.println(
        "| genome                 | who              | genes | found | stop recall | stop precision"
            + " | exact gene | base MCC |");
    System.out.println("|---|---|---|---|---|---|---|---|");
    for (Path genome : genomes(genomes)) {
      String name = genome.getFileName().toString().replace(".fna.gz", "");
      List<Cds> known = known(genome.resolveSibling(name + ".cds.bed.gz"));
      Map<String, Long> lengths = new HashMap<>();
      List<Cds> called = new ArrayList<>();
      GeneticCode code = annotate(model, genome, called, lengths);
      Score.of(known, called, lengths)
          .print(name + (trained.contains(name) ? " (trained on)" : ""), "riffle");
      if (prodigal.isPresent()) {
        long bases = lengths.values().stream().mapToLong(Long::longValue).sum();
        Prodigal.Run run = prodigal.get().annotate(genome, code.number(), bases);
        Score.of(known, called(run.gff()), lengths).print("", prodigal.get().version());
      }
    }
    return 0;
  }

  private static List<Path> genomes(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".fna.gz")).sorted().toList();
    }
  }

  private static List<Cds> known(Path bed) throws IOException {
    List<Cds> known = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(bed)), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] f = line.split("\t");
        known.add(
            new Cds(f[0], Long.parseLong(f[1]), Long.parseLong(f[2]), f[5].equals("-"), true));
      }
    }
    return known;
  }

  private static List<Cds> called(List<String> gff) {
    List<Cds> called = new ArrayList<>();
    for (String line : gff) {
      if (!line.startsWith("#")) {
        String[] f = line.split("\t");
        called.add(
            new Cds(
                f[0],
                Long.parseLong(f[3]) - 1,
                Long.parseLong(f[4]),
                f[6].equals("-"),
                f[8].contains("partial=00")));
      }
    }
    return called;
  }

  /** Annotates a genome, and returns its genetic code. */
  private static GeneticCode annotate(
      StreamModel<Gene> model, Path genome, List<Cds> called, Map<String, Long> lengths)
      throws IOException {
    GeneticCode[] used = {GeneticCode.BACTERIAL};
    FileAnnotation.Listener listener =
        new FileAnnotation.Listener() {
          @Override
          public void gene(String contig, GeneticCode code, Prediction<Gene> output) {
            used[0] = code;
            Gene g = output.value();
            if (g.status() == Gene.Status.PUBLISHED) {
              boolean whole = !g.openLeft() && !g.openRight();
              called.add(new Cds(contig, g.left(), g.right(), g.reverse(), whole));
            }
          }

          @Override
          public void ended(String contig, long bases) {
            lengths.put(contig, bases);
          }

          @Override
          public void problem(String what) {
            System.err.println(what);
          }

          @Override
          public void note(String what) {
            System.err.println(what);
          }
        };
    try (SequenceFile file = SequenceFile.open(genome)) {
      new FileAnnotation(model, null, listener).annotate(file);
    }
    return used[0];
  }
}
