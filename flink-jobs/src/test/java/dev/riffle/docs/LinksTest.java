package dev.riffle.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class LinksTest {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE);
  private static final Pattern FENCE =
      Pattern.compile("^ *```.*?^ *```$", Pattern.MULTILINE | Pattern.DOTALL);

  @Test
  void everyLinkOfAPageLeadsSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    for (String page : Tree.files(path -> path.endsWith(".md"))) {
      Matcher link = LINK.matcher(withoutCode(Tree.read(page)));
      while (link.find()) {
        if (!link.group(1).startsWith("http") && !resolves(page, link.group(1))) {
          broken.add(page + " -> " + link.group(1));
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  private static boolean resolves(String page, String link) throws IOException {
    String[] parts = link.split("#", 2);
    Path file = Tree.ROOT.resolve(page);
    if (!parts[0].isEmpty()) {
      file = file.resolveSibling(parts[0]).normalize();
    }
    return Files.exists(file)
        && (parts.length == 1
            || HEADING
                .matcher(withoutCode(Files.readString(file)))
                .results()
                .anyMatch(heading -> anchor(heading.group(1)).equals(parts[1])));
  }

  /** The name that GitHub gives a heading. */
  private static String anchor(String heading) {
    return heading
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N}\\-_ ]", "")
        .replace(' ', '-');
  }

  private static String withoutCode(String page) {
    return FENCE.matcher(page).replaceAll("");
  }
}
