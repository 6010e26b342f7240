package dev.riffle.operators;

import dev.riffle.models.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * Writes the capsule: values as they are in existing checkpoints, one file for each version of a
 * serializer. Existing files are never written again.
 *
 * <pre>{@code
 * java -cp <test class path> dev.riffle.operators.StateCapsule operators/src/test/resources/capsule
 * }</pre>
 */
public final class StateCapsule {
  private StateCapsule() {}

  /** Attributes as formats of version 2 have them. */
  static final Map<String, String> ATTRIBUTES = Map.of("genetic-code", "11", "channel", "ü");

  static SequenceState state(Format format) {
    SequenceState state = new SequenceState();
    state.seen = true;
    state.session = new Session(true, true, format, 1, 2);
    state.progress = new Progress(3, 4, Gaps.NONE.plus(5, 6));
    state.buffered = new Buffered(7, 8, 9);
    state.counters = new Counters(10, 11, 12);
    state.timers = new Timers(13, 14, 15);
    state.model = new ModelState("00ff", new byte[] {1, 2, 3});
    return state;
  }

  static StepEvent event(Format format) {
    StepEvent event = new StepEvent();
    event.sequenceId = "hall-ü";
    event.start = true;
    event.end = true;
    event.position = 1L << 40;
    event.captureMicros = -5;
    event.format = format;
    event.values = new float[] {1.5f, -2};
    event.arrivedNanos = 77;
    event.origin = new SourceCoordinates("riffle.music.in.v1", 2, 3, 4);
    return event;
  }

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Files.createDirectories(folder);
    write(
        folder.resolve("SequenceState.v2.bin"),
        new SequenceStateSerializer(),
        state(new Format(44100, 2, ATTRIBUTES)));
    write(
        folder.resolve("StepEvent.v2.bin"),
        new StepEventSerializer(),
        event(new Format(16000, 2, ATTRIBUTES)));
  }

  private static <T> void write(Path file, VersionedSerializer<T> serializer, T value)
      throws IOException {
    if (!Files.exists(file)) {
      DataOutputSerializer out = new DataOutputSerializer(256);
      serializer.serialize(value, out);
      Files.write(file, out.getCopyOfBuffer());
    }
  }
}
