package dev.riffle.cli.fuzz;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ElementType;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Npz;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import dev.riffle.music.transcriber.TranscriberFamily;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The readers of weights and of {@code config.json}. */
final class ModelReaders {
  private static final Path DEMO = Path.of("..", "demo");
  private static final List<byte[]> JSON =
      FuzzedReader.tokens(
          "{", "}", "[", "]", ":", ",", "\"", "\\u0000", "\\ud800", "null", "true", "false", "-",
          "1e9", "\"a\":", "{\"a\":", "/*", "\377");

  private ModelReaders() {}

  /**
   * All of them.
   *
   * @param folder receives the files that are read
   */
  static List<FuzzedReader> all(Path folder) throws IOException {
    return List.of(
        safetensors(),
        npz(folder),
        config(
            "config",
            "jobs/models/lru/1",
            "jobs/models/qrnn/1",
            "jobs/models/chordmixer/1",
            "jobs/models/rse/1",
            "jobs/models/routing-transformer/1"),
        config(
            "config-of-topics",
            "models/lru-transcriber/1.1",
            "models/dna-annotator/1",
            "models/read-until/1",
            "models/rse-second-pass/1",
            "models/read-classifier/1"));
  }

  // ---- weights ----

  private static SafetensorsWriter weights() {
    return new SafetensorsWriter()
        .metadata("case", "{}")
        .add("params/layers_0/kernel", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
        .add("half", ElementType.F16, new double[] {1.5, -2}, 2)
        .add("brain", ElementType.BF16, new double[] {1.5, -2}, 2, 1)
        .add("none", new float[0], 0, 4)
        .add("one", new double[] {-1e-300})
        .add("count", new long[] {Long.MIN_VALUE}, 1);
  }

  /** The content is the header, whose length is written before it. */
  private static FuzzedReader safetensors() {
    byte[] file = weights().toBytes();
    int length = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
    byte[] header = java.util.Arrays.copyOfRange(file, 8, 8 + length);
    byte[] data = java.util.Arrays.copyOfRange(file, 8 + length, file.length);
    List<byte[]> tokens = new ArrayList<>(JSON);
    tokens.addAll(FuzzedReader.tokens("\"shape\":[", "\"data_offsets\":[0,", "\"F32\"", "\"U64\""));
    return new FuzzedReader(
        "safetensors",
        List.of(header, FuzzedReader.text(" {}"), FuzzedReader.text("{\"__metadata__\":{}}")),
        tokens,
        (content, random) -> {
          ByteBuffer out = ByteBuffer.allocate(8 + content.length + data.length);
          out.order(ByteOrder.LITTLE_ENDIAN).putLong(content.length).put(content).put(data);
          return out.array();
        },
        bytes -> readAll(Safetensors.parse(bytes, "fuzzed.safetensors")),
        List.of(ModelException.class));
  }

  /** The content is an array, which is stored in an archive with another one. */
  private static FuzzedReader npz(Path folder) throws IOException {
    Path file = Files.createDirectories(folder).resolve("current-npz");
    return new FuzzedReader(
        "npz",
        List.of(
            npy(1, "<f4", "False", "(2, 3)", 24),
            npy(1, ">f8", "True", "(2, 1)", 16),
            npy(2, "|u1", "False", "(3,)", 3),
            npy(3, "<i8", "False", "()", 8),
            npy(1, "|b1", "True", "(0, 4)", 0)),
        FuzzedReader.tokens(
            "'descr': ",
            "'fortran_order': ",
            "'shape': ",
            "True",
            "(",
            ")",
            ",",
            "'<f4'",
            "'|O'",
            "[('a', '<f4')]",
            "L",
            "{",
            "}",
            "\223NUMPY\1\0",
            "PK\1\2",
            "PK\3\4",
            "PK\5\6",
            ".npy"),
        ModelReaders::zip,
        bytes -> {
          Files.write(file, bytes);
          return readAll(Npz.read(file));
        },
        List.of(ModelException.class));
  }

  private static byte[] npy(int version, String type, String fortran, String shape, int bytes) {
    String header =
        String.format(
            "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", type, fortran, shape);
    ByteBuffer out = ByteBuffer.allocate(8 + 4 + header.length() + bytes);
    out.order(ByteOrder.LITTLE_ENDIAN).put("\223NUMPY".getBytes(StandardCharsets.ISO_8859_1));
    out.put((byte) version).put((byte) 0);
    if (version == 1) {
      out.putShort((short) header.length());
    } else {
      out.putInt(header.length());
    }
    out.put(header.getBytes(StandardCharsets.ISO_8859_1));
    return java.util.Arrays.copyOf(out.array(), out.position() + bytes);
  }

  private static byte[] zip(byte[] array, SplittableRandom random) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry(random.nextInt(16) == 0 ? "b.npy" : "a/w.npy"));
      zip.write(array);
      if (random.nextInt(8) > 0) {
        zip.putNextEntry(new ZipEntry("c.npy"));
        zip.write(npy(1, "<f4", "False", "(1,)", 4));
      }
    }
    return out.toByteArray();
  }

  private static boolean readAll(Safetensors file) {
    Weights weights = Weights.of(file);
    for (String name : file.names()) {
      weights.requireLog(name, file.shape(name));
      file.floats(name);
      file.bytes(name);
      if (!file.type(name).isReal()) {
        file.longs(name);
      }
    }
    weights.count();
    return true;
  }

  // ---- config.json ----

  /** The settings of models with their own weights; each input is loaded with those it fits. */
  private static FuzzedReader config(String name, String... directories) throws IOException {
    Kernels kernels = Backends.find("reference");
    Map<String, ModelDirectory> models = new HashMap<>();
    List<byte[]> seeds = new ArrayList<>();
    List<byte[]> tokens = new ArrayList<>(JSON);
    for (String directory : directories) {
      Path path = DEMO.resolve(directory);
      ModelDirectory model = ModelDirectory.read(path);
      models.put(family(model.config()), model);
      seeds.add(Files.readAllBytes(path.resolve("config.json")));
    }
    return FuzzedReader.of(
        name,
        seeds,
        tokens,
        bytes -> {
          Settings settings =
              Settings.parse(new String(bytes, StandardCharsets.UTF_8), "config.json");
          ModelDirectory model = models.get(family(settings));
          if (model == null) {
            Families.find(settings.text("family"), "The model");
            return true;
          }
          load(
              new ModelDirectory(
                  model.path(),
                  model.name(),
                  model.version(),
                  settings.text("family"),
                  settings,
                  model.weights(),
                  model.provenance(),
                  model.fingerprint()),
              Optional.ofNullable(models.get("lru-transcriber")),
              kernels);
          return true;
        },
        ModelException.class);
  }

  /** Loads a model as {@code model inspect} and a job do. */
  private static void load(
      ModelDirectory model, Optional<ModelDirectory> transcriber, Kernels kernels) {
    Families.find(model.family(), "The model").form(model.config());
    Families.describe(model, kernels, 0);
    if (model.family().equals("rse-second-pass")) {
      TranscriberFamily.load(transcriber.orElseThrow(), model, kernels);
    }
  }

  private static String family(Settings settings) {
    return settings.text("family");
  }
}
