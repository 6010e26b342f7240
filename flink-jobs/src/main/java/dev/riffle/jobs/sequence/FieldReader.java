package dev.riffle.jobs.sequence;

import dev.riffle.jobs.stream.CaptureTimes;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.Printable;
import dev.riffle.schemas.StrictUtf8;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.util.Utf8;

/**
 * Extracts steps from a decoded record: a JSON object as a map, or an Avro record. Values are Java
 * numbers, booleans, strings and lists.
 */
final class FieldReader {
  private static final Format TOKENS = new Format(0, 1);

  /** Largest token: floats hold whole numbers exactly up to here. */
  static final int MAX_TOKEN = 1 << 24;

  private final EventFields fields;
  private final Format format;
  private final int[] alphabet; // token of each character; null for tokens that are numbers

  FieldReader(EventFields fields) {
    this.fields = fields;
    this.alphabet = fields.alphabet() == null ? null : fields.alphabet().table();
    this.format = fields.token() != null ? TOKENS : new Format(0, fields.stepWidth());
  }

  /** The steps of a record; the caller sets id, position and time. */
  StepEvent event(Object record) {
    StepEvent event = new StepEvent();
    event.start = flag(record, fields.start());
    event.end = flag(record, fields.end());
    event.format = format;
    event.values = fields.token() != null ? tokens(record, event.end) : steps(record, event.end);
    return event;
  }

  /** The sequence id. */
  String id(Object record) {
    Object value = at(record, fields.key());
    if (value instanceof Utf8 text) { // its own conversion would merge invalid ids
      return StrictUtf8.decode(Arrays.copyOf(text.getBytes(), text.getByteLength()))
          .orElseThrow(() -> expected("text in UTF-8", fields.key(), value));
    }
    if (value instanceof CharSequence || isWhole(value)) {
      return value.toString();
    }
    throw expected("text or a whole number", fields.key(), value);
  }

  /** The position of the first step, or {@link StepEvent#NEXT}. */
  long position(Object record) {
    return fields.position() == null ? StepEvent.NEXT : whole(record, fields.position());
  }

  /** The capture time of the first step. */
  Instant time(Object record) {
    TimeUnit unit = fields.timeUnit();
    if (unit == null) {
      return isoTime(record);
    }
    Object value = at(record, fields.time());
    if (!(value instanceof Number number) || !Double.isFinite(number.doubleValue())) {
      throw expected(
          "a number of " + unit.name().toLowerCase(java.util.Locale.ROOT), fields.time(), value);
    }
    String advice = "set fields.time.unit to it, or correct the producer.";
    return CaptureTimes.of(new BigDecimal(number.toString()), unit, fields.time(), advice);
  }

  private Instant isoTime(Object record) {
    Object value = at(record, fields.time());
    Instant time;
    try {
      time = Instant.parse(String.valueOf(value));
    } catch (DateTimeParseException e) {
      throw expected("a time such as 2026-11-22T10:00:00Z", fields.time(), value);
    }
    if (!CaptureTimes.isValid(time)) {
      throw CaptureTimes.outOfRange(time, fields.time());
    }
    return time;
  }

  // ---- steps ----

  private float[] steps(Object record, boolean mayBeEmpty) {
    if (fields.width() == 0) {
      return columns(record, mayBeEmpty);
    }
    String field = fields.features().get(0);
    Object value = at(record, field);
    if (value == null && mayBeEmpty) {
      return new float[0];
    }
    if (!(value instanceof List<?> list)) {
      throw expected("an array of " + fields.width() + " numbers", field, value);
    }
    boolean several = !list.isEmpty() && list.get(0) instanceof List<?>;
    List<?> rows = several ? list : list.isEmpty() ? List.of() : List.of(list);
    if (rows.isEmpty() && !mayBeEmpty) {
      throw expected("an array of " + fields.width() + " numbers", field, value);
    }
    int width = fields.width();
    for (int t = 0; t < rows.size(); t++) { // before memory is allocated for all of them
      if (!(rows.get(t) instanceof List<?> row) || row.size() != width) {
        throw new InputException(
            "Expected "
                + width
                + " numbers in '"
                + field
                + "' but there are "
                + (rows.get(t) instanceof List<?> row ? row.size() : "none")
                + (several ? " in step " + t : "")
                + ". Send complete steps, several as an array of arrays, or correct"
                + " fields.features.width.");
      }
    }
    float[] values = new float[rows.size() * width];
    for (int t = 0; t < rows.size(); t++) {
      List<?> row = (List<?>) rows.get(t);
      for (int i = 0; i < width; i++) {
        values[t * width + i] = number(row.get(i), field);
      }
    }
    return values;
  }

  private float[] columns(Object record, boolean mayBeEmpty) {
    List<String> names = fields.features();
    boolean empty = mayBeEmpty;
    for (String name : names) {
      empty = empty && at(record, name) == null;
    }
    float[] values = new float[empty ? 0 : names.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = number(at(record, names.get(i)), names.get(i));
    }
    return values;
  }

  private float[] tokens(Object record, boolean mayBeEmpty) {
    Object value = at(record, fields.token());
    if (value == null && mayBeEmpty) {
      return new float[0];
    }
    if (alphabet != null) {
      return letters(value, mayBeEmpty);
    }
    List<?> list = value instanceof List<?> several ? several : null;
    float[] values = new float[list == null ? 1 : list.size()];
    for (int i = 0; i < values.length; i++) {
      Object token = list == null ? value : list.get(i);
      if (!isWhole(token)
          || ((Number) token).longValue() < 0
          || ((Number) token).longValue() > MAX_TOKEN) {
        throw expected("a token from 0 to " + MAX_TOKEN, fields.token(), token);
      }
      values[i] = ((Number) token).longValue();
    }
    if (values.length == 0 && !mayBeEmpty) {
      throw expected("a token", fields.token(), value);
    }
    return values;
  }

  /** The tokens of text or bytes. */
  private float[] letters(Object value, boolean mayBeEmpty) {
    String text;
    if (value instanceof ByteBuffer bytes) {
      text = StandardCharsets.ISO_8859_1.decode(bytes.duplicate()).toString();
    } else if (value instanceof CharSequence characters) {
      text = characters.toString();
    } else {
      throw expected("text or bytes", fields.token(), value);
    }
    float[] values = new float[text.length()];
    int count = 0;
    for (int i = 0; i < values.length; i++) {
      if (Character.isWhitespace(text.charAt(i))) {
        continue;
      }
      int token = fields.alphabet().token(alphabet, text.charAt(i));
      if (token < 0) {
        throw new InputException(
            String.format(
                "Expected letters of %s in '%s' but found U+%04X at index %d. Correct the"
                    + " producer, or name a letter for all others as fields.alphabet.other.",
                fields.alphabet().letters(), fields.token(), (int) text.charAt(i), i));
      }
      values[count++] = token;
    }
    if (count == 0 && !mayBeEmpty) {
      throw expected("a letter", fields.token(), text);
    }
    return Arrays.copyOf(values, count);
  }

  // ---- values ----

  private static float number(Object value, String field) {
    if (!(value instanceof Number number)) {
      throw expected("a number", field, value);
    }
    float single = number.floatValue();
    if (!Float.isFinite(single)) {
      throw expected("a finite number of 32 bits", field, value);
    }
    return single;
  }

  private static long whole(Object record, String field) {
    Object value = at(record, field);
    if (!isWhole(value)) {
      throw expected("a whole number", field, value);
    }
    return ((Number) value).longValue();
  }

  private static boolean isWhole(Object value) {
    return value instanceof Integer || value instanceof Long;
  }

  private static boolean flag(Object record, String field) {
    Object value = field == null ? null : at(record, field);
    if (value == null || value instanceof Boolean) {
      return Boolean.TRUE.equals(value);
    }
    throw expected("true or false", field, value);
  }

  /** The value of a field, or null. */
  private static Object at(Object record, String field) {
    Object value = record;
    for (int from = 0; from <= field.length() && value != null; ) {
      int dot = field.indexOf('.', from);
      int to = dot < 0 ? field.length() : dot;
      value = step(value, field.substring(from, to));
      from = to + 1;
    }
    return value;
  }

  private static Object step(Object value, String name) {
    if (value instanceof Map<?, ?> map) {
      return map.get(name);
    }
    if (value instanceof IndexedRecord inner) {
      var field = inner.getSchema().getField(name);
      return field == null ? null : inner.get(field.pos());
    }
    return null;
  }

  private static InputException expected(String what, String field, Object found) {
    String text = String.valueOf(found);
    return new InputException(
        "Expected "
            + what
            + " in '"
            + field
            + "' but it is "
            + (found == null
                ? "missing"
                : "'"
                    + Printable.line(text.length() <= 100 ? text : text.substring(0, 100) + "...")
                    + "'")
            + ". Correct the producer, or name another field in the job file.");
  }
}
