package dev.riffle.cli;

import dev.riffle.cli.stream.Playback;
import dev.riffle.cli.stream.TopicWriter;
import java.util.List;

/** Plays sounds on a thread of its own, so that what comes back can be read meanwhile. */
final class Player implements AutoCloseable {
  private final Thread thread;
  private volatile double seconds;
  private volatile boolean stopped;
  private volatile RuntimeException failure;

  private Player(Playback playback, List<Playback.Part> parts, String bootstrap, String topic) {
    thread = new Thread(() -> play(playback, parts, bootstrap, topic), "riffle-player");
    thread.setDaemon(true);
  }

  static Player start(
      Playback playback, List<Playback.Part> parts, String bootstrap, String topic) {
    Player player = new Player(playback, parts, bootstrap, topic);
    player.thread.start();
    return player;
  }

  private void play(Playback playback, List<Playback.Part> parts, String bootstrap, String topic) {
    try (TopicWriter producer = new TopicWriter(bootstrap, topic)) {
      playback.play(parts, producer::send, s -> seconds = s, () -> stopped || Stopping.asked());
      producer.flush();
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  /** Seconds of sound sent so far. */
  double seconds() {
    return seconds;
  }

  /**
   * True once all is sent.
   *
   * @throws RuntimeException what ended the playing, if something did
   */
  boolean finished() {
    if (failure != null) {
      throw failure;
    }
    return !thread.isAlive();
  }

  /** Ends the playing: after this the sounds are not read any more. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
