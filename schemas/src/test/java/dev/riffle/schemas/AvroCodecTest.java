package dev.riffle.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.schemas.record.AudioChunk;
import dev.riffle.schemas.record.SequenceEvent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AvroCodecTest {
  private final AvroCodec<AudioChunk> codec = AvroCodec.of(AudioChunk.class);
  private final byte[] chunk = codec.encode((AudioChunk) Samples.all().get("AudioChunk.v1"));

  static Set<String> records() {
    return Samples.all().keySet();
  }

  @ParameterizedTest
  @MethodSource("records")
  void aDecodedRecordEqualsTheEncodedOne(String name) {
    SpecificRecordBase sample = Samples.all().get(name);
    byte[] bytes = Samples.encode(sample);
    assertThat(AvroCodec.of(sample.getClass()).decode(bytes)).isEqualTo(sample);
  }

  @Test
  void aMessageBeginsWithAZeroByteAndTheSchemaId() {
    assertThat(Arrays.copyOf(chunk, 5)).containsExactly(0, 0, 0, 0, 1);
  }

  @Test
  void oneCodecWritesAndReadsManyRecordsOfManySizes() {
    for (int size : new int[] {0, 100_000, 1, 5_000}) {
      byte[] samples = new byte[size];
      Arrays.fill(samples, (byte) size);
      AudioChunk sent =
          AudioChunk.newBuilder()
              .setSequenceId("a")
              .setPosition(size)
              .setCaptureTime(Instant.EPOCH)
              .setSampleRate(8000)
              .setSamples(ByteBuffer.wrap(samples))
              .build();
      byte[] bytes = codec.encode(sent);
      assertThat(codec.decode(bytes)).isEqualTo(sent);
      assertThat(codec.encode(sent)).isEqualTo(bytes);
    }
  }

  @Test
  void recordsOfAnOlderSchemaAreReadWithDefaults() {
    Schema newer = AudioChunk.getClassSchema();
    // An AudioChunk as it might have been before channels and encoding: id 77.
    Schema older =
        SchemaBuilder.record("AudioChunk")
            .namespace("dev.riffle.schemas.record")
            .fields()
            .requiredString("sequence_id")
            .requiredLong("position")
            .requiredString("forgotten")
            .requiredLong("capture_time")
            .requiredInt("sample_rate")
            .requiredBytes("samples")
            .endRecord();
    AvroCodec<AudioChunk> reader = new AvroCodec<>(AudioChunk.class, new Fixed(77, older, newer));
    byte[] written = {0, 0, 0, 0, 77, 2, 'a', 10, 4, 'x', 'y', 2, (byte) 0x80, 0x7d, 4, 1, 2};
    AudioChunk chunk = reader.decode(written);
    assertThat(chunk.getSequenceId()).isEqualTo("a");
    assertThat(chunk.getPosition()).isEqualTo(5);
    assertThat(chunk.getSampleRate()).isEqualTo(8000);
    assertThat(chunk.getChannels()).isEqualTo(1);
    assertThat(chunk.getEncoding()).isEqualTo("s16le");
    assertThat(chunk.getSamples()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2}));
  }

  @Test
  void anEmptyValueIsRefused() {
    refused(new byte[0], "the value is empty");
    refused(null, "the value is empty");
  }

  @Test
  void aWrongFirstByteIsNamed() {
    byte[] bytes = chunk.clone();
    bytes[0] = '{';
    refused(bytes, "begins with the byte 0x00, but the first byte is 0x7b");
  }

  @Test
  void aHeaderThatIsCutOffIsRefused() {
    refused(Arrays.copyOf(chunk, 4), "ends after 4 bytes");
  }

  @Test
  void anUnknownIdIsNamedWithTheRangeOfIds() {
    byte[] bytes = chunk.clone();
    bytes[1] = 1;
    refused(bytes, "Schema id 16777217 is unknown: this release has ids 1 to");
  }

  @Test
  void aRecordOnTheWrongTopicIsNamed() {
    byte[] note = Samples.encode(Samples.all().get("NoteEvent.v1"));
    refused(note, "schema id 7 is dev.riffle.schemas.record.NoteEvent");
  }

  @Test
  void aRecordCutOffAnywhereIsRefused() {
    for (int length = AvroCodec.HEADER_BYTES; length < chunk.length; length++) {
      refused(Arrays.copyOf(chunk, length), "They were cut off, or written with another schema");
    }
    assertThat(codec.decode(chunk)).isEqualTo(Samples.all().get("AudioChunk.v1"));
  }

  @Test
  void bytesAfterTheRecordAreRefusedAndCounted() {
    refused(Arrays.copyOf(chunk, chunk.length + 3), "3 bytes follow it");
  }

  @Test
  void anInvalidLengthAllocatesNoMemory() {
    byte[] bytes = Arrays.copyOf(chunk, 15);
    Arrays.fill(bytes, 5, 9, (byte) 0xff);
    bytes[9] = 0x0f; // a sequence id of 2 GiB
    refused(bytes, "cannot be read");
  }

  @Test
  void anInvalidCountAllocatesNoMemory() {
    byte[] bytes = {0, 0, 0, 0, 2, 2, 'a', 0, 0, 0, 0, 2, 'k', (byte) 0xfe, -1, -1, -1, 0x0f, 2, 2};
    AvroCodec<SequenceEvent> events = AvroCodec.of(SequenceEvent.class);
    assertThatThrownBy(() -> events.decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("cannot be read");
  }

  @Test
  void aNullFieldIsNamedAndTheCodecStaysUsable() {
    AudioChunk good = (AudioChunk) Samples.all().get("AudioChunk.v1");
    AudioChunk bad = AudioChunk.newBuilder(good).build();
    bad.setEncoding(null);
    assertThatThrownBy(() -> codec.encode(bad))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("encoding");
    assertThat(codec.encode(good)).isEqualTo(chunk);
  }

  @Test
  void theStaticResolverIsSerializable() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(StaticSchemaResolver.INSTANCE);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isSameAs(StaticSchemaResolver.INSTANCE);
    }
  }

  private void refused(byte[] bytes, String why) {
    assertThatThrownBy(() -> codec.decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("AudioChunk")
        .hasMessageContaining(why);
  }

  /** Knows one schema under one id, and the current one under another. */
  private record Fixed(int id, Schema old, Schema current) implements SchemaResolver {
    @Override
    public Schema schema(int asked) {
      return List.of(old, current).get(asked == id ? 0 : 1);
    }

    @Override
    public int id(Schema schema) {
      return id + 1;
    }
  }
}
