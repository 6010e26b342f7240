package dev.riffle.jobs;

import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.OptionGroup;
import dev.riffle.jobs.stream.KafkaOptions;
import java.util.stream.Collectors;

/** The page {@code docs/options.md}, generated from the definitions of the jobs. */
final class OptionsPage {
  private static final String HEAD =
      """
      # Job options

      `./riffle run JOB --help` lists the options of a job. `./riffle run`, `./riffle submit` and the job jar take them
      as `--name value` or `--name=value`:

      ```console
      $ ./riffle run transcription --parallelism 4 --max-queue-delay 5ms
      ```

      An unknown option, an option of another job or an invalid value is a usage error: nothing starts. Write durations
      as `200ms`, `5s` or `10min`, and sizes as `512kb` or `4mb`. A [job file](jobs.md) sets options below `options`,
      without the dashes. An option without a default may be omitted unless it says "required".
      """;

  private OptionsPage() {}

  /** The page as Markdown. */
  static String text() {
    StringBuilder page = new StringBuilder(HEAD);
    page.append("\n## Options of every job\n");
    JobDefinition.COMMON_OPTIONS.forEach(group -> section("###", group, page));
    for (JobDefinition<?> job : Jobs.all()) {
      for (OptionGroup group : job.ownOptions()) {
        page.append("\n## Options of ").append(job.name()).append('\n');
        table(group, page);
      }
    }
    return page.toString();
  }

  private static void section(String level, OptionGroup group, StringBuilder page) {
    page.append('\n').append(level).append(' ').append(group.title()).append('\n');
    table(group, page);
  }

  private static void table(OptionGroup group, StringBuilder page) {
    page.append("\n| option | takes | default | meaning |\n|---|---|---|---|\n");
    for (JobOption<?> option : group.options()) {
      page.append("| `")
          .append(option.name())
          .append("` | ")
          .append(option.type().title())
          .append(" | ")
          .append(defaultOf(option))
          .append(" | ")
          .append(option.description().replace("<", "&lt;").replace(">", "&gt;"))
          .append(formerNames(option))
          .append(" |\n");
    }
  }

  private static String defaultOf(JobOption<?> option) {
    if (option == KafkaOptions.STREAM) {
      return Jobs.all().stream()
          .map(
              job ->
                  "`"
                      + job.options().defaultOf(KafkaOptions.STREAM).orElse("")
                      + "` for "
                      + job.name())
          .collect(Collectors.joining(", "));
    }
    return option.isRequired()
        ? "required"
        : option.defaultValue().map(value -> "`" + JobOption.text(value) + "`").orElse("");
  }

  private static String formerNames(JobOption<?> option) {
    return option.deprecatedNames().stream()
        .map(name -> " Former name, deprecated: `" + name + "`.")
        .collect(Collectors.joining());
  }
}
