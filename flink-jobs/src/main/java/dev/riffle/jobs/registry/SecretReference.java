package dev.riffle.jobs.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a secret is: {@code ${env:NAME}} or {@code ${file:PATH}}. Every process that needs the
 * secret reads it; only the reference goes from process to process.
 *
 * @param kind whether it is in a variable or in a file
 * @param name of the variable, or the absolute path of the file
 */
public record SecretReference(Kind kind, String name) implements Serializable {
  /** What a reference looks like, for messages. */
  public static final String FORM = "${env:NAME} or ${file:/PATH}";

  private static final Pattern TEXT =
      Pattern.compile(
          "\\$\\{(?:env:(?<env>[A-Za-z_][A-Za-z0-9_]*)|file:(?<file>/[^}\\p{Cntrl}]+))}");
  private static final int MAX_BYTES = 64 << 10;

  /** Kinds of places. */
  public enum Kind {
    /** A variable of the environment of the process. */
    ENV,
    /** A file of the machine on which the process runs. */
    FILE
  }

  /** The reference in a text; empty if the text is anything else, such as the secret itself. */
  public static Optional<SecretReference> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String variable = matcher.group("env");
    return Optional.of(
        variable != null
            ? new SecretReference(Kind.ENV, variable)
            : new SecretReference(Kind.FILE, matcher.group("file")));
  }

  /**
   * The secret, without white space around it.
   *
   * @throws IOException if it is missing; the message says what to do
   */
  public String read() throws IOException {
    return read(System::getenv);
  }

  String read(UnaryOperator<String> environment) throws IOException {
    String secret = kind == Kind.ENV ? environment.apply(name) : contents();
    if (secret == null || secret.isBlank()) {
      throw new IOException(
          kind == Kind.ENV
              ? "The environment variable "
                  + name
                  + (secret == null ? " is not set" : " is empty")
                  + " in this process. Set it before the process starts."
              : "The file " + name + " is empty.");
    }
    return secret.strip();
  }

  private String contents() throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(Path.of(name))) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      String reason =
          e instanceof FileSystemException f && f.getReason() == null
              ? e.getClass().getSimpleName()
              : e.getMessage();
      throw new IOException(
          "The file " + name + " cannot be read on this machine (" + reason + ").", e);
    }
    if (bytes.length > MAX_BYTES) {
      throw new IOException("The file " + name + " is too large for a secret.");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The reference, not the secret. */
  @Override
  public String toString() {
    return kind == Kind.ENV ? "${env:" + name + "}" : "${file:" + name + "}";
  }
}
