package dev.riffle.jobs.transcription;

import dev.riffle.kernels.Backends;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.music.transcriber.Note;
import dev.riffle.schemas.record.AudioChunk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The sounds of the goldens under several keys, and what the model alone makes of them. */
public final class Sounds {
  /** The shipped model, from this module's directory. */
  public static final Path MODEL = Path.of("..", "demo", "models", "lru-transcriber", "1");

  /** The shipped second pass. */
  public static final Path SECOND = Path.of("..", "demo", "models", "rse-second-pass", "1");

  private static final Map<String, String> GOLDENS =
      Map.of("hall", "piano", "cellar", "piano", "garden", "quartet");
  private static final Map<String, Integer> CHUNKS =
      Map.of("hall", 512, "cellar", 777, "garden", 160);

  /** What the model alone answers to each. */
  public static final Map<String, List<Prediction<Note>>> OFFLINE =
      offline(Families.load(ModelDirectory.read(MODEL), Backends.find("cpu"), Note.class));

  private Sounds() {}

  /** Sound of each key: 5 s at 16 kHz. */
  public static Map<String, short[]> pcm() {
    Map<String, short[]> sounds = new TreeMap<>();
    GOLDENS.forEach(
        (id, golden) -> {
          long[] samples =
              Safetensors.read(MODEL.resolve("golden").resolve(golden + ".safetensors"))
                  .longs("pcm");
          short[] pcm = new short[samples.length];
          for (int i = 0; i < pcm.length; i++) {
            pcm[i] = (short) samples[i];
          }
          sounds.put(id, pcm);
        });
    return sounds;
  }

  /** The chunks of all keys as records, interleaved by capture time. */
  public static List<ProducerRecord<byte[], byte[]>> records(String topic) {
    List<AudioChunk> chunks = new ArrayList<>();
    pcm().forEach((id, pcm) -> chunks.addAll(Chunks.sound(id, pcm, CHUNKS.get(id))));
    chunks.sort(java.util.Comparator.comparing(AudioChunk::getCaptureTime));
    return chunks.stream().map(c -> Chunks.record(topic, c)).toList();
  }

  /** Where each sequence's last note stands that is known after so many seconds. */
  public static Map<String, Long> lastKnown(double seconds) {
    long samples = (long) (seconds * Chunks.RATE);
    Map<String, Long> last = new TreeMap<>();
    OFFLINE.forEach(
        (id, notes) ->
            last.put(
                id,
                notes.stream()
                    .mapToLong(Prediction::position)
                    .filter(p -> p <= samples)
                    .max()
                    .orElseThrow()));
    return last;
  }

  /** What a model answers when it hears a whole sound at once, without any stream. */
  public static Map<String, List<Prediction<Note>>> offline(StreamModel<Note> model) {
    StreamRunner<Note> runner = model.newRunner();
    Map<String, List<Prediction<Note>>> notes = new TreeMap<>();
    pcm()
        .forEach(
            (id, pcm) -> {
              float[] values = new float[pcm.length];
              for (int i = 0; i < pcm.length; i++) {
                values[i] = pcm[i] / 32768f;
              }
              Format format = new Format(Chunks.RATE, 1);
              BatchItem<Note> row =
                  new BatchItem<>(format, runner.open(format), values, 0, values.length);
              runner.finish(List.of(row));
              notes.put(id, row.predictions);
            });
    return notes;
  }
}
