package dev.riffle.models;

/**
 * What one has to know of a loaded model.
 *
 * @param name directory name of the model, such as {@code lru-transcriber}
 * @param version directory name of the version, such as {@code 1}
 * @param family family named in {@code config.json}
 * @param fingerprint hex sha-256 over the sha-256 of configuration and weights: equal fingerprints
 *     compute the same function; of a model of windows their length and stride follow; of two
 *     models one after the other both are there
 * @param lookAheadMicros how far an answer lies behind the last sample it needs
 * @param stateBytes bytes that one key's state takes, for the format the model likes best; the most
 *     that it takes where a state holds the steps of a window
 */
public record ModelInfo(
    String name,
    String version,
    String family,
    String fingerprint,
    long lookAheadMicros,
    int stateBytes) {

  /** {@code name/version}. */
  public String label() {
    return name + "/" + version;
  }

  /** Of this model followed by a second one: version and fingerprint have both. */
  public ModelInfo followedBy(String secondLabel, String secondFingerprint) {
    return new ModelInfo(
        name,
        version + "+" + secondLabel,
        family,
        fingerprint + "+" + secondFingerprint,
        lookAheadMicros,
        stateBytes);
  }
}
