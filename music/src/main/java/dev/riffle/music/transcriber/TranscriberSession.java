package dev.riffle.music.transcriber;

import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.models.SessionRunner;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * One sequence of the transcriber: {@link SoundFrames} ahead of the network, {@link Decoder} and,
 * with a second pass, {@link SecondPassSession} after it.
 */
final class TranscriberSession implements SessionRunner.Session<Note> {
  private final Transcriber model;
  private final SoundFrames frames;
  private final Decoder.State notes;
  private final Optional<SecondPassSession> second;
  private final Optional<SecondPass.Work> secondWork; // present if second is

  private List<Prediction<Note>> predictions = List.of();
  private int frameOfRound; // counted from the first frame of the round

  TranscriberSession(Transcriber model, Optional<SecondPass.Work> secondWork) {
    this.model = model;
    this.secondWork = secondWork;
    second = model.secondPass().map(SecondPass::newSession);
    frames = new SoundFrames(model.config(), model.frontEnd());
    notes = new Decoder.State(model.config().pitches());
  }

  SoundFrames frames() {
    return frames;
  }

  Optional<SecondPassSession> second() {
    return second;
  }

  @Override
  public void open(Format format) {
    frames.open(format, model.resampler(format));
    notes.reset();
    second.ifPresent(SecondPassSession::reset);
  }

  @Override
  public int bytes() {
    return frames.bytes() + model.decoderBytes();
  }

  @Override
  public void storeFront(ByteBuffer to) {
    frames.store(to);
  }

  @Override
  public void storeBack(ByteBuffer to) {
    notes.store(to);
    second.ifPresent(s -> s.store(to));
  }

  @Override
  public void loadFront(ByteBuffer from, Format format) {
    frames.load(from, format, model.resampler(format));
  }

  @Override
  public void loadBack(ByteBuffer from, long steps) {
    notes.load(from);
    second.ifPresent(s -> s.load(from));
  }

  @Override
  public void begin(BatchItem<Note> item, boolean last) {
    item.checkFinite(frames.consumed());
    frames.begin(item, last);
    predictions = item.predictions;
  }

  @Override
  public boolean predicted(float[] outputs, int offset, long step) {
    long position = frames.position(step);
    model.decoder().frame(notes, step, outputs, offset, note -> emit(position, note));
    second.ifPresent(
        s ->
            s.decide(
                frameOfRound, step, note -> predictions.add(new Prediction<>(position, note))));
    frameOfRound++;
    return true;
  }

  /** Emits a note of the first pass. */
  private void emit(long position, Note note) {
    predictions.add(new Prediction<>(position, note));
    if (note.kind() == Note.Kind.ON) {
      second.ifPresent(s -> s.emitted(frameOfRound, model.decoder().pitch(note)));
    }
  }

  @Override
  public void endRound() {
    frameOfRound = 0;
    second.ifPresent(SecondPassSession::forget);
  }

  @Override
  public void finish() {
    long position = frames.total();
    model.decoder().flush(notes, frames.frames(), note -> emit(position, note));
    secondWork.ifPresent(
        work ->
            second
                .orElseThrow()
                .finish(
                    frames.frames(),
                    work,
                    note -> predictions.add(new Prediction<>(position, note))));
  }
}
