package dev.riffle.jobs.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.apache.avro.Schema;

/** Finds the Avro schemas of a registry by their ids. Nothing is cached. */
public final class RegisteredSchemas {
  private static final int MAX_REFERENCES = 100;
  private static final int REGISTRY_ERRORS = 40_400; // to 40,499: error codes for what is missing

  private final RegistryClient client;

  public RegisteredSchemas(RegistryClient client) {
    this.client = client;
  }

  /** What the registry has for an id. */
  public sealed interface Lookup {
    /** An Avro schema. */
    record Found(Schema schema) implements Lookup {}

    /**
     * No usable schema.
     *
     * @param reason as a sentence, with what to do
     * @param isLasting false if the registry may have one later
     */
    record Refused(String reason, boolean isLasting) implements Lookup {}
  }

  /** Ends a lookup. */
  private static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;
    private final boolean isLasting;

    RefusedException(String reason, boolean isLasting) {
      super(reason);
      this.isLasting = isLasting;
    }
  }

  /**
   * Asks for a schema and for those to which it refers.
   *
   * @throws RegistryException if the registry cannot be asked
   */
  public Lookup find(int id) throws RegistryException {
    String named = "Schema id " + id;
    try {
      if (id < 0) {
        String reason = named + " cannot be in a schema registry, as ids are positive. " + PRODUCER;
        throw new RefusedException(reason, true);
      }
      String path = "/schemas/ids/" + id;
      RegistryClient.Answer answer = client.get(path);
      if (!answer.isFound()) {
        throw new RefusedException(
            named + " is not in the registry " + client.url() + hint(answer), false);
      }
      return new Lookup.Found(new Reading(named).read(path, answer.body()));
    } catch (RefusedException e) {
      return new Lookup.Refused(e.getMessage(), e.isLasting);
    }
  }

  private static final String PRODUCER = "Correct the producer, or what it writes before a record.";

  private static String hint(RegistryClient.Answer answer) {
    int code = answer.body().path("error_code").asInt();
    return code >= REGISTRY_ERRORS && code < REGISTRY_ERRORS + 100
        ? ". Name the registry with which the producer writes as source.registry, or correct the"
            + " producer."
        : ", which answered 404 without the error code of a schema registry. Check the path in"
            + " source.registry; if it is right, correct the producer.";
  }

  /** One schema with its references, all read by one parser. */
  private final class Reading {
    private final String named;
    private final Schema.Parser parser = new Schema.Parser();
    private final Set<String> seen = new HashSet<>();

    Reading(String named) {
      this.named = named;
    }

    Schema read(String path, JsonNode answer) throws RefusedException, RegistryException {
      if (!answer.path("schema").isTextual()) {
        throw client.unexpected(path, "JSON without a schema");
      }
      String type = answer.path("schemaType").asText("AVRO");
      if (!type.equals("AVRO")) {
        throw new RefusedException(
            named
                + " of the registry "
                + client.url()
                + " is of type "
                + RegistryClient.shortened(type)
                + ", but the job reads Avro. Let the producer write Avro, or read another topic.",
            true);
      }
      for (JsonNode reference : answer.path("references")) {
        readReference(reference.path("subject").asText(), reference.path("version").asInt());
      }
      try {
        return parser.parse(answer.path("schema").textValue());
      } catch (RuntimeException | StackOverflowError e) { // Avro throws several kinds
        throw new RefusedException(
            named
                + " of the registry "
                + client.url()
                + " cannot be used. "
                + reported(e)
                + ". Register a schema that Avro accepts, and write with its id.",
            true);
      }
    }

    private static String reported(Throwable e) {
      String message = String.valueOf(e.getMessage());
      return message.contains("UnresolvedSchema") || message.contains("unresolved.name")
          ? "It names a type that neither it nor a schema to which it refers defines"
          : "Avro reports: " + RegistryClient.shortened(message);
    }

    private void readReference(String subject, int version)
        throws RefusedException, RegistryException {
      if (!seen.add(version + " " + subject)) {
        return;
      }
      if (seen.size() > MAX_REFERENCES) {
        throw new RefusedException(
            named
                + " of the registry "
                + client.url()
                + " refers to more than "
                + MAX_REFERENCES
                + " other schemas. Register it with its types inside.",
            true);
      }
      String path =
          "/subjects/"
              + URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20")
              + "/versions/"
              + version;
      RegistryClient.Answer answer = client.get(path);
      if (!answer.isFound()) {
        throw new RefusedException(
            named
                + " refers to version "
                + version
                + " of the subject "
                + RegistryClient.shortened(subject)
                + ", which is not in the registry "
                + client.url()
                + ". Register it.",
            false);
      }
      read(path, answer.body());
    }
  }
}
