package dev.riffle.cli.audio;

/**
 * One channel of a sound.
 *
 * @param channel from 0
 */
public record OneChannel(Sound sound, int channel) implements Sound {
  @Override
  public int rate() {
    return sound.rate();
  }

  @Override
  public int channels() {
    return 1;
  }

  @Override
  public String encoding() {
    return sound.encoding();
  }

  @Override
  public int read(float[] into, int samples) {
    int channels = sound.channels();
    float[] all = new float[samples * channels];
    int got = sound.read(all, samples);
    for (int i = 0; i < got; i++) {
      into[i] = all[i * channels + channel];
    }
    return got;
  }

  @Override
  public void close() {
    sound.close();
  }
}
