package dev.riffle.dna.annotator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.SequenceFile;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.cpu.CpuProvider;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.Prediction;
import dev.riffle.models.Settings;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AnnotatorTest {
  private static final Path DIRECTORY = Path.of("../demo/models/dna-annotator/1");
  private static final Map<String, Bases> CONTIGS = new LinkedHashMap<>();
  private static ModelDirectory directory;
  private static Annotator annotator;

  /** The goldens' contigs, of both genetic codes, and one of random letters. */
  @BeforeAll
  static void read() throws IOException {
    directory = ModelDirectory.read(DIRECTORY);
    annotator = new Annotator(directory, Backends.find("cpu"));
    read("case-1.fasta", GeneticCode.BACTERIAL);
    read("case-2.fasta", GeneticCode.TABLE_4);
    Random random = new Random(5);
    float[] any = new float[7000];
    for (int i = 0; i < any.length; i++) {
      any[i] = Nucleotides.value(random.nextInt(4));
    }
    CONTIGS.put("random", new Bases(Annotator.FORMAT, any));
  }

  private static void read(String name, GeneticCode code) throws IOException {
    byte[] all = new byte[1 << 14];
    try (SequenceFile file = SequenceFile.open(DIRECTORY.resolve("golden").resolve(name))) {
      for (SequenceFile.Entry e = file.next(); e != null; e = file.next()) {
        int count = file.read(all);
        float[] steps = new float[count];
        Nucleotides.values(all, 0, count, steps, 0);
        CONTIGS.put(e.name(), new Bases(Annotator.format(code), steps));
      }
    }
  }

  /** The bases of a contig as steps. */
  private record Bases(Format format, float[] steps) {
    BatchItem<Gene> item(byte[] state, int from, int count) {
      return new BatchItem<>(format, state, steps, from, count);
    }
  }

  /** Rows of a batch depend on nothing but themselves on both engines. */
  static Stream<Kernels> engines() {
    return Stream.of(Backends.find("cpu"), CpuProvider.fallback(1));
  }

  private static BatchItem<Gene> row(byte[] state, float[] steps, int from, int count) {
    return new BatchItem<>(Annotator.FORMAT, state, steps, from, count);
  }

  /** All that is told of a contig that comes whole. */
  private static List<Prediction<Gene>> whole(Annotator model, Bases contig) {
    StreamRunner<Gene> runner = model.newRunner();
    BatchItem<Gene> row = contig.item(runner.open(contig.format), 0, contig.steps.length);
    runner.finish(List.of(row));
    return row.predictions;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("engines")
  void neitherChunksNorNeighboursChangeAGeneOrABitOfTheState(Kernels kernels) {
    Annotator model = new Annotator(directory, kernels);
    StreamRunner<Gene> alone = model.newRunner();
    StreamRunner<Gene> together = model.newRunner();
    Random random = new Random(1);
    List<Bases> contigs = List.copyOf(CONTIGS.values());
    byte[][] states = new byte[contigs.size()][];
    Arrays.fill(states, together.open(Annotator.FORMAT));
    int[] at = new int[contigs.size()];
    List<List<Prediction<Gene>>> told = new ArrayList<>();
    contigs.forEach(c -> told.add(new ArrayList<>()));
    for (int turn = 0; turn < 40; turn++) {
      List<BatchItem<Gene>> rows = new ArrayList<>();
      List<Integer> who = new ArrayList<>();
      for (int i = 0; i < contigs.size(); i++) {
        int left = contigs.get(i).steps.length - at[i];
        int count = Math.min(left, turn == 39 ? left : random.nextInt(300));
        if (random.nextInt(4) > 0 || turn == 39) {
          rows.add(contigs.get(i).item(states[i], at[i], count));
          who.add(i);
          at[i] += count;
        }
      }
      together.advance(rows);
      for (int r = 0; r < rows.size(); r++) {
        states[who.get(r)] = rows.get(r).state;
        told.get(who.get(r)).addAll(rows.get(r).predictions);
      }
    }
    List<BatchItem<Gene>> ends = new ArrayList<>();
    for (int i = 0; i < contigs.size(); i++) {
      BatchItem<Gene> once = contigs.get(i).item(alone.open(Annotator.FORMAT), 0, at[i]);
      alone.advance(List.of(once));
      assertThat(states[i]).as("state of contig %d", i).isEqualTo(once.state);
      assertThat(once.state.length).isLessThanOrEqualTo(model.info().stateBytes());
      ends.add(contigs.get(i).item(states[i], 0, 0));
    }
    together.finish(ends);
    for (int i = 0; i < contigs.size(); i++) {
      told.get(i).addAll(ends.get(i).predictions);
      assertThat(told.get(i)).isEqualTo(whole(model, contigs.get(i)));
      assertThat(ends.get(i).state).isEqualTo(alone.open(Annotator.FORMAT));
    }
    assertThat(told.get(0)).isNotEmpty();
  }

  @Test
  void forwardGenesAreReportedAtMost334BasesBehindTheirStopCodon() {
    List<Prediction<Gene>> genes = new ArrayList<>();
    CONTIGS.values().forEach(contig -> genes.addAll(whole(annotator, contig)));
    genes.removeIf(o -> o.value().status() == Gene.Status.GROWING || o.value().reverse());
    assertThat(genes).hasSizeGreaterThan(5);
    for (Prediction<Gene> gene : genes) {
      assertThat(gene.position() - gene.value().right()).isLessThanOrEqualTo(334);
    }
  }

  @Test
  void aGeneIsReportedWhileItGrows() {
    List<Prediction<Gene>> all = whole(annotator, CONTIGS.get("c11"));
    Gene second =
        all.stream().map(Prediction::value).filter(g -> g.number() == 2).findFirst().get();
    List<Prediction<Gene>> before =
        all.stream()
            .filter(o -> o.value().status() == Gene.Status.GROWING)
            .filter(o -> o.value().left() == second.left() && !o.value().reverse())
            .toList();
    assertThat(before).hasSizeGreaterThan(1);
    assertThat(before.get(0).position()).isLessThan(second.right());
    for (int i = 1; i < before.size(); i++) {
      long moved = before.get(i).value().right() - before.get(i - 1).value().right();
      assertThat(moved).isGreaterThanOrEqualTo(GrowthReports.EVERY);
    }
    assertThat(all.stream().map(Prediction::position).toList()).isSorted();
  }

  @Test
  void theTablesOfTheStartHeadAreItsDefinition() {
    StartHead head = annotator.startHead();
    Random random = new Random(2);
    byte[] window = new byte[AnnotatorConfig.START_WINDOW];
    for (int i = 0; i < 500; i++) {
      for (int j = 0; j < window.length; j++) {
        window[j] = (byte) random.nextInt(4);
      }
      assertThat(head.score(window)).isCloseTo(head.plain(window), withinFloat());
      window[random.nextInt(window.length)] = Nucleotides.UNKNOWN;
      assertThat(head.score(window)).isEqualTo(head.plain(window));
    }
  }

  private static org.assertj.core.data.Offset<Double> withinFloat() {
    return org.assertj.core.data.Offset.offset(1e-5);
  }

  @Test
  void aRunOfUnknownBasesAndALongOpenFrameKeepTheStateSmall() {
    float[] steps = new float[120_000]; // no base is known: no frame ever closes
    System.arraycopy(CONTIGS.get("c11").steps, 0, steps, 0, 4000);
    System.arraycopy(CONTIGS.get("c11").steps, 0, steps, 110_000, 4520);
    StreamRunner<Gene> runner = annotator.newRunner();
    byte[] state = runner.open(Annotator.FORMAT);
    int genes = 0;
    for (int from = 0; from < steps.length; from += 4000) {
      BatchItem<Gene> row = row(state, steps, from, 4000);
      runner.advance(List.of(row));
      state = row.state;
      genes += (int) row.predictions.stream().filter(o -> o.value().number() > 0).count();
      assertThat(state.length).isLessThanOrEqualTo(annotator.info().stateBytes());
    }
    assertThat(genes).isGreaterThan(5);
  }

  @Test
  void whatIsNoBaseAndASecondCodeAreRefused() {
    StreamRunner<Gene> runner = annotator.newRunner();
    byte[] state = runner.open(Annotator.FORMAT);
    for (float bad : new float[] {5, 0.5f, Float.NaN, -7}) {
      BatchItem<Gene> row = row(state, new float[] {1, 2, bad}, 0, 3);
      assertThatThrownBy(() -> runner.advance(List.of(row)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("Step 2");
    }
    BatchItem<Gene> mixed = row(state, new float[] {1, 0, -1}, 0, 3);
    assertThatThrownBy(() -> runner.advance(List.of(mixed)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("code 4")
        .hasMessageContaining("code 11");
    assertThatThrownBy(() -> annotator.check(new Format(16_000, 1)))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> annotator.check(new Format(0, 2))).isInstanceOf(InputException.class);
  }

  @Test
  void aChangeOfTheGeneticCodeWithinAContigIsRefused() {
    StreamRunner<Gene> runner = annotator.newRunner();
    Bases unknown = new Bases(Annotator.format(GeneticCode.TABLE_4), new float[40]);
    BatchItem<Gene> before = unknown.item(runner.open(unknown.format), 0, 40);
    runner.advance(List.of(before)); // no base of it is known: any code can follow
    Bases eleven = new Bases(Annotator.format(GeneticCode.BACTERIAL), steps(100));
    BatchItem<Gene> first = eleven.item(before.state, 0, 100);
    runner.advance(List.of(first));
    Bases four = new Bases(Annotator.format(GeneticCode.TABLE_4), steps(1));
    assertThatThrownBy(() -> runner.advance(List.of(four.item(first.state, 0, 1))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("genetic code 4, but the contig has code 11");
    assertThat(annotator.continues(eleven.format, four.format)).isTrue();
    assertThat(annotator.continues(eleven.format, new Format(1, 1))).isFalse();
    Format other = new Format(0, 1, Map.of(GeneticCode.ATTRIBUTE, "2"));
    assertThatThrownBy(() -> annotator.check(other))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("must be 11");
  }

  private static float[] steps(int count) {
    return Arrays.copyOf(CONTIGS.get("c11").steps, count);
  }

  @Test
  void bufferedEventsOfAnEarlierReleaseContinueASequence() {
    // release 0.1 wrote code 4 as the sign of each base
    Bases now = CONTIGS.get("m1");
    float[] signed = new float[now.steps.length];
    for (int i = 0; i < signed.length; i++) {
      signed[i] = now.steps[i] == 0 ? 0 : -now.steps[i];
    }
    Bases before = new Bases(Annotator.FORMAT, signed);
    StreamRunner<Gene> runner = annotator.newRunner();
    int half = signed.length / 2;
    BatchItem<Gene> old = before.item(runner.open(before.format), 0, half);
    BatchItem<Gene> same = now.item(runner.open(now.format), 0, half);
    runner.advance(List.of(old, same));
    assertThat(old.state).isEqualTo(same.state);
    BatchItem<Gene> rest = now.item(old.state, half, signed.length - half);
    runner.finish(List.of(rest));
    List<Prediction<Gene>> genes = new ArrayList<>(old.predictions);
    genes.addAll(rest.predictions);
    assertThat(genes).isEqualTo(whole(annotator, now)).isNotEmpty();
  }

  @Test
  void aForeignStateIsRefused() {
    StreamRunner<Gene> runner = annotator.newRunner();
    byte[] state = runner.open(Annotator.FORMAT);
    byte[] version = state.clone();
    version[0] = 9;
    byte[] wide = state.clone();
    wide[1] = 8;
    byte[] code = state.clone();
    code[2] = 3;
    byte[] longer = Arrays.copyOf(state, state.length + 1);
    byte[] shorter = Arrays.copyOf(state, state.length - 1);
    for (byte[] foreign : List.of(version, wide, code, longer, shorter, new byte[0])) {
      BatchItem<Gene> row = row(foreign, new float[1], 0, 1);
      assertThatThrownBy(() -> runner.advance(List.of(row))).isInstanceOf(StateException.class);
    }
  }

  @Test
  void anotherFormatOrShapeIsRefused() {
    Settings config = directory.config();
    for (Settings other :
        List.of(
            config.with("format", "dna-annotator-2"),
            config.with("token", 60),
            config.with("d_model", 64),
            config.without("calling"))) {
      ModelDirectory draft =
          ModelDirectory.draft(Path.of("a/1"), other, directory.weights().file());
      assertThatThrownBy(() -> new Annotator(draft, Backends.find("cpu")))
          .isInstanceOf(ModelException.class);
    }
  }

  @Test
  void gff3RoundsToTheEven() {
    assertThat(Gff3.rounded(0.25, 1)).isEqualTo("0.2");
    assertThat(Gff3.rounded(-0.04, 1)).isEqualTo("-0.0");
    assertThat(Gff3.rounded(2.675, 2)).isEqualTo("2.67");
  }
}
