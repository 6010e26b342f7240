package dev.riffle.cli.stream;

import dev.riffle.cli.job.JobFiles;
import dev.riffle.cli.shared.BrokerFlag;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.topic.TopicWriter;
import dev.riffle.jobs.sequence.JobFile;
import dev.riffle.jobs.sequence.JsonLines;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.models.InputException;
import dev.riffle.schemas.Printable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code riffle produce events}. */
@Command(
    name = "events",
    description = {
      "Write lines of JSON unchanged to the input topic of a job whose format is json.",
      "Each line is checked like in the job. A line that the job would reject is reported with its"
          + " number and not sent. Missing topics are created."
    })
public final class ProduceEvents implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  @Spec CommandSpec spec;

  @Parameters(index = "0", paramLabel = "JOB.yaml", description = "The job's file.")
  Path file;

  @Parameters(index = "1", paramLabel = "FILE", description = "One JSON object per line.")
  Path lines;

  @Option(
      names = "--key",
      paramLabel = "ID",
      description = "Kafka key of all lines, if the job names no key field.")
  String key;

  @Mixin BrokerFlag broker;

  @Override
  public Integer call() {
    Map<String, String> overrides =
        broker
            .given()
            .map(bootstrap -> Map.of(KafkaOptions.BOOTSTRAP.name(), bootstrap))
            .orElse(Map.of());
    JobFile job = JobFiles.read(spec, file, overrides);
    if (!job.isValid()) {
      JobFiles.print(job, spec.commandLine().getErr());
      return CommandLine.ExitCode.USAGE;
    }
    JsonLines reader;
    try {
      reader = new JsonLines(job, Optional.ofNullable(key));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    String bootstrap = job.options().get(KafkaOptions.BOOTSTRAP);
    job.topics().create(bootstrap, 1, PATIENCE);
    return send(reader, bootstrap, job.topics().in());
  }

  private int send(JsonLines reader, String bootstrap, String topic) {
    int sent = 0;
    int rejected = 0;
    try (TopicWriter writer = new TopicWriter(bootstrap, topic);
        BufferedReader text = Files.newBufferedReader(lines)) {
      int number = 0;
      for (String line = text.readLine(); line != null; line = text.readLine()) {
        number++;
        try {
          if (!line.isBlank()) {
            writer.send(reader.key(line), line.getBytes(StandardCharsets.UTF_8));
            sent++;
          }
        } catch (InputException e) {
          rejected++;
          spec.commandLine()
              .getErr()
              .println(Printable.line(lines + ":" + number + ": " + e.getMessage()));
        }
      }
      writer.flush();
    } catch (NoSuchFileException e) {
      throw new ParameterException(spec.commandLine(), "File " + lines + " does not exist.", e);
    } catch (IOException e) {
      throw new Failure(lines + " cannot be read: " + e, e);
    }
    spec.commandLine().getErr().flush();
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "Sent " + sent + " to " + topic + (rejected > 0 ? "; " + rejected + " not sent." : "."));
    out.flush();
    return rejected == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }
}
