package dev.riffle.cli.audio;

import dev.riffle.models.InputException;
import dev.riffle.music.signal.ChannelLevels;
import java.util.List;
import java.util.stream.IntStream;

/** Which channels of a sound are transcribed. */
public enum ChannelChoice {
  /** The mix, unless the channels cancel: then the one with the most energy. */
  AUTO,
  /** The first. */
  LEFT,
  /** The second. */
  RIGHT,
  /** The mean of all. */
  MIX,
  /** Each one separately. */
  EACH;

  /** The mean of all channels, in place of the number of one. */
  public static final int ALL = -1;

  /**
   * Channels of a sound, from 0, each of which is transcribed separately; {@link #ALL} for the mix.
   *
   * @param name of the sound in messages
   * @throws InputException if it does not have the channel
   */
  public List<Integer> of(int channels, ChannelLevels levels, String name) {
    return switch (this) {
      case AUTO -> List.of(levels.cancel() ? levels.loudest() : ALL);
      case MIX -> List.of(ALL);
      case LEFT -> List.of(0);
      case RIGHT -> {
        if (channels < 2) {
          throw new InputException(
              name + " has one channel: it has no right one. Pass --channel auto.");
        }
        yield List.of(1);
      }
      case EACH -> IntStream.range(0, channels).boxed().toList();
    };
  }

  /** A channel in words. */
  public static String word(int channel, int channels) {
    return channels == 2 && channel == 0
        ? "the left channel"
        : channels == 2 && channel == 1 ? "the right channel" : "channel " + (channel + 1);
  }
}
