package dev.riffle.cli.stream;

import dev.riffle.cli.shared.BrokerFlag;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.topic.Records;
import dev.riffle.cli.topic.TopicReader;
import dev.riffle.schemas.CodecException;
import dev.riffle.schemas.Printable;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code riffle tail}. */
@Command(
    name = "tail",
    description = {
      "Print the committed records of a topic, decoded, one per line.",
      "A record that cannot be decoded is reported and skipped. Ctrl-C stops."
    })
public final class TailCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Parameters(paramLabel = "TOPIC", description = "Such as riffle.music.final.v1.")
  String topic;

  @Mixin BrokerFlag broker;

  @Option(
      names = "--from-beginning",
      description = "Start with the oldest record instead of the next one.")
  boolean fromBeginning;

  @Option(names = "--max", paramLabel = "N", description = "Stop after N records.")
  long max = Long.MAX_VALUE;

  @Option(
      names = "--json",
      description =
          "One JSON object per line: every field, bytes in base64, times in microseconds.")
  boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Records records = new Records();
    long left = max;
    try (TopicReader reader = new TopicReader(broker.bootstrap(), List.of(topic), fromBeginning)) {
      ShutdownHook.Registration ctrlC = ShutdownHook.onCtrlC(reader::stop);
      while (left > 0 && !ShutdownHook.asked()) {
        for (ConsumerRecord<String, byte[]> record : reader.poll(Duration.ofMillis(500))) {
          if (left-- > 0) {
            print(records, record, out);
          }
        }
        out.flush();
      }
      ctrlC.close();
    }
    return 0;
  }

  private void print(Records records, ConsumerRecord<String, byte[]> record, PrintWriter out) {
    byte[] value = record.value();
    if (value != null && value.length > 0 && value[0] == '{') {
      out.println(Records.jsonText(value)); // answers of a job with format json
      return;
    }
    try {
      SpecificRecordBase decoded = records.decode(value);
      out.println(json ? Printable.line(Records.json(decoded).toString()) : Records.text(decoded));
    } catch (CodecException e) {
      spec.commandLine()
          .getErr()
          .println(
              "riffle: "
                  + topic
                  + "/"
                  + record.partition()
                  + "@"
                  + record.offset()
                  + ": "
                  + Printable.line(e.getMessage()));
      spec.commandLine().getErr().flush();
    }
  }
}
