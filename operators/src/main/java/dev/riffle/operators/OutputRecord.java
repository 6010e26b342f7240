package dev.riffle.operators;

/** A record ready for a topic: its bytes are final, whatever serializes or partitions it later. */
public final class OutputRecord {
  /** Sequence id; the Kafka key. Null if unknown. */
  public String key;

  /** Encoded value. */
  public byte[] value;

  /** Record timestamp, milliseconds since the epoch; derived from capture time. */
  public long timestampMillis;

  /** Header names and values in turn; empty for none. */
  public String[] headers = {};

  public OutputRecord() {}

  public OutputRecord(String key, byte[] value, long timestampMillis, String... headers) {
    this.key = key;
    this.value = value;
    this.timestampMillis = timestampMillis;
    this.headers = headers;
  }
}
