package dev.riffle.cli;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;

/** Runs a command as a shell would and keeps what it said. */
public record CommandLines(int exit, String out, String err) {
  static {
    System.setProperty("riffle.home", checkout().toString());
  }

  public static CommandLines run(Object... arguments) {
    String[] args = new String[arguments.length];
    for (int i = 0; i < args.length; i++) {
      args[i] = arguments[i].toString();
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Riffle.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    int exit = line.execute(args);
    return new CommandLines(exit, out.toString(), err.toString());
  }

  /** Runs a command with these bytes as standard input. */
  public static CommandLines runWithInput(byte[] bytes, Object... arguments) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(bytes));
    try {
      return run(arguments);
    } finally {
      System.setIn(before);
    }
  }

  /** The root of the checkout, wherever the tests were started. */
  public static Path checkout() {
    Path here = Path.of("").toAbsolutePath();
    return Files.isDirectory(here.resolve("demo/models")) ? here : here.getParent();
  }

  public static Path transcriber() {
    return checkout().resolve("demo/models/lru-transcriber/1");
  }
}
