package dev.riffle.models.weights;

import dev.riffle.models.ModelException;
import dev.riffle.models.ModelInfo;
import dev.riffle.models.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The files of a model, read and checked: {@code <name>/<version>/} with {@code config.json},
 * {@code model.safetensors} (or {@code model.npz}) and {@code provenance.json}. The provenance
 * contains the sha-256 of the other two files. Versions are immutable.
 *
 * @param path the directory
 * @param name name of the model: name of the parent directory
 * @param version version of the model: name of the directory
 * @param family {@code family} of the configuration
 * @param config {@code config.json}
 * @param weights {@code model.safetensors}, or {@code model.npz} if there is none
 * @param provenance {@code provenance.json}
 * @param fingerprint hex sha-256 over the sha-256 of configuration and weights. Models with equal
 *     fingerprints compute the same function.
 */
public record ModelDirectory(
    Path path,
    String name,
    String version,
    String family,
    Settings config,
    Weights weights,
    Settings provenance,
    String fingerprint) {

  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String NUMPY = "model.npz";
  private static final String PROVENANCE = "provenance.json";

  /** Returns {@code name/version}. */
  public String label() {
    return name + "/" + version;
  }

  /** Returns the identity of the model. */
  public ModelInfo info() {
    return new ModelInfo(name, version, family, fingerprint);
  }

  /**
   * Reads a directory.
   *
   * @throws ModelException if the directory or a file is missing or malformed, or a hash does not
   *     match the provenance
   */
  public static ModelDirectory read(Path directory) {
    return read(directory, true);
  }

  /**
   * Reads a directory to check its goldens. The provenance may omit {@code sha256}, because goldens
   * prove more than a hash. A hash that is present must match.
   *
   * @throws ModelException see {@link #read}
   */
  public static ModelDirectory readForGoldens(Path directory) {
    return read(directory, false);
  }

  private static ModelDirectory read(Path directory, boolean hashesNeeded) {
    Path path = directory.toAbsolutePath().normalize();
    if (!Files.isDirectory(path) || path.getNameCount() < 2) {
      throw new ModelException(
          String.format(
              "%s is not a model directory: expected <name>/<version>/ with %s, %s, %s.",
              directory, CONFIG, WEIGHTS, PROVENANCE));
    }
    requireVersion(path);
    byte[] config = bytes(path.resolve(CONFIG));
    boolean numpy = !Files.exists(path.resolve(WEIGHTS)) && Files.exists(path.resolve(NUMPY));
    String file = numpy ? NUMPY : WEIGHTS;
    byte[] weights = bytes(path.resolve(file));
    Settings provenance = settings(path, PROVENANCE, bytes(path.resolve(PROVENANCE)));
    if (hashesNeeded || provenance.has("sha256")) {
      check(path, CONFIG, config, provenance.under("sha256"));
      check(path, file, weights, provenance.under("sha256"));
    }

    Settings settings = settings(path, CONFIG, config);
    Safetensors tensors =
        numpy
            ? Npz.read(path.resolve(file))
            : Safetensors.parse(weights, path.resolve(file).toString());
    return new ModelDirectory(
        path,
        path.getParent().getFileName().toString(),
        path.getFileName().toString(),
        settings.text("family"),
        settings,
        Weights.of(tensors),
        provenance,
        fingerprint(sha256(config), sha256(weights)));
  }

  /** Refuses the directory of a model, which has versions but no configuration. */
  private static void requireVersion(Path path) {
    if (Files.exists(path.resolve(CONFIG))) {
      return;
    }
    List<String> versions;
    try (Stream<Path> files = Files.list(path)) {
      versions =
          files
              .filter(file -> Files.isRegularFile(file.resolve(CONFIG)))
              .map(file -> file.getFileName().toString())
              .sorted()
              .toList();
    } catch (IOException e) {
      throw new ModelException("Cannot list " + path + ": " + e, e);
    }
    if (!versions.isEmpty()) {
      throw new ModelException(
          String.format(
              "%s has no version: expected <name>/<version>/. Its versions are %s; try %s.",
              path, String.join(", ", versions), path.resolve(versions.get(versions.size() - 1))));
    }
  }

  /**
   * Creates a version that is not yet written. It has no provenance and no fingerprint.
   *
   * @throws ModelException if the configuration has no family
   */
  public static ModelDirectory draft(Path directory, Settings config, Safetensors weights) {
    Path path = directory.toAbsolutePath().normalize();
    return new ModelDirectory(
        path,
        path.getParent().getFileName().toString(),
        path.getFileName().toString(),
        config.text("family"),
        config,
        Weights.of(weights),
        Settings.parse("{}", PROVENANCE),
        "");
  }

  /**
   * Writes the three files of a new version, and adds the hashes to the provenance.
   *
   * @param provenance a JSON object without {@code sha256}
   * @throws ModelException if the directory exists, since versions are immutable
   */
  public static void write(
      Path directory, String config, SafetensorsWriter weights, String provenance) {
    write(directory, config, WEIGHTS, weights.toBytes(), provenance);
  }

  /** Writes a new version with these bytes as {@code model.npz}; see {@link #write}. */
  public static void writeNpz(Path directory, String config, byte[] npz, String provenance) {
    write(directory, config, NUMPY, npz, provenance);
  }

  /** Writes to a temporary directory, then renames it: readers see a complete version or none. */
  private static void write(
      Path directory, String config, String file, byte[] weights, String provenance) {
    Path path = directory.toAbsolutePath().normalize();
    byte[] configBytes = config.getBytes(StandardCharsets.UTF_8);
    String hashed =
        Settings.parse(provenance, PROVENANCE)
            .with("sha256", CONFIG, hex(sha256(configBytes)))
            .with("sha256", file, hex(sha256(weights)))
            .toJson();
    Path beside = path.resolveSibling(".part-" + UUID.randomUUID());
    try {
      Files.createDirectories(beside);
      Files.write(beside.resolve(CONFIG), configBytes);
      Files.write(beside.resolve(file), weights);
      Files.writeString(beside.resolve(PROVENANCE), hashed);
      Files.createDirectory(path); // fails if it exists
      Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      discard(beside);
      throw new ModelException(
          String.format(
              "Cannot write a model to %s: %s. Versions are immutable; choose a new one if this one"
                  + " exists.",
              directory, e),
          e);
    }
  }

  private static void discard(Path directory) {
    try {
      for (String file : new String[] {CONFIG, WEIGHTS, NUMPY, PROVENANCE}) {
        Files.deleteIfExists(directory.resolve(file));
      }
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // the error of the write is reported; a leftover temporary directory is never read
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException | OutOfMemoryError e) {
      throw new ModelException("Cannot read " + file + ": " + e, e);
    }
  }

  private static Settings settings(Path directory, String file, byte[] json) {
    return Settings.parse(
        new String(json, StandardCharsets.UTF_8), directory.resolve(file).toString());
  }

  private static void check(Path directory, String file, byte[] content, Settings expected) {
    String found = hex(sha256(content));
    String recorded = expected.text(file);
    if (!recorded.equals(found)) {
      throw new ModelException(
          String.format(
              "%s does not match %s: expected sha-256 %s, found %s. Download the version again. If"
                  + " the change is intended, create a new version.",
              directory.resolve(file), PROVENANCE, recorded, found));
    }
  }

  /** Returns the hex sha-256 of a file. */
  public static String sha256(Path file) {
    return hex(sha256(bytes(file)));
  }

  private static String fingerprint(byte[] config, byte[] weights) {
    MessageDigest digest = digest();
    digest.update(config);
    digest.update(weights);
    return hex(digest.digest());
  }

  private static byte[] sha256(byte[] content) {
    return digest().digest(content);
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
