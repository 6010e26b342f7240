package dev.riffle.kernels.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What this machine has for the backend {@code cuda}, and what it lacks: for people. */
public final class CudaReport {
  private final Machine machine;

  private CudaReport(Machine machine) {
    this.machine = machine;
  }

  /** Looks at this machine; nothing is computed, and nothing is taken of a card's memory. */
  public static CudaReport ofThisMachine() {
    return new CudaReport(Machine.look());
  }

  /** Why the backend cannot work here and what to do about it; empty where it can. */
  public Optional<String> problem() {
    return machine.problem();
  }

  /** One line for each card, for the driver and for each library, its kind before it. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < machine.cards().size(); i++) {
      Machine.Card card = machine.cards().get(i);
      lines.add(
          String.format(
              Locale.ROOT,
              "card %d    %s, compute capability %s, %.1f GiB",
              i,
              card.name(),
              card.capability(),
              card.memory() / (double) (1 << 30)));
    }
    if (machine.driver() > 0) {
      lines.add("driver    knows CUDA " + Machine.version(machine.driver()));
      lines.add("compiler  NVRTC " + Machine.version(machine.compiler()));
    }
    for (Libraries.Found found : machine.libraries()) {
      lines.add(
          found
              .path()
              .map(path -> "library   " + found.library().file() + " at " + path)
              .orElse("missing   " + found.library().file() + ". " + found.library().cure()));
    }
    return lines;
  }
}
