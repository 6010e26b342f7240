package dev.riffle.jobs;

import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.OptionGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** The jobs that run by name, as registered with {@link ServiceLoader}. */
public final class Jobs {
  private static final List<JobDefinition<?>> ALL = load();

  private Jobs() {}

  @SuppressWarnings({"rawtypes", "unchecked"}) // a service type has no type arguments
  private static List<JobDefinition<?>> load() {
    List<JobDefinition<?>> jobs = new ArrayList<>();
    for (JobDefinition job :
        ServiceLoader.load(JobDefinition.class, JobDefinition.class.getClassLoader())) {
      jobs.add(job);
    }
    return List.copyOf(jobs);
  }

  /** All jobs, in the order of registration. */
  public static List<JobDefinition<?>> all() {
    return ALL;
  }

  /** Names of all jobs, such as {@code read-until}. */
  public static List<String> names() {
    return ALL.stream().<String>map(JobDefinition::name).toList();
  }

  /** The job that reads this {@code source.format} of a job file. */
  public static Optional<JobDefinition<?>> ofFormat(String format) {
    return ALL.stream()
        .filter(job -> job.recordFormat().filter(format::equals).isPresent())
        .findFirst();
  }

  /** Name of the job that owns the option with this name. */
  public static Optional<String> ownerOf(String option) {
    return ALL.stream()
        .filter(job -> takes(job, option))
        .<String>map(JobDefinition::name)
        .findFirst();
  }

  private static boolean takes(JobDefinition<?> job, String name) {
    for (OptionGroup group : job.ownOptions()) {
      for (JobOption<?> option : group.options()) {
        if (option.name().equals(name) || option.deprecatedNames().contains(name)) {
          return true;
        }
      }
    }
    return false;
  }
}
