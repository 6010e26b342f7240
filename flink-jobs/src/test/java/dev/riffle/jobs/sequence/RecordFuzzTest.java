package dev.riffle.jobs.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.jobs.stream.EventInput;
import dev.riffle.jobs.stream.InputRecord;
import dev.riffle.jobs.stream.InputRecordSerializer;
import dev.riffle.jobs.stream.RecordMutator;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.StrictUtf8;
import dev.riffle.schemas.record.DeadLetter;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Damaged records of every format: each becomes steps that a job can use, or a dead letter. */
class RecordFuzzTest {
  private static final int MUTANTS =
      Integer.getInteger(
          "fuzz.records", 20_000 * Math.max(1, Integer.getInteger("fuzz.minutes", 1)));
  private static final long SEED = Long.getLong("fuzz.seed", 20_261_130);
  private static final long LAST_MICROS = 7_289_654_400_000_000L; // 2201-01-01

  private final TypeSerializer<InputRecord> serializer = new InputRecordSerializer();
  private final AvroCodec<DeadLetter> letters = AvroCodec.of(DeadLetter.class);

  @ParameterizedTest
  @EnumSource(FuzzedFormat.class)
  void aDamagedRecordIsUsableOrADeadLetter(FuzzedFormat format) throws Exception {
    EventInput input = format.input();
    RecordMutator mutator = new RecordMutator(SEED);
    int used = 0;
    for (int i = 0; i < MUTANTS; i++) {
      String key = "key-" + i % 7;
      byte[] good = format.record(key, i % 100);
      ConsumerRecord<byte[], byte[]> record =
          mutator.mutate(key.getBytes(StandardCharsets.UTF_8), good, FuzzedFormat.START, i);
      InputRecord decoded = input.read(record);
      if (decoded.event != null) {
        used++;
        checkUsable(decoded.event);
        InputRecord copy = copy(decoded);
        assertThat(copy.event.sequenceId).isEqualTo(decoded.event.sequenceId);
        assertThat(copy.event.values).isEqualTo(decoded.event.values);
      } else {
        DeadLetter letter = letters.decode(copy(decoded).deadLetter.value);
        assertThat(letter.getSourceOffset()).isEqualTo(i);
        assertThat(letter.getError()).isNotBlank().hasSizeLessThan(5000);
        assertThat(letter.getError().chars().noneMatch(Character::isISOControl)).isTrue();
        assertThat(letter.getPayloadBytes())
            .isEqualTo(record.value() == null ? 0 : record.value().length);
      }
    }
    System.out.printf("%s: %d of %d damaged records are usable%n", format, used, MUTANTS);
    assertThat(used).isBetween(MUTANTS / 20, MUTANTS - MUTANTS / 20);
  }

  private static void checkUsable(StepEvent event) {
    assertThat(StrictUtf8.encode(event.sequenceId)).isPresent();
    assertThat(event.captureMicros).isBetween(0L, LAST_MICROS - 1);
    assertThat(event.format.width()).isPositive();
    assertThat(event.values.length % event.format.width()).isZero();
    assertThat(event.position == StepEvent.NEXT || event.position >= 0).isTrue();
    for (float value : event.values) {
      assertThat(Float.isFinite(value)).isTrue();
    }
  }

  private InputRecord copy(InputRecord record) throws Exception {
    DataOutputSerializer out = new DataOutputSerializer(256);
    serializer.serialize(record, out);
    return serializer.deserialize(new DataInputDeserializer(out.getCopyOfBuffer()));
  }
}
