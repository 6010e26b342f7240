package dev.riffle.music;

import dev.riffle.models.golden.GoldensContract;

class MusicGoldensTest extends GoldensContract {
  MusicGoldensTest() {
    super(
        "input(_\\w+)?|pcm|kept_frames|truth",
        "../demo/models/lru-transcriber",
        "../demo/models/rse-second-pass");
  }
}
