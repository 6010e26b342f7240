package dev.riffle.music.transcriber;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.riffle.music.transcriber.OnsetScore.Onset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The known answers come from an independent implementation of the measure. */
class OnsetScoreTest {

  @Test
  void fiftyMillisecondsAreStillRightAfterRoundingToATenth() {
    assertThat(right(notes(1.0, 60), notes(1.05, 60))).isEqualTo(1);
    assertThat(right(notes(1.05, 60), notes(1.0, 60))).isEqualTo(1);
    assertThat(right(notes(1.0, 60), notes(1.05004, 60))).isEqualTo(1);
    assertThat(right(notes(1.0, 60), notes(1.05006, 60))).isZero();
  }

  @Test
  void anotherPitchIsAnotherNote() {
    assertThat(right(notes(1, 60, 2, 61), notes(1, 61, 2, 61))).isEqualTo(1);
  }

  @Test
  void aNoteAnswersForOneOtherAtMost() {
    OnsetScore score = OnsetScore.of(notes(1.0, 60), notes(0.99, 60, 1.01, 60));
    assertThat(score.right()).isEqualTo(1);
    assertThat(score.precision()).isEqualTo(0.5);
    assertThat(score.recall()).isEqualTo(1);
    assertThat(score.f1()).isCloseTo(2 / 3.0, within(1e-15));
  }

  @Test
  void theLargestMatchingCountsNotTheNearestPairs() {
    assertThat(right(notes(1.0, 60, 1.04, 60), notes(1.045, 60, 1.085, 60))).isEqualTo(2);
    assertThat(
            right(
                notes(1.0, 60, 1.06, 60, 1.1, 60), notes(0.96, 60, 1.05, 60, 1.051, 60, 1.16, 60)))
        .isEqualTo(3);
  }

  @Test
  void nothingScoresNothing() {
    assertThat(OnsetScore.of(List.of(), List.of()).f1()).isZero();
    assertThat(OnsetScore.of(notes(1, 60), List.of()).f1()).isZero();
    assertThat(OnsetScore.of(List.of(), notes(1, 60)).precision()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 200, 150, 112, 0.7466666666666667, 0.56, 0.6400000000000001",
    "2, 300, 400, 257, 0.6425, 0.8566666666666667, 0.7342857142857143",
    "3, 50, 500, 49, 0.098, 0.98, 0.17818181818181816"
  })
  void manyNotesGiveTheKnownAnswers(
      long seed, int wanted, int told, int right, double precision, double recall, double f1) {
    long[] state = {seed};
    List<Onset> reference = random(state, wanted);
    OnsetScore score = OnsetScore.of(reference, random(state, told));
    assertThat(score.right()).isEqualTo(right);
    assertThat(score.precision()).isCloseTo(precision, within(1e-12));
    assertThat(score.recall()).isCloseTo(recall, within(1e-12));
    assertThat(score.f1()).isCloseTo(f1, within(1e-12));
  }

  private static List<Onset> random(long[] state, int count) {
    List<Onset> notes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double seconds = next(state) % 20000 / 10000.0;
      notes.add(new Onset(seconds, 60 + (int) (next(state) % 5)));
    }
    return notes;
  }

  private static long next(long[] state) {
    state[0] = state[0] * 6364136223846793005L + 1442695040888963407L;
    return state[0] >>> 33;
  }

  private static int right(List<Onset> reference, List<Onset> estimated) {
    return OnsetScore.of(reference, estimated).right();
  }

  private static List<Onset> notes(double... secondsAndPitch) {
    List<Onset> notes = new ArrayList<>();
    for (int i = 0; i < secondsAndPitch.length; i += 2) {
      notes.add(new Onset(secondsAndPitch[i], (int) secondsAndPitch[i + 1]));
    }
    return notes;
  }
}
