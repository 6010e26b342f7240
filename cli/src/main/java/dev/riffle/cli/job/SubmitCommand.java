package dev.riffle.cli.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.Installation;
import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.sequence.JobFile;
import dev.riffle.jobs.sequence.SequenceJob;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends the job to a cluster. */
@Command(
    name = "submit",
    abbreviateSynopsis = true,
    description = {
      "Sends a job to a Flink cluster and prints its id: the transcription of sound, the annotation"
          + " of DNA, read-until (which needs --targets), or that of a YAML file.",
      "It goes by the REST interface of the JobManager, with the text of the file. Paths among the"
          + " options, such as --model, are paths as the cluster sees them. A model that this machine"
          + " has is checked first."
    })
public final class SubmitCommand implements Callable<Integer> {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "JOB",
      arity = "0..1",
      defaultValue = "transcription",
      description =
          "transcription, annotation, read-until, or a file JOB.yaml (default: ${DEFAULT-VALUE}).")
  String name;

  @Option(
      names = "--jobmanager",
      paramLabel = "URL",
      required = true,
      description = "REST address of the JobManager, such as http://127.0.0.1:8081.")
  URI jobManager;

  @Option(
      names = "--jar",
      paramLabel = "FILE",
      description = "Job jar (default: the one built in flink-jobs/target).")
  Path jar;

  @Option(names = "--json", description = "Print {job_id, jobmanager}.")
  boolean json;

  @Override
  public Integer call() throws InterruptedException {
    JobOptions options = JobFlags.given(spec);
    NamedJob named = NamedJob.of(name);
    List<String> arguments;
    String main;
    if (named == null) {
      JobFile job = JobFiles.read(spec, Path.of(name), JobFlags.values(spec));
      if (job.hasModel()) {
        job.checkModel();
      }
      if (!job.mistakes().isEmpty()) {
        JobFiles.print(job, spec.commandLine().getErr());
        return CommandLine.ExitCode.USAGE;
      }
      options = job.options();
      arguments = job.arguments();
      main = SequenceJob.class.getName();
    } else if (options.optional(JobOptions.MODEL).isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "--model is required: the directory of a model's version, as the TaskManagers see it.");
    } else {
      options = named.withDefaults(options);
      arguments = options.arguments();
      main = named.entryClass();
    }
    Path job = jar != null ? jar : builtJar();
    if (!Files.isRegularFile(job)) {
      throw new Failure("There is no job jar " + job + ".");
    }
    HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(8)).build();
    String id = upload(client, job);
    ObjectNode run = MAPPER.createObjectNode().put("entryClass", main);
    arguments.forEach(run.putArray("programArgsList")::add);
    run.put("parallelism", options.get(JobOptions.PARALLELISM));
    options.optional(JobOptions.FROM_SAVEPOINT).ifPresent(p -> run.put("savepointPath", p));
    String jobId =
        call(
                client,
                request("jars/" + id + "/run")
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString(run.toString())))
            .path("jobid")
            .asText();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          MAPPER.createObjectNode().put("job_id", jobId).put("jobmanager", jobManager.toString()));
    } else {
      out.println("Submitted job " + jobId + " to " + jobManager + ".");
    }
    out.flush();
    return 0;
  }

  private static Path builtJar() {
    Path target = Installation.directory().resolve("flink-jobs/target");
    if (Files.isDirectory(target)) {
      try (Stream<Path> files = Files.list(target)) {
        var found =
            files.filter(f -> f.getFileName().toString().endsWith("riffle-job.jar")).findFirst();
        if (found.isPresent()) {
          return found.get();
        }
      } catch (IOException e) {
        throw new Failure(target + " cannot be listed: " + e.getMessage(), e);
      }
    }
    throw new Failure(
        "There is no job jar in "
            + target
            + ". Build it with mvn -DskipTests package, or name one with --jar.");
  }

  private String upload(HttpClient client, Path job) throws InterruptedException {
    String boundary = "riffle" + Long.toHexString(System.nanoTime());
    String head =
        "--"
            + boundary
            + "\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\""
            + job.getFileName()
            + "\"\r\nContent-Type: application/x-java-archive\r\n\r\n";
    String tail = "\r\n--" + boundary + "--\r\n";
    BodyPublisher body;
    try {
      body =
          BodyPublishers.ofByteArrays(
              List.of(
                  head.getBytes(StandardCharsets.UTF_8),
                  Files.readAllBytes(job),
                  tail.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new Failure(job + " cannot be read: " + e.getMessage(), e);
    }
    JsonNode answer =
        call(
            client,
            request("jars/upload")
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(body));
    String name = answer.path("filename").asText();
    return name.substring(name.lastIndexOf('/') + 1);
  }

  private HttpRequest.Builder request(String path) {
    try {
      String base = jobManager.toString().replaceAll("/+$", "");
      return HttpRequest.newBuilder(URI.create(base + "/v1/" + path))
          .timeout(Duration.ofMinutes(2));
    } catch (IllegalArgumentException e) {
      throw new Failure(
          "--jobmanager must be a URL such as http://127.0.0.1:8081, but is '" + jobManager + "'.",
          e);
    }
  }

  private JsonNode call(HttpClient client, HttpRequest.Builder request)
      throws InterruptedException {
    try {
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      JsonNode answer = MAPPER.readTree(response.body());
      if (response.statusCode() / 100 == 2) {
        return answer;
      }
      throw new Failure(
          "The JobManager at "
              + jobManager
              + " refused ("
              + response.statusCode()
              + "): "
              + cause(answer.path("errors")));
    } catch (ConnectException | HttpTimeoutException e) {
      throw new Failure(
          "No JobManager answers at "
              + jobManager
              + ": start one, or name another with"
              + " --jobmanager URL.",
          e);
    } catch (IOException e) {
      throw new Failure(
          "What answers at " + jobManager + " is no JobManager: " + e.getMessage(), e);
    }
  }

  /** The innermost cause of a stack trace that the cluster sends as text. */
  private static String cause(JsonNode errors) {
    StringBuilder all = new StringBuilder();
    errors.forEach(e -> all.append(e.asText()).append('\n'));
    String found = all.toString().lines().findFirst().orElse("it gave no reason");
    for (String line : all.toString().split("\n")) {
      if (line.startsWith("Caused by: ")) {
        found = line.substring("Caused by: ".length());
      }
    }
    String shorter = found.replaceFirst("^[\\w.$]+(Exception|Error): ", "");
    return shorter.isBlank() ? found : shorter;
  }
}
