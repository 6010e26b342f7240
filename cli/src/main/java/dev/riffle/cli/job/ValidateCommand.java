package dev.riffle.cli.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.jobs.sequence.Diagnostic;
import dev.riffle.jobs.sequence.JobFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reports the problems of a job file. */
@Command(
    name = "validate",
    description = {
      "Check a job file and its model. Print every problem with line, column and a hint.",
      "Needs neither a broker nor a schema registry. docs/jobs.md describes the file."
    },
    exitCodeList = {"0:the job can run", "2:the file has problems, or usage error"})
public final class ValidateCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Parameters(paramLabel = "JOB.yaml", description = "The job file.")
  Path file;

  @Option(
      names = "--json",
      description =
          "Print {file, valid, model, problems: [{line, column, key, found, expected, suggestion,"
              + " hint, message}]}.")
  boolean json;

  @Override
  public Integer call() {
    JobFile job = JobFiles.read(spec, file, Map.of());
    Optional<String> model = job.checkModel();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(json(job, model).toPrettyString());
    } else if (job.isValid()) {
      out.println(
          file
              + " is valid: "
              + model.orElseThrow()
              + " reads "
              + job.topics().in()
              + " and writes "
              + job.topics().finals()
              + ".");
    } else {
      JobFiles.print(job, spec.commandLine().getErr());
    }
    out.flush();
    return job.isValid() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.USAGE;
  }

  private static ObjectNode json(JobFile job, Optional<String> model) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("file", job.name()).put("valid", job.isValid()).put("model", model.orElse(null));
    ArrayNode problems = node.putArray("problems");
    for (Diagnostic problem : job.diagnostics()) {
      problems
          .addObject()
          .put("line", problem.line())
          .put("column", problem.column())
          .put("key", problem.key())
          .put("found", problem.found().orElse(null))
          .put("expected", problem.expected())
          .put("suggestion", problem.advice().suggestion().orElse(null))
          .put("hint", problem.advice().hint().orElse(null))
          .put("message", problem.message());
    }
    return node;
  }
}
