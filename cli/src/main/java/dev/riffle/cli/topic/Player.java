package dev.riffle.cli.topic;

import dev.riffle.cli.shared.ShutdownHook;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;

/** Plays sounds or reads on its own thread, so that the caller can read the output meanwhile. */
public final class Player implements AutoCloseable {
  private final Thread thread;
  private volatile double progress;
  private volatile boolean stopped;
  private volatile RuntimeException failure;

  /** What is played. */
  public interface Play {
    /**
     * @param to the input topic
     * @param progress receives what has been played so far, seconds or bases
     * @param stopped true once it is to end
     */
    void play(TopicWriter to, DoubleConsumer progress, BooleanSupplier stopped);
  }

  private Player(Play play, String bootstrap, String topic) {
    thread = new Thread(() -> play(play, bootstrap, topic), "riffle-player");
    thread.setDaemon(true);
  }

  public static Player start(
      Playback playback, List<Playback.Part> parts, String bootstrap, String topic) {
    return start(
        (to, progress, stopped) -> playback.play(parts, to::send, progress, stopped),
        bootstrap,
        topic);
  }

  public static Player start(Play play, String bootstrap, String topic) {
    Player player = new Player(play, bootstrap, topic);
    player.thread.start();
    return player;
  }

  private void play(Play play, String bootstrap, String topic) {
    try (TopicWriter producer = new TopicWriter(bootstrap, topic)) {
      play.play(producer, p -> progress = p, () -> stopped || ShutdownHook.asked());
      producer.flush();
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  /** What has been sent so far: seconds of sound, or bases. */
  public double progress() {
    return progress;
  }

  /**
   * True once all is sent.
   *
   * @throws RuntimeException what ended the playing, if something did
   */
  public boolean finished() {
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
