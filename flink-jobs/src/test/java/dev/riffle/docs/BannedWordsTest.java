package dev.riffle.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BannedWordsTest {
  private static final String BANNED = "docs/banned-words.txt";
  private static final String ALLOWED = "docs/allowed-words.txt";

  private static BannedWords words;
  private static List<BannedWords.Hit> hits;

  @BeforeAll
  static void readTheTree() throws IOException {
    words = BannedWords.parse(Tree.read(BANNED), Tree.read(ALLOWED));
    hits = hitsOfTheTree(words);
  }

  @Test
  void noTextOfThisProjectHasABannedWord() {
    assertThat(hits.stream().filter(hit -> !words.allows(hit)))
        .as("use the replacement; if the word is right there, say why in " + ALLOWED)
        .isEmpty();
  }

  @Test
  void everyAllowedWordIsStillThere() {
    assertThat(words.allowed())
        .as("remove the lines of %s that no text needs", ALLOWED)
        .allMatch(entry -> hits.stream().anyMatch(entry::covers));
  }

  @Test
  void aPhraseIsFoundAcrossLinesOfAComment() {
    BannedWords told = BannedWords.parse("is told | is emitted", "a.md | is told | a quotation");
    List<BannedWords.Hit> found = told.hits("B.java", "/**\n * What Is\n * told here.\n */");
    assertThat(found).hasToString("[B.java:2: 'is told': write is emitted]");
    assertThat(told.allows(found.get(0))).isFalse();
    assertThat(told.allows(told.hits("a.md", "it is told").get(0))).isTrue();
  }

  @Test
  void aPhraseIsFoundAsWholeWordsOnly() {
    BannedWords card = BannedWords.parse("card | GPU", "");
    assertThat(card.hits("a.md", "cards, discard, sound-card, cardinality")).isEmpty();
    assertThat(card.hits("a.md", "a `card`.")).hasSize(1);
  }

  @Test
  void onlyCommentsAndLiteralsOfJavaAreProse() {
    String java =
        "int lane = 1; // a lane\n/* card */ String s = \"door \\\" house\" + '\"' + verb;\n";
    String prose = Prose.of(java);
    assertThat(prose)
        .hasSameSizeAs(java)
        .contains("// a lane\n", "/* card */", "\"door \\\" house\"");
    assertThat(prose).doesNotContain("int lane", "verb");
  }

  @Test
  void aLineWithoutAReplacementIsRefused() {
    assertThatThrownBy(() -> BannedWords.parse("card", ""))
        .hasMessage("expected 2 fields with | between them, found [card]");
  }

  private static List<BannedWords.Hit> hitsOfTheTree(BannedWords banned) throws IOException {
    List<BannedWords.Hit> found = new ArrayList<>();
    for (String file : Tree.files(BannedWordsTest::isChecked)) {
      String text = Tree.read(file);
      found.addAll(banned.hits(file, file.endsWith(".java") ? Prose.of(text) : text));
    }
    return found;
  }

  /** Pages, configuration, schemas except those of former versions, and main Java code. */
  private static boolean isChecked(String path) {
    return path.endsWith(".md")
        || path.endsWith(".yaml")
        || path.endsWith(".yml")
        || path.endsWith(".avsc") && !path.contains("/history/")
        || path.endsWith(".java") && path.contains("/src/main/");
  }
}
