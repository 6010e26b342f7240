package dev.riffle.jobs.sequence;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.riffle.schemas.Printable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/** Parses the text of an Avro schema, and explains in words why it is invalid. */
final class SchemaText {
  /** What Avro's messages call a type that the schema does not define. */
  private static final Pattern UNRESOLVED =
      Pattern.compile("unresolved\\.name\":\"([^\"]*)\"|(?:Unknown|Undefined) schema: (\\S+)");

  private static final Pattern NAME = Pattern.compile("\\s*\"([^\"]*)\"");

  private static final int MAX_SHOWN = 300;

  private SchemaText() {}

  /**
   * Parses a schema.
   *
   * @param name of the file in messages
   * @throws SchemaParseException if it is invalid; the message says why, as sentences
   */
  static Schema parse(String text, String name) {
    Matcher begin = NAME.matcher(text);
    if (begin.lookingAt() && !isPrimitive(begin.group(1))) {
      throw new SchemaParseException(undefined(begin.group(1)));
    }
    try {
      return new Schema.Parser().parse(text);
    } catch (RuntimeException | StackOverflowError e) { // Avro's parser throws many kinds
      SchemaParseException refusal = new SchemaParseException(reason(name, e));
      refusal.addSuppressed(e);
      throw refusal;
    }
  }

  private static boolean isPrimitive(String name) {
    for (Schema.Type type : Schema.Type.values()) {
      if (type.getName().equals(name)) {
        return true;
      }
    }
    return false;
  }

  /** With line and column where its JSON is broken. */
  private static String reason(String file, Throwable e) {
    if (e.getCause() instanceof JsonProcessingException broken && broken.getLocation() != null) {
      return String.format(
          "%s:%d:%d: %s.",
          file,
          broken.getLocation().getLineNr(),
          broken.getLocation().getColumnNr(),
          broken.getOriginalMessage().replaceFirst("(?s) \\(start marker at .*", ""));
    }
    if (e instanceof StackOverflowError) {
      return "Its types are nested too deeply.";
    }
    Matcher type = UNRESOLVED.matcher(String.valueOf(e.getMessage()));
    if (type.find()) {
      return undefined(type.group(1) == null ? type.group(2) : type.group(1));
    }
    return "Avro reports: " + Printable.line(String.valueOf(e.getMessage()), MAX_SHOWN);
  }

  private static String undefined(String type) {
    return "It names the type '" + type + "', which it does not define.";
  }
}
