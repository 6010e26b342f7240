package dev.riffle.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Records on existing topics stay readable. */
class HistoryTest {
  private static final StaticSchemaResolver RESOLVER = StaticSchemaResolver.INSTANCE;

  static List<String> history() {
    return StaticSchemaResolver.HISTORY;
  }

  private static Schema schema(String name) {
    return RESOLVER.schema(history().indexOf(name) + 1);
  }

  private static Schema current(String name) {
    return Samples.all().get(name.replaceFirst("v\\d+$", "v1")).getSchema();
  }

  @ParameterizedTest
  @MethodSource("history")
  void theCurrentSchemaReadsRecordsOfOlderOnes(String name) {
    assertThat(
            SchemaCompatibility.checkReaderWriterCompatibility(current(name), schema(name))
                .getType())
        .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
  }

  @Test
  void theLastVersionInHistoryIsTheCurrentSchema() {
    Map<String, Integer> last = new TreeMap<>();
    for (int id = 1; id <= history().size(); id++) {
      last.put(RESOLVER.schema(id).getFullName(), id);
    }
    for (SpecificRecordBase sample : Samples.all().values()) {
      Schema schema = sample.getSchema();
      assertThat(RESOLVER.id(schema))
          .as("copy the changed %s to history/", schema.getName())
          .isEqualTo(last.get(schema.getFullName()));
    }
  }

  @Test
  void idsNeverChange() {
    // Append a line for a new version; never change an existing line.
    String[] ids = {
      "AudioChunk.v1 2bcebdd834cd4338",
      "SequenceEvent.v1 27d206353a9ad71c",
      "NoteEvent.v1 a73750a94224af25",
      "Prediction.v1 a213d937f0be50f9",
      "SessionEvent.v1 cef22e9d55ee39f7",
      "DeadLetter.v1 2ca01c31816ee5b6",
      "NoteEvent.v2 73db2d5df9319644",
      "ReadChunk.v1 bd47b84b0ee02ceb",
      "GeneEvent.v1 2e6a35c76615027e",
      "ReadDecision.v1 16b71e43858a8045",
    };
    assertThat(history()).hasSize(ids.length);
    for (int i = 0; i < ids.length; i++) {
      long print = SchemaNormalization.parsingFingerprint64(RESOLVER.schema(i + 1));
      assertThat(history().get(i) + " " + Long.toHexString(print)).isEqualTo(ids[i]);
    }
  }

  @ParameterizedTest
  @MethodSource("history")
  void recordedBytesAreStillReadable(String name) throws Exception {
    byte[] recorded;
    try (InputStream in = getClass().getResourceAsStream("/capsule/" + name + ".bin")) {
      assertThat(in).as("run CapsuleWriter to record %s", name).isNotNull();
      recorded = in.readAllBytes();
    }
    SpecificRecordBase sample = Samples.all().get(name);
    assertThat(AvroCodec.of(sample.getClass()).decode(recorded)).isEqualTo(sample);
  }

  @ParameterizedTest
  @MethodSource("history")
  void everyFieldHasADoc(String name) {
    checkDocs(schema(name));
  }

  private static void checkDocs(Schema schema) {
    switch (schema.getType()) {
      case RECORD -> {
        assertThat(schema.getDoc()).as(schema.getFullName()).isNotBlank();
        for (Schema.Field field : schema.getFields()) {
          assertThat(field.doc()).as("%s.%s", schema.getFullName(), field.name()).isNotBlank();
          checkDocs(field.schema());
        }
      }
      case ENUM -> assertThat(schema.getDoc()).as(schema.getFullName()).isNotBlank();
      case UNION -> schema.getTypes().forEach(HistoryTest::checkDocs);
      default -> {}
    }
  }

  @ParameterizedTest
  @MethodSource("history")
  void everyRecordNamesItsSequence(String name) {
    assertThat(schema(name).getFields().get(0).name()).isEqualTo("sequence_id");
  }
}
