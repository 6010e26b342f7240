package dev.riffle.dna;

import dev.riffle.models.golden.GoldensContract;

class DnaGoldensTest extends GoldensContract {
  DnaGoldensTest() {
    super(
        "input(_\\w+)?|.*/hidden_tokens",
        "../demo/models/dna-annotator",
        "../demo/models/read-until");
  }
}
