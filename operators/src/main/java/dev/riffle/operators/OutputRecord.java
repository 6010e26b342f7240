package dev.riffle.operators;

/** A record for an output topic. Its key and value are encoded already. */
public final class OutputRecord {
  /** Sequence id, used as the Kafka key; null if unknown. */
  public String key;

  /** Encoded value. */
  public byte[] value;

  /** Record timestamp, milliseconds since the epoch; derived from capture time. */
  public long timestampMillis;

  /** Names and values of headers, alternating; empty for none. */
  public String[] headers = {};

  public OutputRecord() {}

  public OutputRecord(String key, byte[] value, long timestampMillis, String... headers) {
    this.key = key;
    this.value = value;
    this.timestampMillis = timestampMillis;
    this.headers = headers;
  }
}
