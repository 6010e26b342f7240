package dev.riffle.jobs;

import org.apache.flink.configuration.ConfigOption;

/** The page {@code docs/options.md}, made from {@link JobOptions}. */
public final class OptionsPage {
  private OptionsPage() {}

  /** Prints the page. */
  public static void main(String[] args) {
    System.out.print(text());
  }

  /** The page as Markdown. */
  public static String text() {
    StringBuilder page =
        new StringBuilder(
            """
            # Options of a job

            Each is said as `--name value` or `--name=value`, to `./riffle run`, to `./riffle submit` and to the job jar
            itself. An unknown name or a bad value ends the command before anything starts. Durations are written `200ms`,
            `5s`, `10min`; sizes `512kb`, `4mb`. A job's [YAML file](jobs.md) takes them below `options`, without the dashes.

            | option | takes | default | meaning |
            |---|---|---|---|
            """);
    for (ConfigOption<?> option : JobOptions.ALL) {
      String value = JobOptions.text(option.defaultValue());
      page.append("| `")
          .append(option.key())
          .append("` | ")
          .append(JobOptions.type(option))
          .append(" | ")
          .append(value.isEmpty() ? "" : "`" + value + "`")
          .append(" | ")
          .append(JobOptions.description(option).replace("<", "&lt;").replace(">", "&gt;"))
          .append(" |\n");
    }
    return page.toString();
  }
}
