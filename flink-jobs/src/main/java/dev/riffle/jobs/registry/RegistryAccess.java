package dev.riffle.jobs.registry;

import java.io.IOException;
import java.io.Serializable;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A schema registry and who asks it.
 *
 * @param url without user, password, query and slash at its end
 * @param credentials where user and password or a token are; null if the registry needs none
 */
public record RegistryAccess(String url, SecretReference credentials) implements Serializable {
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]+=*"); // RFC 6750

  /**
   * The URL in a text.
   *
   * @return empty if the text is no URL of a registry, or contains more than where it is
   */
  public static Optional<String> url(String text) {
    try {
      URI uri = new URI(text);
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      boolean http = scheme.equals("http") || scheme.equals("https");
      boolean more = text.contains("@") || text.contains("?") || text.contains("#");
      return http && uri.getHost() != null && uri.getPort() <= 0xffff && !more
          ? Optional.of(text.replaceAll("/+$", ""))
          : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  /**
   * Value of the header {@code Authorization}; empty without credentials.
   *
   * @throws IOException if the credentials are missing or malformed; the message says what to do
   *     and does not contain them
   */
  Optional<String> authorization() throws IOException {
    if (credentials == null) {
      return Optional.empty();
    }
    String secret = credentials.read();
    if (secret.indexOf(':') > 0 && secret.chars().noneMatch(Character::isISOControl)) {
      byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
      return Optional.of("Basic " + Base64.getEncoder().encodeToString(bytes));
    }
    if (TOKEN.matcher(secret).matches()) {
      return Optional.of("Bearer " + secret);
    }
    throw new IOException(
        "Expected user:password or a token in "
            + credentials
            + ", on one line and without the word Basic or Bearer, but found another text there.");
  }
}
