package dev.riffle.jobs.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.jobs.registry.RegisteredSchemas.Lookup;
import java.util.Map;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegisteredSchemasTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final StubRegistry registry = new StubRegistry();
  private final RegisteredSchemas schemas =
      new RegisteredSchemas(new RegistryClient(registry.access(), new FakeClock().retries()));

  @AfterEach
  void close() {
    registry.close();
  }

  private Lookup.Refused refused(int id) throws RegistryException {
    return (Lookup.Refused) schemas.find(id);
  }

  /** A record with one field of a type, which refers to other schemas. */
  private static ObjectNode record(String name, String type, String... subjects) {
    ObjectNode answer = MAPPER.createObjectNode();
    answer.put(
        "schema",
        "{\"type\":\"record\",\"namespace\":\"n\",\"name\":\""
            + name
            + "\",\"fields\":[{\"name\":\"f\",\"type\":"
            + type
            + "}]}");
    for (String subject : subjects) {
      answer
          .withArray("references")
          .addObject()
          .put("name", subject)
          .put("subject", subject)
          .put("version", 3);
    }
    return answer;
  }

  @Test
  void aSchemaIsFoundByItsId() throws RegistryException {
    registry.register(0, "\"int\"");
    registry.register(Integer.MAX_VALUE, record("R", "\"long\"").path("schema").asText());
    registry.answer("/schemas/ids/5", record("S", "\"long\"").put("schemaType", "AVRO"));
    assertThat(schemas.find(0)).isEqualTo(new Lookup.Found(Schema.create(Schema.Type.INT)));
    assertThat(((Lookup.Found) schemas.find(Integer.MAX_VALUE)).schema().getFullName())
        .isEqualTo("n.R");
    assertThat(((Lookup.Found) schemas.find(5)).schema().getFullName()).isEqualTo("n.S");
  }

  @Test
  void referencesAreReadOnceEach() throws RegistryException {
    registry.answer("/schemas/ids/1", record("A", "[\"n.B\",\"n.C\"]", "b", "c/ä d"));
    registry.answer("/subjects/b/versions/3", record("B", "\"n.C\"", "c/ä d"));
    registry.answer("/subjects/c%2F%C3%A4%20d/versions/3", record("C", "\"int\""));
    Lookup.Found found = (Lookup.Found) schemas.find(1);
    assertThat(found.schema().getField("f").schema().getTypes())
        .extracting(Schema::getFullName)
        .containsExactly("n.B", "n.C");
    assertThat(registry.requests())
        .containsExactly(
            "/schemas/ids/1", "/subjects/b/versions/3", "/subjects/c%2F%C3%A4%20d/versions/3");
  }

  @Test
  void aReferenceThatIsMissingMayComeLater() throws RegistryException {
    registry.answer("/schemas/ids/1", record("A", "\"n.B\"", "b"));
    assertThat(refused(1).reason())
        .contains("Schema id 1 refers to version 3 of the subject b, which is not in the registry");
    assertThat(refused(1).isLasting()).isFalse();
  }

  @Test
  void referencesWithoutEndAreRefused() throws RegistryException {
    for (int i = 0; i < 200; i++) {
      registry.answer(
          "/subjects/s" + i + "/versions/3",
          record("R" + i, "\"n.R" + (i + 1) + "\"", "s" + (i + 1)));
    }
    registry.answer("/schemas/ids/1", record("A", "\"n.R0\"", "s0"));
    assertThat(refused(1).reason()).contains("refers to more than 100 other schemas");
    assertThat(registry.requests()).hasSize(101);
    registry.answer("/schemas/ids/2", record("X", "\"n.X\"", "x")); // another X than that of x
    registry.answer("/subjects/x/versions/3", record("X", "\"int\"", "x"));
    assertThat(refused(2).reason()).contains("Can't redefine: n.X");
    assertThat(refused(2).isLasting()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROTOBUF", "JSON", "\u001b[31m"})
  void aSchemaOfAnotherKindIsRefused(String type) throws RegistryException {
    registry.answer("/schemas/ids/1", record("A", "\"int\"").put("schemaType", type));
    assertThat(refused(1).reason())
        .contains("Schema id 1 of the registry " + registry.url() + " is of type ")
        .contains(type.replace("\u001b", "\\u001b"))
        .contains("but the job reads Avro");
    assertThat(refused(1).isLasting()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "", "{\"type\":\"record\"}", "syntax = \"proto3\";"})
  void aSchemaThatAvroRejectsIsRefused(String schema) throws RegistryException {
    registry.register(1, schema);
    assertThat(refused(1).reason()).contains("cannot be used. Avro reports: ");
    assertThat(refused(1).isLasting()).isTrue();
  }

  @Test
  void aTypeThatNoSchemaDefinesIsReported() throws RegistryException {
    registry.register(1, "\"no.such.Type\"");
    registry.answer("/schemas/ids/2", record("A", "\"n.B\""));
    registry.answer("/schemas/ids/3", record("A", "{\"type\":\"array\",\"items\":\"C\"}"));
    assertThat(refused(1).reason()).contains(" It names a type that neither it nor a schema");
    assertThat(refused(2).reason()).contains("Undefined schema: n.B");
    assertThat(refused(3).reason()).contains("Undefined schema: n.C");
  }

  @Test
  void aDeepSchemaIsRefused() throws RegistryException {
    registry.register(1, "{\"type\":\"array\",\"items\":".repeat(100_000));
    assertThat(refused(1).reason()).hasSizeLessThan(500).contains("Avro reports: ");
  }

  @Test
  void anIdThatTheRegistryLacksIsRefusedForNow() throws RegistryException {
    assertThat(refused(8))
        .isEqualTo(
            new Lookup.Refused(
                "Schema id 8 is not in the registry "
                    + registry.url()
                    + ". Name the registry with which the producer writes as source.registry, or"
                    + " correct the producer.",
                false));
    for (String body : new String[] {"", "<html>", "{\"error_code\":404}", "[]"}) {
      registry.answer("/schemas/ids/8", new StubRegistry.Answer(404, body, Map.of()));
      assertThat(refused(8).reason())
          .startsWith("Schema id 8 is not in the registry " + registry.url())
          .contains("Check the path in source.registry");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, -42, Integer.MIN_VALUE})
  void aNegativeIdIsNotAskedFor(int id) throws RegistryException {
    assertThat(refused(id).reason())
        .startsWith("Schema id " + id + " cannot be in a schema registry");
    assertThat(registry.requests()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "{\"schema\": {\"type\": \"int\"}}", "{\"schema\": null}"})
  void anAnswerWithoutASchemaIsNoAnswerOfARegistry(String body) {
    registry.answer("/schemas/ids/1", new StubRegistry.Answer(200, body, Map.of()));
    assertThatThrownBy(() -> schemas.find(1))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("answered GET /schemas/ids/1 with JSON without a schema");
  }
}
