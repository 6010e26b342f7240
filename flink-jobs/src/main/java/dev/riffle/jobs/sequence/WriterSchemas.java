package dev.riffle.jobs.sequence;

import dev.riffle.jobs.registry.RegisteredSchemas;
import dev.riffle.jobs.registry.RegisteredSchemas.Lookup;
import dev.riffle.jobs.registry.RegistryAccess;
import dev.riffle.jobs.registry.RegistryClient;
import dev.riffle.jobs.registry.RegistryException;
import dev.riffle.jobs.registry.Retries;
import dev.riffle.jobs.stream.UnavailableException;
import dev.riffle.models.InputException;
import dev.riffle.schemas.Printable;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;

/**
 * Readers of Avro records by the ids of the schemas that wrote them. A schema is asked for when its
 * id is met first. What the registry has never changes, so that it is remembered; that it lacks an
 * id is remembered for {@link #MISSING_FOR}.
 *
 * <p>Not thread-safe.
 */
final class WriterSchemas {
  /** Ids that are remembered; the one that was used longest ago is forgotten first. */
  static final int MAX_IDS = 1000;

  /** Time after which the registry is asked again for an id that it lacked. */
  static final Duration MISSING_FOR = Duration.ofMinutes(1);

  private static final int MAX_SHOWN = 300;

  private final Schema reader;
  private final String url;
  private final RegisteredSchemas registry;
  private final Retries.Clock clock;
  private final Map<Integer, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  /** A reader, or the refusal and the time until which it holds; empty if it is permanent. */
  private record Entry(BoundedReader reader, String refusal, Optional<Long> untilNanos) {
    static Entry refused(String reason) {
      return new Entry(null, reason, Optional.empty());
    }

    boolean isOver(Retries.Clock clock) {
      return untilNanos.filter(until -> clock.nanos() - until > 0).isPresent();
    }
  }

  /**
   * @param reader schema as which all records are read
   */
  WriterSchemas(Schema reader, RegistryAccess access, Retries retries) {
    this.reader = reader;
    this.url = access.url();
    this.registry = new RegisteredSchemas(new RegistryClient(access, retries));
    this.clock = retries.clock();
  }

  /**
   * The reader of records with a schema id.
   *
   * @throws InputException if the registry has no usable schema with this id
   * @throws UnavailableException if the registry cannot be asked
   */
  BoundedReader reader(int id) {
    Entry entry = entries.get(id);
    if (entry == null || entry.isOver(clock)) {
      entry = find(id);
      entries.put(id, entry);
      if (entries.size() > MAX_IDS) {
        entries.remove(entries.keySet().iterator().next());
      }
    }
    if (entry.refusal() != null) {
      throw new InputException(entry.refusal());
    }
    return entry.reader();
  }

  private Entry find(int id) {
    try {
      Lookup lookup = registry.find(id);
      if (lookup instanceof Lookup.Found found) {
        return check(id, found.schema());
      }
      Lookup.Refused refused = (Lookup.Refused) lookup;
      return refused.isLasting()
          ? Entry.refused(refused.reason())
          : new Entry(null, refused.reason(), Optional.of(clock.nanos() + MISSING_FOR.toNanos()));
    } catch (RegistryException e) {
      throw new UnavailableException(
          "A record with schema id "
              + id
              + " cannot be decoded now. "
              + e.getMessage()
              + " The record is not lost: the job restarts and reads it again.");
    }
  }

  private Entry check(int id, Schema writer) {
    String named = "schema id " + id + " of the registry " + url;
    try {
      Optional<AvroSchemas.Problem> problem = AvroSchemas.problem(writer);
      if (problem.isPresent()) {
        return Entry.refused(
            "Expected "
                + problem.get().expected()
                + ", but "
                + named
                + " is another. "
                + problem.get().hint());
      }
      Optional<String> reasons = AvroSchemas.incompatibility(reader, writer);
      return reasons.isPresent()
          ? Entry.refused(
              "Expected a record that can be read as source.schema, but "
                  + named
                  + " cannot. Avro reports: "
                  + Printable.line(reasons.get(), MAX_SHOWN)
                  + ". A field that is added to source.schema needs a default; a field that is"
                  + " renamed needs its former name as alias.")
          : new Entry(new BoundedReader(writer, reader), null, Optional.empty());
    } catch (AvroRuntimeException | StackOverflowError e) {
      return Entry.refused(
          "Expected a record that can be read as source.schema, but "
              + named
              + " cannot be compared with it ("
              + Printable.line(String.valueOf(e), MAX_SHOWN)
              + ").");
    }
  }
}
