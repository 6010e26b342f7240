package dev.riffle.dna.readuntil;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.readuntil.ReadVerdict.Origin;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.Prediction;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.TestBackends;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReadUntilTest {
  private static final ModelDirectory DIRECTORY =
      ModelDirectory.read(Path.of("../demo/models/read-until/1"));
  private static final Kernels FAST = TestBackends.all().findFirst().orElseThrow();
  private static final String TARGET = genome(1, 20_000, 0.4);
  private static final String BACKGROUND = genome(2, 30_000, 0.5);
  private static final References BOTH =
      References.builder().target(bytes(TARGET)).background(bytes(BACKGROUND)).build();
  private static final int CHUNK = 180;
  private static final int WIDTH = ReadUntil.FORMAT.width();

  // --------------------------------------------------------------- verdicts

  @Test
  void readsOfEitherStrandAreReportedApart() {
    StreamRunner<ReadVerdict> runner = model(SequentialTest.DEFAULTS, FAST).newRunner();
    Random random = new Random(3);
    for (int i = 0; i < 20; i++) {
      String target = withErrors(stretch(TARGET, random), random);
      String background = withErrors(stretch(BACKGROUND, random), random);
      for (String read : List.of(target, reverseComplement(target))) {
        assertThat(only(play(runner, read, CHUNK)).origin()).isEqualTo(Origin.TARGET);
      }
      for (String read : List.of(background, reverseComplement(background))) {
        assertThat(only(play(runner, read, CHUNK)).origin()).isEqualTo(Origin.BACKGROUND);
      }
    }
  }

  @Test
  void theTestDecidesAtTheFirstStepWhoseLogOddsPassAThreshold() {
    SequentialTest test = new SequentialTest(0.001, 0.02, 1800);
    ReadUntil model = model(test, FAST);
    ReadUntil undecided = model(new SequentialTest(1e-300, 1e-300, 1800), FAST);
    Random random = new Random(4);
    for (int i = 0; i < 10; i++) {
      String read = withErrors(stretch(i % 2 == 0 ? TARGET : BACKGROUND, random), random);
      List<Double> odds = new ArrayList<>();
      ReadUntilRunner observed = undecided.observedBy((row, x, at, l) -> odds.add(l));
      play(observed, read, read.length());
      int step = 0;
      while (odds.get(step) < test.accept() && odds.get(step) > test.reject()) {
        step++;
      }
      Prediction<ReadVerdict> told = play(model.newRunner(), read, CHUNK).get(0);
      assertThat(told.value().bases()).isEqualTo(15L * (step + 1)).isEqualTo(told.position());
      assertThat(told.value().logOdds()).isEqualTo(odds.get(step));
      assertThat(told.value().origin())
          .isEqualTo(odds.get(step) > 0 ? Origin.TARGET : Origin.BACKGROUND);
    }
  }

  @Test
  void thresholdsAreWalds() {
    SequentialTest test = new SequentialTest(0.01, 0.05, 1000);
    assertThat(test.accept()).isEqualTo(Math.log(95), within(1e-12));
    assertThat(test.reject()).isEqualTo(Math.log(5.0 / 99), within(1e-12));
    assertThatThrownBy(() -> new SequentialTest(0.5, 0.01, 100))
        .hasMessage("max-false-accept must be more than 0 and less than 0.5 but is 0.5.");
    assertThatThrownBy(() -> new SequentialTest(0.1, Double.NaN, 100))
        .hasMessageContaining("max-false-reject");
    assertThatThrownBy(() -> new SequentialTest(0.1, 0.1, 14))
        .hasMessage("max-bases must be from 15 to 450000 but is 14.");
  }

  @Test
  void itGivesUpAtTheFirstStepThatHasAsManyBasesAsAllowed() {
    StreamRunner<ReadVerdict> runner =
        model(new SequentialTest(1e-300, 1e-300, 200), FAST).newRunner();
    ReadVerdict verdict = only(play(runner, TARGET.substring(0, 1000), CHUNK));
    assertThat(verdict.origin()).isEqualTo(Origin.LIMIT);
    assertThat(verdict.bases()).isEqualTo(210);
  }

  @Test
  void aReadThatEndsFirstIsReportedOnce() {
    StreamRunner<ReadVerdict> runner =
        model(new SequentialTest(1e-300, 1e-300, 1800), FAST).newRunner();
    ReadVerdict verdict = only(play(runner, TARGET.substring(0, 100), 33));
    assertThat(verdict.origin()).isEqualTo(Origin.ENDED);
    assertThat(verdict.bases()).isEqualTo(90);
    ReadVerdict nothing = only(play(runner, "ACGT", 4));
    assertThat(nothing.bases()).isZero();
    assertThat(nothing.probability()).isEqualTo(0.5);
  }

  @Test
  void qualityAndChannelAreThoseOfTheBasesUpToThere() {
    StreamRunner<ReadVerdict> runner =
        model(new SequentialTest(1e-300, 1e-300, 30), FAST).newRunner();
    float[] values = values(TARGET.substring(0, 60));
    for (int i = 0; i < 60; i++) {
      values[WIDTH * i + 1] = 33 + (i < 15 ? 10 : i < 30 ? 20 : 40);
    }
    Format format = ReadUntil.format(512);
    BatchItem<ReadVerdict> row = new BatchItem<>(format, runner.open(format), values, 0, 60);
    runner.advance(List.of(row));
    ReadVerdict verdict = row.predictions.get(0).value();
    assertThat(verdict.channel()).isEqualTo(512);
    assertThat(verdict.meanQscore()).isEqualTo(-10 * Math.log10((0.1 + 0.01) / 2), within(1e-9));
    assertThat(only(play(runner, TARGET.substring(0, 60), 7)).meanQscore()).isNaN();
  }

  @Test
  void theChannelIsTheLastOneNamedUpToTheVerdict() {
    ReadUntil model = model(new SequentialTest(1e-300, 1e-300, 45), FAST);
    StreamRunner<ReadVerdict> runner = model.newRunner();
    Format unknown = ReadUntil.FORMAT;
    float[] values = values(TARGET.substring(0, 60));
    List<Format> chunks =
        List.of(unknown, ReadUntil.format(3), ReadUntil.format(7), unknown, ReadUntil.format(9));
    byte[] state = runner.open(unknown);
    List<Prediction<ReadVerdict>> all = new ArrayList<>();
    for (int i = 0; i < chunks.size(); i++) {
      assertThat(model.continues(unknown, chunks.get(i))).isTrue();
      BatchItem<ReadVerdict> item =
          new BatchItem<>(chunks.get(i), state, values, WIDTH * 12 * i, 12);
      runner.advance(List.of(item));
      state = item.state;
      all.addAll(item.predictions);
    }
    assertThat(only(all).channel()).isEqualTo(7);
    assertThat(only(all).bases()).isEqualTo(45);
    for (String channel : List.of("0", "-1", "x", "12345678901")) {
      Format bad = new Format(0, WIDTH, Map.of(ReadUntil.CHANNEL, channel));
      assertThatThrownBy(() -> model.check(bad))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("must be the number of a channel");
    }
  }

  @Test
  void bufferedEventsOfAnEarlierReleaseContinueARead() {
    // release 0.1 wrote base, quality and channel into each step
    ReadUntil model = model(new SequentialTest(1e-300, 1e-300, 45), FAST);
    StreamRunner<ReadVerdict> runner = model.newRunner();
    float[] values = values(TARGET.substring(0, 60));
    float[] wide = new float[3 * 60];
    for (int i = 0; i < 60; i++) {
      values[WIDTH * i + 1] = 50;
      System.arraycopy(values, WIDTH * i, wide, 3 * i, WIDTH);
      wide[3 * i + 2] = 512;
    }
    Format before = new Format(0, 3);
    Format now = ReadUntil.format(512);
    assertThat(model.continues(before, now)).isTrue();
    model.check(before);
    BatchItem<ReadVerdict> old = new BatchItem<>(before, runner.open(before), wide, 0, 30);
    BatchItem<ReadVerdict> same = new BatchItem<>(now, runner.open(now), values, 0, 30);
    runner.advance(List.of(old, same));
    assertThat(old.state).isEqualTo(same.state);
    BatchItem<ReadVerdict> next = new BatchItem<>(now, old.state, values, WIDTH * 30, 30);
    runner.advance(List.of(next));
    assertThat(next.predictions).hasSize(1);
    assertThat(next.predictions.get(0).value().channel()).isEqualTo(512);
  }

  // --------------------------------------------------------------- chunking

  @ParameterizedTest
  @MethodSource("dev.riffle.models.TestBackends#all")
  void anyChunkingTellsTheSameAndLeavesTheSameBytes(Kernels kernels) {
    for (SequentialTest test :
        List.of(SequentialTest.DEFAULTS, new SequentialTest(1e-300, 1e-300, 1800))) {
      ReadUntil model = model(test, kernels);
      Random random = new Random(5);
      String read = withErrors(stretch(TARGET, random), random).substring(0, 400);
      Played whole = playTo(model.newRunner(), read, 400);
      for (int chunk : new int[] {1, 7, 15, 180}) {
        Played cut = playTo(model.newRunner(), read, chunk);
        assertThat(cut.predictions).isEqualTo(whole.predictions);
        assertThat(cut.state).isEqualTo(whole.state);
      }
    }
  }

  @Test
  void aBatchEqualsItsRows() {
    ReadUntil model = model(SequentialTest.DEFAULTS, FAST);
    StreamRunner<ReadVerdict> runner = model.newRunner();
    Random random = new Random(6);
    List<BatchItem<ReadVerdict>> rows = new ArrayList<>();
    List<Played> alone = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      String read = withErrors(stretch(i % 2 == 0 ? TARGET : BACKGROUND, random), random);
      read = read.substring(0, random.nextInt(read.length()));
      alone.add(playTo(model.newRunner(), read, Math.max(1, read.length())));
      byte[] open = runner.open(ReadUntil.FORMAT);
      rows.add(new BatchItem<>(ReadUntil.FORMAT, open, values(read), 0, read.length()));
    }
    runner.advance(rows);
    for (int i = 0; i < rows.size(); i++) {
      assertThat(rows.get(i).predictions).isEqualTo(alone.get(i).predictions);
      assertThat(ByteBuffer.wrap(rows.get(i).state)).isEqualTo(alone.get(i).state);
    }
  }

  @Test
  void aDecidedReadCostsNothingAndIsReportedOnce() {
    ReadUntil model = model(SequentialTest.DEFAULTS, FAST);
    StreamRunner<ReadVerdict> runner = model.newRunner();
    float[] values = values(TARGET.substring(0, 900));
    byte[] open = runner.open(ReadUntil.FORMAT);
    BatchItem<ReadVerdict> first = new BatchItem<>(ReadUntil.FORMAT, open, values, 0, 450);
    assertThat(model.slots(first, false)).isEqualTo(1);
    runner.advance(List.of(first));
    assertThat(first.predictions).hasSize(1);
    BatchItem<ReadVerdict> second =
        new BatchItem<>(ReadUntil.FORMAT, first.state, values, WIDTH * 450, 450);
    assertThat(model.slots(second, false)).isZero();
    runner.finish(List.of(second));
    assertThat(second.predictions).isEmpty();
    assertThat(second.state).isEqualTo(open).hasSize(461);
    assertThat(model.info().stateBytes()).isEqualTo(461);
  }

  // ------------------------------------------------------------- references

  @Test
  void theTableHoldsTheKmersOfBothStrands() {
    Set<String> target = kmers(TARGET);
    Set<String> background = kmers(BACKGROUND);
    assertThat(BOTH.targetKmers()).isEqualTo(target.size());
    assertThat(BOTH.backgroundKmers()).isEqualTo(background.size());
    String mixed =
        TARGET.substring(500, 700) + "N" + BACKGROUND.substring(100, 300) + genome(9, 300, 0.5);
    KmerScanner ends = new KmerScanner();
    int hits = 0;
    for (int i = 0; i < mixed.length(); i++) {
      int kmer = ends.next(Nucleotides.of((byte) mixed.charAt(i)));
      String plain = i < 14 ? "N" : mixed.substring(i - 14, i + 1);
      assertThat(kmer < 0).isEqualTo(plain.contains("N"));
      if (kmer >= 0) {
        int c = BOTH.genomesOf(kmer);
        assertThat(c & 1).isEqualTo(target.contains(smaller(plain)) ? 1 : 0);
        assertThat(c >> 1).isEqualTo(background.contains(smaller(plain)) ? 1 : 0);
        hits += c == 0 ? 0 : 1;
      }
    }
    assertThat(hits).isGreaterThan(350);
  }

  @Test
  void lettersInEitherCaseAndWithWhiteSpaceAreTheSameReference() {
    References same =
        References.builder()
            .target(bytes(TARGET.toLowerCase(java.util.Locale.ROOT).replace("t", "u\n")))
            .build();
    assertThat(same.targetKmers()).isEqualTo(BOTH.targetKmers());
    assertThat(same.fingerprint()).isNotEqualTo(BOTH.fingerprint());
  }

  @Test
  void targetsWithoutBasesAreRefused() {
    assertThatThrownBy(() -> References.builder().target(bytes("NNNN")).build())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("does the file hold DNA?");
    assertThatThrownBy(() -> References.builder().background(bytes(BACKGROUND)).build())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no target was given");
  }

  // ----------------------------------------------------------------- errors

  @Test
  void anotherStateFormatOrFamilyIsRefused() {
    ReadUntil model = model(SequentialTest.DEFAULTS, FAST);
    StreamRunner<ReadVerdict> runner = model.newRunner();
    assertThatThrownBy(() -> model.check(new Format(0, 1)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("expects 2 values per step (base, quality), found 1");
    BatchItem<ReadVerdict> row = new BatchItem<>(ReadUntil.FORMAT, new byte[5], new float[0], 0, 0);
    assertThatThrownBy(() -> runner.advance(List.of(row))).isInstanceOf(StateException.class);
    byte[] open = runner.open(ReadUntil.FORMAT);
    BatchItem<ReadVerdict> odd = new BatchItem<>(ReadUntil.FORMAT, open, new float[] {9, 0}, 0, 1);
    assertThatThrownBy(() -> runner.advance(List.of(odd)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("must be a base");
    assertThatThrownBy(() -> Families.load(DIRECTORY, FAST, ReadVerdict.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("--targets");
    ModelDirectory other = ModelDirectory.read(Path.of("../demo/models/lru-transcriber/1"));
    assertThatThrownBy(() -> ReadUntilFamily.load(other, BOTH, SequentialTest.DEFAULTS, FAST))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'read-until'");
  }

  @Test
  void otherReferencesAreAnotherModel() {
    StreamModel<ReadVerdict> with = model(SequentialTest.DEFAULTS, FAST);
    References alone = References.builder().target(bytes(TARGET)).build();
    StreamModel<ReadVerdict> without =
        ReadUntilFamily.load(DIRECTORY, alone, SequentialTest.DEFAULTS, FAST);
    assertThat(with.info().fingerprint()).isNotEqualTo(without.info().fingerprint());
    assertThat(with.info().label()).isEqualTo("read-until/1");
  }

  // ------------------------------------------------------------------ means

  private record Played(List<Prediction<ReadVerdict>> predictions, ByteBuffer state) {}

  private static ReadUntil model(SequentialTest test, Kernels kernels) {
    return new ReadUntil(DIRECTORY, BOTH, test, kernels);
  }

  /** All chunks of a read and its end. */
  private static List<Prediction<ReadVerdict>> play(
      StreamRunner<ReadVerdict> runner, String read, int chunk) {
    Played played = playTo(runner, read, chunk);
    BatchItem<ReadVerdict> end =
        new BatchItem<>(ReadUntil.FORMAT, played.state.array(), new float[0], 0, 0);
    runner.finish(List.of(end));
    List<Prediction<ReadVerdict>> all = new ArrayList<>(played.predictions);
    all.addAll(end.predictions);
    return all;
  }

  /** All chunks of a read that goes on. */
  private static Played playTo(StreamRunner<ReadVerdict> runner, String read, int chunk) {
    float[] values = values(read);
    byte[] state = runner.open(ReadUntil.FORMAT);
    List<Prediction<ReadVerdict>> predictions = new ArrayList<>();
    for (int from = 0; from < read.length(); from += chunk) {
      int steps = Math.min(chunk, read.length() - from);
      BatchItem<ReadVerdict> row =
          new BatchItem<>(ReadUntil.FORMAT, state, values, WIDTH * from, steps);
      runner.advance(List.of(row));
      predictions.addAll(row.predictions);
      state = row.state;
    }
    return new Played(predictions, ByteBuffer.wrap(state));
  }

  private static ReadVerdict only(List<Prediction<ReadVerdict>> predictions) {
    assertThat(predictions).hasSize(1);
    return predictions.get(0).value();
  }

  private static float[] values(String read) {
    float[] values = new float[WIDTH * read.length()];
    for (int i = 0; i < read.length(); i++) {
      values[WIDTH * i] = Nucleotides.value(Nucleotides.of((byte) read.charAt(i)));
    }
    return values;
  }

  private static ByteBuffer bytes(String letters) {
    return ByteBuffer.wrap(letters.getBytes(StandardCharsets.US_ASCII));
  }

  private static String genome(long seed, int length, double gc) {
    Random random = new Random(seed);
    StringBuilder letters = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      boolean strong = random.nextDouble() < gc;
      letters.append((strong ? "CG" : "AT").charAt(random.nextInt(2)));
    }
    return letters.toString();
  }

  private static String stretch(String genome, Random random) {
    int at = random.nextInt(genome.length() - 2000);
    return genome.substring(at, at + 2000);
  }

  /** One base in twenty wrong, missing or too many. */
  private static String withErrors(String read, Random random) {
    StringBuilder called = new StringBuilder();
    for (int i = 0; i < read.length(); i++) {
      char base = read.charAt(i);
      int error = random.nextInt(60);
      char other = "ACGT".charAt(random.nextInt(4));
      called.append(
          error == 0 ? "" : error == 1 ? "" + base + other : error == 2 ? "" + other : "" + base);
    }
    return called.toString();
  }

  private static String reverseComplement(String letters) {
    StringBuilder reverse = new StringBuilder();
    for (int i = letters.length() - 1; i >= 0; i--) {
      reverse.append("TGCA".charAt("ACGT".indexOf(letters.charAt(i))));
    }
    return reverse.toString();
  }

  private static Set<String> kmers(String genome) {
    Set<String> all = new HashSet<>();
    for (int i = 0; i + 15 <= genome.length(); i++) {
      all.add(smaller(genome.substring(i, i + 15)));
    }
    return all;
  }

  private static String smaller(String kmer) {
    if (kmer.contains("N")) {
      return kmer;
    }
    String reverse = reverseComplement(kmer);
    return kmer.compareTo(reverse) <= 0 ? kmer : reverse;
  }
}
