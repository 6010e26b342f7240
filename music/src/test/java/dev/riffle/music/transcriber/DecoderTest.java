package dev.riffle.music.transcriber;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.riffle.models.weights.ModelDirectory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Pitch 0 alone plays; the shipped settings: onset .35, support .3, frame .5, gap 3, shortest 2.
 */
class DecoderTest {
  private static final TranscriberConfig SHIPPED =
      TranscriberConfig.of(
          ModelDirectory.read(Path.of("../demo/models/lru-transcriber/1")).config());

  private final List<Note> told = new ArrayList<>();

  @Test
  void aPeakIsReportedOneFrameLaterAtTheTopOfItsParabola() {
    play(SHIPPED, new float[] {0, 0.1f, 0.8f, 0.4f, 0}, new float[] {0, 0, 1, 1, 1}, 5);
    assertThat(told).hasSize(2);
    Note on = told.get(0);
    assertThat(on.kind()).isEqualTo(Note.Kind.ON);
    assertThat(on.pitch()).isEqualTo(21);
    // 2 + .5 (.4 - .1) / (1.6 - .1 - .4)
    assertThat(on.onsetFrames()).isCloseTo(2 + 0.15 / 1.1, within(1e-6));
    assertThat(on.onsetSeconds()).isCloseTo(on.onsetFrames() * 0.032, within(1e-12));
    assertThat(on.publishedFrame()).isEqualTo(3);
    assertThat(on.confidence()).isEqualTo(0.8f);
    assertThat(on.velocity()).isEqualTo(64);
    assertThat(on.offsetFrames()).isEqualTo(-1);
    assertThat(on.offsetSeconds()).isNaN();
  }

  @Test
  void aNoteEndsWhereItsFramesFellSilent() {
    float[] onset = {0, 0.9f, 0, 0, 0, 0, 0, 0, 0};
    float[] frame = {0, 1, 1, 1, 0.4f, 0.4f, 0.4f, 0, 0};
    play(SHIPPED, onset, frame, 9);
    Note off = told.get(1);
    assertThat(off.kind()).isEqualTo(Note.Kind.OFF);
    assertThat(off.offsetFrames()).isEqualTo(4);
    assertThat(off.offsetSeconds()).isCloseTo(4 * 0.032, within(1e-12));
    assertThat(off.publishedFrame()).isEqualTo(6); // the third frame of the gap
    assertThat(off.onsetFrames()).isEqualTo(told.get(0).onsetFrames());
    assertThat(off.confidence()).isEqualTo(told.get(0).confidence());
  }

  @Test
  void aShortDipDoesNotEndANote() {
    float[] onset = {0, 0.9f, 0, 0, 0, 0, 0, 0};
    float[] frame = {0, 1, 1, 0, 0, 1, 1, 1};
    play(SHIPPED, onset, frame, 8);
    assertThat(told.get(1).offsetFrames()).isEqualTo(9 - 1); // by the end of the sequence
  }

  @Test
  void aPeakWithoutAToneIsNoNote() {
    play(SHIPPED, new float[] {0, 0.9f, 0}, new float[] {0, 0.29f, 0.29f}, 3);
    assertThat(told).isEmpty();
  }

  @Test
  void aNewStartEndsTheOldNoteFirst() {
    float[] onset = {0, 0.9f, 0, 0, 0.8f, 0, 0};
    play(SHIPPED, onset, new float[] {1, 1, 1, 1, 1, 1, 1}, 7);
    assertThat(told.stream().map(Note::kind))
        .containsExactly(Note.Kind.ON, Note.Kind.OFF, Note.Kind.ON, Note.Kind.OFF);
    assertThat(told.get(1).offsetFrames()).isEqualTo(4);
    assertThat(told.get(1).publishedFrame()).isEqualTo(5);
    assertThat(told.get(3).offsetFrames()).isEqualTo(7);
  }

  @Test
  void twoStartsWithinTheRefractoryTimeAreOne() {
    float[] onset = {0, 0.9f, 0, 0.8f, 0, 0, 0};
    play(SHIPPED, onset, new float[] {1, 1, 1, 1, 1, 1, 1}, 7);
    assertThat(told).hasSize(2);
  }

  @Test
  void aNoteLastsAtLeastTheShortest() {
    float[] onset = {0, 0, 0.9f, 0, 0, 0, 0};
    play(SHIPPED, onset, new float[] {0, 0, 0.4f, 0, 0, 0, 0}, 7);
    assertThat(told.get(1).offsetFrames()).isEqualTo(4);
  }

  @Test
  void aStartBeforeTheFirstFrameIsReportedAsZeroSeconds() {
    play(SHIPPED, new float[] {0.9f, 0.1f, 0}, new float[] {1, 1, 1}, 3);
    // before frame 0 is 0: the parabola leans ahead of frame 0 only as far as it goes
    assertThat(told.get(0).onsetFrames()).isBetween(-0.5, 0.5);
    told.clear();
    play(SHIPPED, new float[] {0.9f, 0.8f, 0}, new float[] {1, 1, 1}, 3);
    assertThat(told.get(0).onsetSeconds()).isNotNegative();
  }

  @Test
  void aPeakInTheLastFrameIsReportedAtTheEnd() {
    play(SHIPPED, new float[] {0, 0, 0.9f}, new float[] {0, 0, 1}, 3);
    assertThat(told).hasSize(2);
    assertThat(told.get(0).onsetFrames()).isCloseTo(2, within(1e-6));
    assertThat(told.get(0).publishedFrame()).isEqualTo(3);
    assertThat(told.get(1).offsetFrames()).isEqualTo(4); // start + shortest
  }

  @Test
  void aLongToneWithoutAPeakStartsLateWhereThatIsSwitchedOn() {
    TranscriberConfig late = withLate(0.8);
    float[] none = new float[8];
    float[] frame = {0, 0.9f, 0.9f, 0.9f, 0.9f, 0.9f, 0.9f, 0.9f};
    play(late, none, frame, 8);
    assertThat(told.get(0).onsetFrames()).isEqualTo(1);
    assertThat(told.get(0).publishedFrame()).isEqualTo(6); // the sixth frame
    assertThat(told.get(0).confidence()).isEqualTo(0.9f);
    told.clear();
    play(SHIPPED, none, frame, 8);
    assertThat(told).isEmpty();
  }

  @Test
  void stateComesBackFromItsBytes() {
    Decoder decoder = decoder(SHIPPED);
    Decoder.State state = new Decoder.State(SHIPPED.pitches());
    decoder.frame(state, 0, frame(0.1f, 1), 0, told::add);
    decoder.frame(state, 1, frame(0.9f, 1), 0, told::add);
    decoder.frame(state, 2, frame(0.2f, 1), 0, told::add);
    ByteBuffer bytes = ByteBuffer.allocate(SHIPPED.pitches() * Decoder.State.BYTES_PER_PITCH);
    state.store(bytes);
    assertThat(bytes.remaining()).isZero();
    Decoder.State back = new Decoder.State(SHIPPED.pitches());
    back.load(bytes.flip());
    List<Note> first = new ArrayList<>();
    List<Note> second = new ArrayList<>();
    decoder.flush(state, 3, first::add);
    decoder.flush(back, 3, second::add);
    assertThat(second).hasSize(1).isEqualTo(first);
  }

  private static Decoder decoder(TranscriberConfig config) {
    return new Decoder(
        config.decoder(), config.pitches(), config.firstPitch(), config.secondsPerFrame());
  }

  private static TranscriberConfig withLate(double late) {
    Decoder.Settings s = SHIPPED.decoder();
    return new TranscriberConfig(
        SHIPPED.audio(),
        SHIPPED.spectrum(),
        SHIPPED.gain(),
        SHIPPED.conditioning(),
        SHIPPED.stack(),
        SHIPPED.network(),
        new Decoder.Settings(
            s.onset(),
            s.support(),
            s.frame(),
            s.gap(),
            s.refractory(),
            s.shortest(),
            late,
            s.lateFrames()),
        SHIPPED.pitches(),
        SHIPPED.firstPitch());
  }

  private void play(TranscriberConfig config, float[] onset, float[] frame, int frames) {
    Decoder decoder = decoder(config);
    Decoder.State state = new Decoder.State(config.pitches());
    for (int t = 0; t < frames; t++) {
      decoder.frame(state, t, frame(onset[t], frame[t]), 0, told::add);
    }
    decoder.flush(state, frames, told::add);
  }

  private static float[] frame(float onset, float frame) {
    float[] probabilities = new float[SHIPPED.pitches() * 3];
    probabilities[0] = onset;
    probabilities[1] = frame;
    probabilities[2] = 0.5f;
    return probabilities;
  }
}
