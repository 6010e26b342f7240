package dev.riffle.music.transcriber;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.ModelException;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.rse.RseFamily;
import dev.riffle.models.rse.RseMusic;
import dev.riffle.models.weights.ModelDirectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Judges every peak of the onset probability, small ones too, once the frames after it have arrived
 * (docs/second-pass.md):
 *
 * <pre>
 *   candidate       o_(t,p) >= least and the largest within `apart` frames
 *   log odds of q = trust * log odds of o_(t,p) + log odds of the network's output for its window
 *   o'            = q at a candidate with q >= threshold, its neighbours in proportion, else 0
 *   notes         = the decoder of the first pass on o', delayed by the frames of the window
 * </pre>
 *
 * <p>Immutable. A sequence has a {@link SecondPassSession}, a thread a {@link Work}.
 */
final class SecondPass {
  private static final int SHORTEST_MEMORY = 4;

  /** Windows that are computed together: limits the work memory. */
  private static final int MAX_WINDOWS = 32;

  private final String label;
  private final Kernels kernels;
  private final RseMusic network;
  private final CandidateWindow window;
  private final FirstPass first;
  private final VerdictRules rules;
  private final double threshold;
  private final Decoder decoder;
  private final FrameLayout layout;
  private final int memory; // rows from one round to the next

  /**
   * @throws ModelException if the directory is no second pass, or its settings do not fit
   */
  SecondPass(ModelDirectory directory, Kernels kernels) {
    if (!directory.family().equals(SecondPassFamily.NAME)) {
      throw new ModelException(
          String.format(
              "Model %s belongs to the family '%s', but a second pass belongs to the family '%s'.",
              directory.label(), directory.family(), SecondPassFamily.NAME));
    }
    this.label = directory.label();
    this.kernels = kernels;
    Settings s = directory.config();
    network = RseFamily.music(directory, kernels);
    window = CandidateWindow.of(s.under("layout"));
    first = FirstPass.of(s.under("first_pass"));
    rules = VerdictRules.of(s.under("verdict"));
    Decoder.Settings settings = TranscriberConfig.decoder(s.under("decoder"));
    check(s, settings);
    threshold = settings.onset();
    decoder = new Decoder(settings, first.pitches(), first.firstPitch(), first.secondsPerFrame());
    layout = new FrameLayout(first.bins(), first.pitches());
    memory = Math.max(window.before(), SHORTEST_MEMORY) + window.after();
  }

  private void check(Settings s, Decoder.Settings settings) {
    if (window.length() != network.window()) {
      throw s.expected("the " + window.length() + " values of the layout", "window");
    }
    Settings verdict = s.under("verdict");
    if (rules.output() < 0 || rules.output() >= network.outputs()) {
      throw verdict.expected("one of the " + network.outputs() + " outputs, from 0 on", "answer");
    }
    if (rules.least() <= 0) {
      throw verdict.expected("above 0", "least");
    }
    if (rules.apart() < 2 || rules.apart() > SecondPassSession.MAX_SHIFT + 1) {
      throw verdict.expected("2 or 3", "apart");
    }
    if (window.after() < rules.apart() - 1) {
      throw s.under("layout")
          .expected("a list that reaches " + (rules.apart() - 1) + " or more", "short_frames");
    }
    if (settings.late() <= 1) {
      throw s.under("decoder").expected("above 1, as every note begins with a peak,", "late");
    }
  }

  /**
   * Checks that the second pass can follow a transcriber.
   *
   * @throws ModelException if it was trained for another transcriber
   */
  void checkFollows(String transcriber, TranscriberConfig config) {
    FirstPass given = FirstPass.of(config);
    if (!given.equals(first)) {
      throw new ModelException(
          String.format(
              "The second pass %s expects a transcriber of %s, but %s has %s. Use the transcriber"
                  + " that the second pass was trained with.",
              label, first, transcriber, given));
    }
    if (config.decoder().late() <= 1) {
      throw new ModelException(
          String.format(
              "The second pass %s needs notes that begin with a peak, but %s also predicts late ones:"
                  + " its setting decoder.late must be above 1.",
              label, transcriber));
    }
  }

  CandidateWindow window() {
    return window;
  }

  Decoder decoder() {
    return decoder;
  }

  FrameLayout layout() {
    return layout;
  }

  /** Session of a sequence before its first frame. */
  SecondPassSession newSession() {
    return new SecondPassSession(this, new FrameHistory(layout, memory, window.outside()));
  }

  /** Bytes of {@link SecondPassSession#store}. */
  int stateBytes() {
    return FrameHistory.bytes(layout, memory)
        + first.pitches() * (Decoder.State.BYTES_PER_PITCH + 1);
  }

  Work newWork() {
    return new Work();
  }

  private record Candidate(FrameHistory history, int row, int pitch) {}

  /**
   * The verdict on a candidate, for goldens.
   *
   * @param frame counted from the first frame of the round
   * @param pitch from 0
   * @param window input of the network
   * @param probability that the candidate is a note
   */
  record Verdict(int frame, int pitch, float[] window, double probability) {
    Verdict from(int first) {
      return new Verdict(first + frame, pitch, window, probability);
    }
  }

  /** Work memory of one thread. */
  final class Work {
    private final Scratch scratch = new Scratch(kernels);
    private final List<Candidate> candidates = new ArrayList<>();
    private final float[] windows = new float[MAX_WINDOWS * network.window()];
    private final float[] outputs = new float[MAX_WINDOWS * network.outputs()];
    private Optional<Consumer<Verdict>> observer = Optional.empty();

    /** Passes all later verdicts to an observer. */
    void observe(Consumer<Verdict> by) {
      observer = Optional.of(by);
    }

    /** Judges the candidates whose windows the new frames of these sequences have completed. */
    void judge(List<SecondPassSession> sessions) {
      for (SecondPassSession session : sessions) {
        FrameHistory history = session.history();
        for (int row = memory - window.after(); row < history.rows() - window.after(); row++) {
          for (int p = 0; p < layout.pitches(); p++) {
            if (rules.isCandidate(history, row, p)) {
              candidates.add(new Candidate(history, row, p));
            }
          }
        }
      }
      for (int from = 0; from < candidates.size(); from += MAX_WINDOWS) {
        judgeTogether(candidates.subList(from, Math.min(from + MAX_WINDOWS, candidates.size())));
      }
      candidates.clear();
    }

    private void judgeTogether(List<Candidate> some) {
      int count = some.size();
      int size = network.window();
      for (int i = 0; i < count; i++) {
        Candidate c = some.get(i);
        window.fill(c.history, c.row, c.pitch, windows, i * size);
      }
      Tensor x = scratch.tensor("second.windows", MAX_WINDOWS * size);
      Tensor y = scratch.tensor("second.outputs", MAX_WINDOWS * network.outputs());
      kernels.write(windows, 0, x, 0, count * size);
      network.forward(x, count, y, scratch);
      kernels.read(y, 0, outputs, 0, count * network.outputs());
      for (int i = 0; i < count; i++) {
        Candidate c = some.get(i);
        float probability =
            rules.verdict(
                c.history.onset(c.row, c.pitch), outputs[i * network.outputs() + rules.output()]);
        if (observer.isPresent()) {
          float[] input = Arrays.copyOfRange(windows, i * size, (i + 1) * size);
          observer.get().accept(new Verdict(c.row - memory, c.pitch, input, probability));
        }
        if (probability >= threshold) {
          revise(c, probability);
        }
      }
    }

    /** Accepts a candidate: the peak keeps its shape, so that the time of the note stays. */
    private void revise(Candidate c, float probability) {
      double onset = c.history.onset(c.row, c.pitch);
      for (int d = -1; d <= 1; d++) {
        double scaled = probability * (c.history.onset(c.row + d, c.pitch) / onset);
        double revised = d == 0 ? probability : Math.min(probability, scaled);
        c.history.reviseOnset(c.row + d, c.pitch, (float) revised);
      }
    }
  }
}
