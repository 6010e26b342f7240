package dev.riffle.cli.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.jobs.sequence.Diagnostic;
import dev.riffle.jobs.sequence.JobFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What is wrong with a job's file. */
@Command(
    name = "validate",
    description = {
      "Reads a job's YAML file and its model, and tells every mistake with line, column and cure.",
      "Needs no broker; docs/jobs.md describes the file."
    },
    exitCodeList = {"0:it can run", "2:it has mistakes"})
public final class ValidateCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Parameters(paramLabel = "JOB.yaml", description = "The job's file.")
  Path file;

  @Option(
      names = "--json",
      description =
          "Print {file, valid, model, mistakes: [{line, column, key, found, expected, nearest,"
              + " cure, message}]}.")
  boolean json;

  @Override
  public Integer call() {
    JobFile job = JobFiles.read(spec, file, Map.of());
    String model = job.checkModel();
    List<Diagnostic> mistakes = job.mistakes();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(json(job, model, mistakes).toPrettyString());
    } else if (mistakes.isEmpty()) {
      out.println(
          file
              + " can run: "
              + model
              + " reads "
              + job.topics().in()
              + " and answers on "
              + job.topics().finals()
              + ".");
    } else {
      JobFiles.print(job, spec.commandLine().getErr());
    }
    out.flush();
    return mistakes.isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.USAGE;
  }

  private static ObjectNode json(JobFile job, String model, List<Diagnostic> mistakes) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node = mapper.createObjectNode();
    node.put("file", job.name()).put("valid", mistakes.isEmpty()).put("model", model);
    ArrayNode list = node.putArray("mistakes");
    for (Diagnostic mistake : mistakes) {
      ObjectNode item = mapper.valueToTree(mistake);
      list.add(item.put("message", mistake.message()));
    }
    return node;
  }
}
