package dev.riffle.benchmarks.device;

import dev.riffle.benchmarks.window.WindowCase;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Some windows of one model at once. */
record WindowsOnDevice(WindowCase windows) implements DeviceCase {
  private static final Map<String, String> NAMES = Map.of("chordmixer", "ChordMixer", "rse", "RSE");

  /** What the first and the last window of a model are answered does not change with the batch. */
  private static final Map<String, float[]> KNOWN = new TreeMap<>();

  @Override
  public String name() {
    return NAMES.get(windows.family()) + " " + windows.length();
  }

  @Override
  public int batch() {
    return windows.batch();
  }

  @Override
  public String kind() {
    return windows.family();
  }

  @Override
  public Path weights() {
    return windows.weights();
  }

  @Override
  public Path input() {
    return windows.window();
  }

  @Override
  public int length() {
    return windows.length();
  }

  @Override
  public int outputs() {
    return windows.outputs();
  }

  @Override
  public double operations() {
    return windows.operations();
  }

  @Override
  public double bytes() {
    return windows.bytes();
  }

  @Override
  public int runs() {
    return 1;
  }

  /** The first window and the last. */
  @Override
  public Iterable<Part> expected() {
    int size = windows.outputs() / windows.batch();
    return IntStream.of(0, windows.batch() - 1)
        .distinct()
        .mapToObj(
            b ->
                new Part(
                    b * size, KNOWN.computeIfAbsent(name() + " " + b, name -> answer(b, size))))
        .toList();
  }

  private float[] answer(int b, int size) {
    DeviceEngine cpu = new WindowsOnDevice(windows.one(b)).on(Backends.find("cpu"));
    cpu.run(1);
    return cpu.answer(0, size);
  }

  @Override
  public DeviceEngine on(Kernels kernels) {
    return new BackendEngine(
        kernels,
        windows.x(),
        windows.outputs(),
        () -> {
          WindowCase.Model model = windows.model(kernels.forWindows());
          Scratch work = new Scratch(kernels);
          return new BackendEngine.Model() {
            @Override
            public Tensor run(Tensor x) {
              return model.run(x, work);
            }

            @Override
            public void reset() {
              // a window has no state
            }
          };
        });
  }

  /** All cases, each with few windows and with many. */
  static List<String> names(boolean small) {
    return small
        ? List.of("chordmixer:64:1", "chordmixer:64:2", "rse:16:1", "rse:16:2")
        : List.of(
            "chordmixer:8192:1",
            "rse:2048:1",
            "chordmixer:8192:32",
            "rse:2048:32",
            "rse:8192:1",
            "chordmixer:65536:1",
            "rse:8192:32",
            "chordmixer:65536:32");
  }
}
