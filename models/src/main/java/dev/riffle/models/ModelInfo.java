package dev.riffle.models;

/**
 * The identity of a loaded model, and what a stream needs to know about it.
 *
 * @param name directory name of the model, such as {@code lru-transcriber}
 * @param version directory name of the version, such as {@code 1}
 * @param family family in {@code config.json}
 * @param fingerprint hex sha-256 over the sha-256 of configuration and weights. Models with equal
 *     fingerprints compute the same function. A model of windows appends length and stride; two
 *     chained models join their fingerprints.
 * @param lookAheadMicros time between a prediction and the last sample that it needs
 * @param stateBytes size of the state of one key in the preferred format of the model; the maximum
 *     if the size varies
 */
public record ModelInfo(
    String name,
    String version,
    String family,
    String fingerprint,
    long lookAheadMicros,
    int stateBytes) {

  /** A model without look-ahead, whose state has no size yet. */
  public ModelInfo(String name, String version, String family, String fingerprint) {
    this(name, version, family, fingerprint, 0, 0);
  }

  /** Returns the info of the same model with a state of this size. */
  ModelInfo withStateBytes(int bytes) {
    return new ModelInfo(name, version, family, fingerprint, lookAheadMicros, bytes);
  }

  /** Returns {@code name/version}. */
  public String label() {
    return name + "/" + version;
  }

  /** Returns the info of this model chained with a second one. */
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
