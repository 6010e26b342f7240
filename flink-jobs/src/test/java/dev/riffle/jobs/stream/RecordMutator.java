package dev.riffle.jobs.stream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** Damages records at random: bytes of the value, the key, the timestamp. The same seed repeats. */
public final class RecordMutator {
  private static final byte[] EDGES = {0, 1, 2, 0x7f, (byte) 0x80, (byte) 0xfe, (byte) 0xff, '"'};
  private static final List<String> PIECES =
      List.of(
          "-1",
          "1e400",
          "1e308",
          "9223372036854775807",
          "-9223372036854775808",
          "123456789012345678901234567890",
          "\"\\ud800\"",
          "\"\\u001b[2J\\n\"",
          "NaN",
          "null",
          "true",
          "[[]]",
          "{}",
          "[".repeat(2000),
          "\u0001\u00ff");

  private final Random random;

  public RecordMutator(long seed) {
    this.random = new Random(seed);
  }

  /** A record like this one, damaged; one of three stays as it is. */
  public ConsumerRecord<byte[], byte[]> mutate(
      byte[] key, byte[] value, long timestamp, long offset) {
    byte[] damagedValue = random.nextInt(3) == 0 ? value : damage(value);
    byte[] damagedKey =
        switch (random.nextInt(40)) {
          case 0 -> null;
          case 1 -> new byte[0];
          case 2 -> bytes(1 + random.nextInt(40));
          case 3 -> damage(key);
          case 4 -> bytes(2000);
          default -> key;
        };
    long damagedTime =
        switch (random.nextInt(40)) {
          case 0 -> -1;
          case 1 -> Long.MAX_VALUE;
          case 2 -> random.nextLong() >>> 1;
          default -> timestamp;
        };
    if (random.nextInt(200) == 0) {
      damagedValue = random.nextBoolean() ? null : new byte[0];
    }
    return new ConsumerRecord<>(
        "topic",
        0,
        offset,
        damagedTime,
        TimestampType.CREATE_TIME,
        0,
        0,
        damagedKey,
        damagedValue,
        new RecordHeaders(),
        Optional.empty());
  }

  private byte[] damage(byte[] value) {
    byte[] damaged = value.clone();
    for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
      damaged = edit(damaged);
    }
    return damaged;
  }

  private byte[] edit(byte[] value) {
    int at = random.nextInt(value.length + 1);
    int length = Math.min(value.length - at, 1 + random.nextInt(8));
    if (at == value.length || random.nextInt(8) == 0) {
      return replace(value, at, 0, piece());
    }
    return switch (random.nextInt(6)) {
      case 0 -> set(value, at, (byte) (value[at] ^ 1 << random.nextInt(8)));
      case 1 -> set(value, at, EDGES[random.nextInt(EDGES.length)]);
      case 2 -> replace(value, at, length, new byte[0]);
      case 3 -> Arrays.copyOf(value, at);
      case 4 -> replace(value, at, length, varint());
      default -> replace(value, at, 0, Arrays.copyOfRange(value, at, at + length));
    };
  }

  private static byte[] set(byte[] value, int at, byte with) {
    value[at] = with;
    return value;
  }

  private byte[] piece() {
    return PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.UTF_8);
  }

  /** A number as Avro writes it: extreme, or of any size. */
  private byte[] varint() {
    long number =
        switch (random.nextInt(4)) {
          case 0 -> -1; // the least long
          case 1 -> -2; // the largest long
          case 2 -> 2L * Integer.MAX_VALUE;
          default -> random.nextLong() >>> random.nextInt(64);
        };
    byte[] bytes = new byte[10];
    int count = 0;
    while ((number & ~0x7fL) != 0) {
      bytes[count++] = (byte) (number & 0x7f | 0x80);
      number >>>= 7;
    }
    bytes[count++] = (byte) number;
    return Arrays.copyOf(bytes, count);
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] replace(byte[] value, int at, int length, byte[] with) {
    byte[] replaced = Arrays.copyOf(value, value.length - length + with.length);
    System.arraycopy(with, 0, replaced, at, with.length);
    System.arraycopy(value, at + length, replaced, at + with.length, value.length - at - length);
    return replaced;
  }
}
