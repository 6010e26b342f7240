package dev.riffle.cli;

import dev.riffle.cli.annotate.AnnotateCommand;
import dev.riffle.cli.demo.DemoCommand;
import dev.riffle.cli.doctor.DoctorCommand;
import dev.riffle.cli.job.RunCommand;
import dev.riffle.cli.job.SubmitCommand;
import dev.riffle.cli.job.ValidateCommand;
import dev.riffle.cli.model.ModelCommand;
import dev.riffle.cli.model.VerifyCommand;
import dev.riffle.cli.shared.CommandGroup;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.LogFile;
import dev.riffle.cli.stream.ProduceCommand;
import dev.riffle.cli.stream.TailCommand;
import dev.riffle.cli.transcribe.TranscribeCommand;
import dev.riffle.schemas.Printable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line: {@code riffle COMMAND ...}. */
@Command(
    name = "riffle",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Riffle.Version.class,
    description =
        "Run recurrent neural networks on Kafka streams with Flink: one model state per key,"
            + " exactly-once output.",
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    sortOptions = false,
    usageHelpAutoWidth = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:success", "1:failure", "2:usage error"},
    subcommands = {
      DemoCommand.class,
      TranscribeCommand.class,
      AnnotateCommand.class,
      ProduceCommand.class,
      RunCommand.class,
      TailCommand.class,
      SubmitCommand.class,
      ValidateCommand.class,
      VerifyCommand.class,
      ModelCommand.class,
      DoctorCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Riffle implements Runnable {
  @Spec CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of an error.")
  boolean verbose;

  /** Runs a command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    LogFile.open();
    System.exit(commandLine().execute(args));
  }

  /** The command line with its handlers; tests give it their own writers. */
  public static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Riffle());
    ServiceLoader.load(CommandGroup.class).forEach(line::addSubcommand);
    RunCommand.configure(line.getSubcommands().get("run"));
    SubmitCommand.configure(line.getSubcommands().get("submit"));
    line.setUsageHelpWidth(100);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(Riffle::explain);
    line.setParameterExceptionHandler(Riffle::explainUsage);
    return line;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command.");
  }

  private static int explain(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
    PrintWriter err = line.getErr();
    Riffle root = line.getCommandSpec().root().userObject() instanceof Riffle r ? r : null;
    err.println("riffle: " + Printable.lines(message(e)));
    if (root != null && root.verbose) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace, true));
      err.print(Printable.lines(trace.toString()));
    } else if (!(e instanceof Failure) && !isForUsers(e)) {
      err.println(
          "        Use --verbose for the stack trace."
              + LogFile.path()
                  .map(log -> " The log of Flink and Kafka is " + log + ".")
                  .orElse(""));
    }
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }

  private static int explainUsage(ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    line.getErr().println("riffle: " + Printable.lines(e.getMessage()));
    CommandLine.UnmatchedArgumentException.printSuggestions(e, line.getErr());
    line.getErr().println("        Try: " + line.getCommandSpec().qualifiedName() + " --help");
    line.getErr().flush();
    return CommandLine.ExitCode.USAGE;
  }

  /** Errors whose message is written for the user. */
  private static boolean isForUsers(Throwable e) {
    return e instanceof dev.riffle.models.InputException
        || e instanceof dev.riffle.models.ModelException
        || e instanceof dev.riffle.models.StateException
        || e instanceof IllegalArgumentException;
  }

  private static String message(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof Failure || isForUsers(t)) {
        return t.getMessage();
      }
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** Version from the jar, and the JVM's. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Riffle.class.getPackage().getImplementationVersion();
      return new String[] {
        "riffle " + (version == null ? "(built from sources)" : version),
        "Java "
            + Runtime.version()
            + " on "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch")
      };
    }
  }
}
