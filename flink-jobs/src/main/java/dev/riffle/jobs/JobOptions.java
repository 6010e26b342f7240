package dev.riffle.jobs;

import static org.apache.flink.configuration.ConfigOptions.key;

import dev.riffle.dna.readuntil.SequentialTest;
import dev.riffle.models.weights.Suggestions;
import dev.riffle.operators.GapPolicy;
import dev.riffle.operators.SequenceOptions;
import dev.riffle.operators.StatePolicy;
import java.io.Serializable;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;

/**
 * What may be said about a job, each as {@code --name value}. The page {@code docs/options.md} is
 * made from this class.
 *
 * <p>Immutable; every value was checked when it was made.
 */
public final class JobOptions implements Serializable {
  private static final long serialVersionUID = 1;
  private static final SequenceOptions DEFAULTS = SequenceOptions.DEFAULTS;

  public static final ConfigOption<String> BOOTSTRAP =
      key("bootstrap")
          .stringType()
          .defaultValue("127.0.0.1:9092")
          .withDescription("The broker, host:port; several with commas.");

  public static final ConfigOption<String> NAMESPACE =
      key("namespace")
          .stringType()
          .defaultValue("riffle")
          .withDescription("First part of the topic names <namespace>.<stream>.<lane>.v1.");

  public static final ConfigOption<String> STREAM =
      key("stream")
          .stringType()
          .defaultValue("music")
          .withDescription("Second part of the topic names.");

  public static final ConfigOption<String> MODEL =
      key("model")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Directory of the model's version, as the TaskManagers see it, such as"
                  + " demo/models/lru-transcriber/1. Required.");

  public static final ConfigOption<String> SECOND_PASS =
      key("second-pass")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Directory of a second pass for the transcriber, such as"
                  + " demo/models/rse-second-pass/1: final notes then wait for its verdict; none if"
                  + " not given.");

  public static final ConfigOption<String> TARGETS =
      key("targets")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Of read-until, required: FASTA files of the genomes that are looked for, as the"
                  + " TaskManagers see them; several with commas.");

  public static final ConfigOption<String> REST =
      key("rest")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Of read-until: FASTA files of what else reads may be from, as far as it is known;"
                  + " decisions are earlier and better with it.");

  public static final ConfigOption<String> SAMPLING =
      key("sampling")
          .stringType()
          .defaultValue("enrich")
          .withDescription(
              "Of read-until: enrich (sequence the targets' reads, unblock the others) or deplete"
                  + " (the other way round).");

  public static final ConfigOption<Double> MAX_FALSE_ACCEPT =
      key("max-false-accept")
          .doubleType()
          .defaultValue(SequentialTest.DEFAULTS.falseAccept())
          .withDescription(
              "Of read-until: share of the other reads that may be taken for a target's.");

  public static final ConfigOption<Double> MAX_FALSE_REJECT =
      key("max-false-reject")
          .doubleType()
          .defaultValue(SequentialTest.DEFAULTS.falseReject())
          .withDescription(
              "Of read-until: share of the targets' reads that may be taken for others.");

  public static final ConfigOption<Integer> MAX_BASES =
      key("max-bases")
          .intType()
          .defaultValue(SequentialTest.DEFAULTS.maxBases())
          .withDescription(
              "Of read-until: bases after which a read is decided by at-max-bases, unless the"
                  + " evidence sufficed before.");

  public static final ConfigOption<String> AT_MAX_BASES =
      key("at-max-bases")
          .stringType()
          .defaultValue("sequence")
          .withDescription(
              "Of read-until: what to do with a read that is still unknown then, sequence or"
                  + " unblock.");

  public static final ConfigOption<String> BACKEND =
      key("backend")
          .stringType()
          .defaultValue("cpu")
          .withDescription(
              "What computes: cpu, reference, or another of backends.md on the class path, such as nd4j.");

  public static final ConfigOption<String> GROUP =
      key("group-id")
          .stringType()
          .defaultValue("riffle")
          .withDescription("Consumer group whose offsets are committed with each checkpoint.");

  public static final ConfigOption<String> START_FROM =
      key("start-from")
          .stringType()
          .defaultValue("committed")
          .withDescription(
              "Where a job without a savepoint begins: committed (the group's offsets, else the"
                  + " earliest), earliest or latest.");

  public static final ConfigOption<Boolean> BOUNDED =
      key("bounded")
          .booleanType()
          .defaultValue(false)
          .withDescription("Read what the topic holds at the start, end all sequences, then end.");

  public static final ConfigOption<String> FROM_SAVEPOINT =
      key("from-savepoint")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Savepoint or checkpoint to go on from, for a job that this process submits; a"
                  + " cluster is told when the job is submitted.");

  public static final ConfigOption<Integer> PARALLELISM =
      key("parallelism")
          .intType()
          .defaultValue(1)
          .withDescription("Tasks side by side; may change at every restart from a savepoint.");

  public static final ConfigOption<Integer> MAX_PARALLELISM =
      key("max-parallelism")
          .intType()
          .defaultValue(128)
          .withDescription("Upper bound of parallelism; fixed for the life of the state.");

  public static final ConfigOption<Boolean> PREVIEW =
      key("preview")
          .booleanType()
          .defaultValue(true)
          .withDescription("Write answers to the preview topic at once.");

  public static final ConfigOption<Duration> CHECKPOINT_INTERVAL =
      key("checkpoint-interval")
          .durationType()
          .defaultValue(Duration.ofSeconds(1))
          .withDescription("How often state, offsets and the final lane are committed.");

  public static final ConfigOption<String> CHECKPOINT_DIR =
      key("checkpoint-dir")
          .stringType()
          .noDefaultValue()
          .withDescription("Where checkpoints are kept, a URI; the cluster's own if not given.");

  public static final ConfigOption<String> STATE_BACKEND =
      key("state-backend")
          .stringType()
          .defaultValue("hashmap")
          .withDescription("Where state lives: hashmap (heap) or rocksdb (disk, for many keys).");

  public static final ConfigOption<Integer> RESTART_ATTEMPTS =
      key("restart-attempts")
          .intType()
          .defaultValue(1000)
          .withDescription(
              "Restarts from the last checkpoint before the job gives up; 0 for none.");

  public static final ConfigOption<Duration> RESTART_DELAY =
      key("restart-delay")
          .durationType()
          .defaultValue(Duration.ofMillis(500))
          .withDescription("Wait before each restart.");

  public static final ConfigOption<Integer> MAX_BATCH_SIZE =
      key("max-batch-size")
          .intType()
          .defaultValue(DEFAULTS.maxBatchSize())
          .withDescription("Most sequences, or windows, that are computed together.");

  public static final ConfigOption<Duration> MAX_QUEUE_DELAY =
      key("max-queue-delay")
          .durationType()
          .defaultValue(DEFAULTS.maxQueueDelay())
          .withDescription("Longest wait for a batch to fill; 0 never waits.");

  public static final ConfigOption<Integer> WARM_UP =
      key("warm-up")
          .intType()
          .defaultValue(DEFAULTS.warmUp())
          .withDescription(
              "Windows or steps of zeros, up to a batch, computed when a task starts, so that the"
                  + " first one does not pay for what is loaded and compiled then; 0 for none.");

  public static final ConfigOption<Integer> MAX_REORDER_EVENTS =
      key("max-reorder-events")
          .intType()
          .defaultValue(DEFAULTS.maxReorderEvents())
          .withDescription("Most early events of one sequence held while steps are missing.");

  public static final ConfigOption<Long> MAX_REORDER_STEPS =
      key("max-reorder-steps")
          .longType()
          .defaultValue(DEFAULTS.maxReorderSteps())
          .withDescription("Most steps that may be missing before gap-policy applies at once.");

  public static final ConfigOption<Duration> MAX_REORDER_WAIT =
      key("max-reorder-wait")
          .durationType()
          .defaultValue(DEFAULTS.maxReorderWait())
          .withDescription(
              "Longest capture time an early event is held while steps are missing; 0 for no such"
                  + " limit.");

  public static final ConfigOption<String> GAP_POLICY =
      key("gap-policy")
          .stringType()
          .defaultValue(DEFAULTS.gapPolicy().option())
          .withDescription(
              "When steps are missing for good: fill (with zeros), reset (end the session, begin"
                  + " another) or dead-letter (until the sequence starts again).");

  public static final ConfigOption<Long> MAX_FILL_STEPS =
      key("max-fill-steps")
          .longType()
          .defaultValue(DEFAULTS.maxFillSteps())
          .withDescription("Largest gap that fill fills; a larger one resets.");

  public static final ConfigOption<Duration> MAX_SEQUENCE_IDLE =
      key("max-sequence-idle")
          .durationType()
          .defaultValue(DEFAULTS.maxSequenceIdle())
          .withDescription(
              "Capture time without an event after which a session ends; 0 for never.");

  public static final ConfigOption<Duration> WALL_CLOCK_IDLE =
      key("wall-clock-idle")
          .durationType()
          .defaultValue(DEFAULTS.wallClockIdle())
          .withDescription(
              "The same by the clock on the wall; what it ends differs from run to run. 0 for"
                  + " never.");

  public static final ConfigOption<Duration> STATE_TTL =
      key("state-ttl")
          .durationType()
          .defaultValue(DEFAULTS.stateTtl())
          .withDescription("Capture time after which an ended sequence is forgotten.");

  public static final ConfigOption<String> ON_MODEL_CHANGE =
      key("on-model-change")
          .stringType()
          .defaultValue(DEFAULTS.onModelChange().option())
          .withDescription(
              "State that another model wrote: refuse (fail and say so), carry (go on with it) or"
                  + " reset (end the sessions, begin anew).");

  public static final ConfigOption<MemorySize> MAX_RECORD_BYTES =
      key("max-record-bytes")
          .memoryType()
          .defaultValue(MemorySize.parse("512kb"))
          .withDescription(
              "Largest input record; a larger one goes to the dead letters, cut to this size. The"
                  + " broker's message.max.bytes has to be 64 kB larger.");

  public static final ConfigOption<Duration> MAX_OUT_OF_ORDERNESS =
      key("max-out-of-orderness")
          .durationType()
          .defaultValue(Duration.ofSeconds(1))
          .withDescription(
              "How far capture times of one partition may lie behind the newest; judges idleness"
                  + " and missing steps.");

  public static final ConfigOption<Duration> MAX_CAPTURE_AHEAD =
      key("max-capture-ahead")
          .durationType()
          .defaultValue(Duration.ofDays(1))
          .withDescription(
              "How far a capture time may lie after its record's Kafka timestamp; beyond it is a"
                  + " dead letter, because it would end every other session as idle.");

  public static final ConfigOption<Duration> PARTITION_IDLE =
      key("partition-idle")
          .durationType()
          .defaultValue(Duration.ofSeconds(5))
          .withDescription("A partition silent for this long does not hold the others back.");

  public static final ConfigOption<Duration> BUFFER_TIMEOUT =
      key("buffer-timeout")
          .durationType()
          .defaultValue(Duration.ofMillis(1))
          .withDescription("Longest wait of an event in a network buffer.");

  public static final ConfigOption<String> TRANSACTIONAL_ID_PREFIX =
      key("transactional-id-prefix")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Begins the transactional ids of the exactly-once topics; <namespace>.<stream> if not"
                  + " given. Two jobs at one broker must not share it.");

  public static final ConfigOption<Duration> TRANSACTION_TIMEOUT =
      key("transaction-timeout")
          .durationType()
          .defaultValue(Duration.ofMinutes(10))
          .withDescription(
              "Longest time between two checkpoints, with recovery, before the broker drops the"
                  + " final lane's records; at most the broker's transaction.max.timeout.ms.");

  /** All options in the order of the page. */
  public static final List<ConfigOption<?>> ALL =
      List.of(
          BOOTSTRAP,
          NAMESPACE,
          STREAM,
          MODEL,
          SECOND_PASS,
          TARGETS,
          REST,
          SAMPLING,
          MAX_FALSE_ACCEPT,
          MAX_FALSE_REJECT,
          MAX_BASES,
          AT_MAX_BASES,
          BACKEND,
          GROUP,
          START_FROM,
          BOUNDED,
          FROM_SAVEPOINT,
          PARALLELISM,
          MAX_PARALLELISM,
          PREVIEW,
          CHECKPOINT_INTERVAL,
          CHECKPOINT_DIR,
          STATE_BACKEND,
          RESTART_ATTEMPTS,
          RESTART_DELAY,
          MAX_BATCH_SIZE,
          MAX_QUEUE_DELAY,
          WARM_UP,
          MAX_REORDER_EVENTS,
          MAX_REORDER_STEPS,
          MAX_REORDER_WAIT,
          GAP_POLICY,
          MAX_FILL_STEPS,
          MAX_SEQUENCE_IDLE,
          WALL_CLOCK_IDLE,
          STATE_TTL,
          ON_MODEL_CHANGE,
          MAX_RECORD_BYTES,
          MAX_OUT_OF_ORDERNESS,
          MAX_CAPTURE_AHEAD,
          PARTITION_IDLE,
          BUFFER_TIMEOUT,
          TRANSACTIONAL_ID_PREFIX,
          TRANSACTION_TIMEOUT);

  /** Those of read-until alone. */
  public static final List<ConfigOption<?>> READ_UNTIL =
      List.of(TARGETS, REST, SAMPLING, MAX_FALSE_ACCEPT, MAX_FALSE_REJECT, MAX_BASES, AT_MAX_BASES);

  /** What an option of a few values may be. */
  private static final Map<ConfigOption<?>, List<String>> CHOICES =
      Map.of(
          START_FROM,
          List.of("committed", "earliest", "latest"),
          STATE_BACKEND,
          List.of("hashmap", "rocksdb"),
          SAMPLING,
          List.of("enrich", "deplete"),
          AT_MAX_BASES,
          List.of("sequence", "unblock"),
          GAP_POLICY,
          Arrays.stream(GapPolicy.values()).map(GapPolicy::option).toList(),
          ON_MODEL_CHANGE,
          Arrays.stream(StatePolicy.values()).map(StatePolicy::option).toList());

  /** Least values: bytes of a size, milliseconds of a duration. */
  private static final Map<ConfigOption<?>, Long> LEAST =
      Map.of(
          PARALLELISM, 1L,
          MAX_PARALLELISM, 1L,
          RESTART_ATTEMPTS, 0L,
          MAX_BATCH_SIZE, 1L,
          WARM_UP, 0L,
          MAX_REORDER_EVENTS, 0L,
          MAX_REORDER_STEPS, 0L,
          MAX_FILL_STEPS, 0L,
          MAX_RECORD_BYTES, 1024L,
          CHECKPOINT_INTERVAL, 10L);

  private final Configuration values;

  private JobOptions(Configuration values) {
    this(values, true);
  }

  private JobOptions(Configuration values, boolean strict) {
    this.values = values;
    if (strict) {
      check()
          .forEach(
              (name, expected) -> {
                throw new IllegalArgumentException(
                    "Option --"
                        + name
                        + " must be "
                        + expected
                        + ", but is '"
                        + values.toMap().getOrDefault(name, text(option(name).defaultValue()))
                        + "'.");
              });
    }
  }

  /**
   * Options from a command line: {@code --name value} or {@code --name=value}.
   *
   * @throws IllegalArgumentException if a name is unknown or a value is none; the message says what
   *     was expected
   */
  public static JobOptions parse(String... arguments) {
    Map<String, String> given = new LinkedHashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      if (!argument.startsWith("--")) {
        throw new IllegalArgumentException(
            "Expected --name value but found '" + argument + "'; options begin with two dashes.");
      }
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument.substring(2) : argument.substring(2, equals);
      requireKnown(name);
      if (equals < 0 && i + 1 == arguments.length) {
        throw new IllegalArgumentException("Option --" + name + " needs a value after it.");
      }
      String value = equals < 0 ? arguments[++i] : argument.substring(equals + 1);
      if (given.putIfAbsent(name, value) != null) {
        throw new IllegalArgumentException("Option --" + name + " was given twice.");
      }
    }
    return of(given);
  }

  /**
   * Options by name, without dashes; the rest have their defaults.
   *
   * @throws IllegalArgumentException as {@link #parse}
   */
  public static JobOptions of(Map<String, String> given) {
    Configuration values = new Configuration();
    for (Map.Entry<String, String> e : given.entrySet()) {
      requireKnown(e.getKey());
      values.setString(e.getKey(), e.getValue());
    }
    return new JobOptions(values);
  }

  /** The same with one option changed. */
  public <T> JobOptions with(ConfigOption<T> option, T value) {
    Configuration changed = new Configuration(values);
    changed.set(option, value);
    return new JobOptions(changed);
  }

  /** Value of an option: what was given, or its default, or null. */
  public <T> T get(ConfigOption<T> option) {
    return values.get(option);
  }

  /** Value of an option without a default. */
  public <T> Optional<T> optional(ConfigOption<T> option) {
    return values.getOptional(option);
  }

  /** What was given, as a command line. */
  public List<String> arguments() {
    return new TreeMap<>(values.toMap())
        .entrySet().stream().map(e -> "--" + e.getKey() + "=" + e.getValue()).toList();
  }

  /**
   * Checks that none of these was given.
   *
   * @param why not, to follow the option's name
   * @throws IllegalArgumentException if one was
   */
  public void refuse(List<ConfigOption<?>> options, String why) {
    for (ConfigOption<?> option : options) {
      if (values.containsKey(option.key())) {
        throw new IllegalArgumentException(
            "Option --" + option.key() + " must not be given: " + why + ".");
      }
    }
  }

  /** Names of the topics. */
  public Topics topics() {
    return Topics.of(get(NAMESPACE), get(STREAM));
  }

  /** Directory of the model. */
  public String model() {
    return optional(MODEL)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Option --model is required: the directory of a model's version, such as"
                        + " demo/models/lru-transcriber/1."));
  }

  /** {@code <namespace>.<stream>}. */
  public String streamName() {
    return get(NAMESPACE) + "." + get(STREAM);
  }

  /** Begin of the transactional ids. */
  public String transactionalIdPrefix() {
    return optional(TRANSACTIONAL_ID_PREFIX).orElse(streamName());
  }

  /** What the sequence operator has to know. */
  public SequenceOptions sequences() {
    return new SequenceOptions(
        get(MAX_BATCH_SIZE),
        get(MAX_QUEUE_DELAY),
        get(WARM_UP),
        get(MAX_REORDER_EVENTS),
        get(MAX_REORDER_STEPS),
        get(MAX_REORDER_WAIT),
        GapPolicy.of(get(GAP_POLICY)),
        get(MAX_FILL_STEPS),
        get(MAX_SEQUENCE_IDLE),
        get(WALL_CLOCK_IDLE),
        get(STATE_TTL),
        StatePolicy.of(get(ON_MODEL_CHANGE)));
  }

  /** What Flink has to know: checkpoints, state backend, restarts, parallelism. */
  public Configuration flink() {
    Configuration flink = new Configuration();
    flink.set(CoreOptions.DEFAULT_PARALLELISM, get(PARALLELISM));
    flink.set(PipelineOptions.MAX_PARALLELISM, get(MAX_PARALLELISM));
    flink.set(PipelineOptions.OBJECT_REUSE, true);
    flink.set(PipelineOptions.GENERIC_TYPES, false);
    flink.set(ExecutionOptions.BUFFER_TIMEOUT, get(BUFFER_TIMEOUT));
    flink.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, get(CHECKPOINT_INTERVAL));
    flink.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, 3);
    optional(CHECKPOINT_DIR)
        .ifPresent(dir -> flink.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, dir));
    flink.set(StateBackendOptions.STATE_BACKEND, get(STATE_BACKEND));
    int attempts = get(RESTART_ATTEMPTS);
    flink.set(RestartStrategyOptions.RESTART_STRATEGY, attempts == 0 ? "none" : "fixed-delay");
    flink.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, Math.max(1, attempts));
    flink.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, get(RESTART_DELAY));
    optional(FROM_SAVEPOINT)
        .ifPresent(path -> flink.set(StateRecoveryOptions.SAVEPOINT_PATH, path));
    return flink;
  }

  /** What kind of value an option takes, as the page names it. */
  public static String type(ConfigOption<?> option) {
    Object value = option.defaultValue();
    if (value instanceof Boolean) {
      return "true or false";
    }
    if (value instanceof Integer || value instanceof Long) {
      return "whole number";
    }
    if (value instanceof Double) {
      return "number";
    }
    if (value instanceof Duration) {
      return "duration";
    }
    if (value instanceof MemorySize) {
      return "size";
    }
    return "text";
  }

  /** What an option means, in words. */
  public static String description(ConfigOption<?> option) {
    return new org.apache.flink.configuration.description.HtmlFormatter()
        .format(option.description())
        .replace("&lt;", "<")
        .replace("&gt;", ">");
  }

  /** Value as one would write it. */
  public static String text(Object value) {
    if (value == null) {
      return "";
    }
    if (value instanceof Duration d) {
      return org.apache.flink.util.TimeUtils.formatWithHighestUnit(d);
    }
    return value.toString();
  }

  /** Names of all options. */
  public static List<String> names() {
    return ALL.stream().map(ConfigOption::key).toList();
  }

  /** The option of this name. */
  private static ConfigOption<?> option(String name) {
    return ALL.get(names().indexOf(name));
  }

  private static void requireKnown(String name) {
    if (!names().contains(name)) {
      throw new IllegalArgumentException(
          "There is no option --"
              + name
              + Suggestions.of(name, names())
                  .map(near -> "; did you mean --" + near + "?")
                  .orElse("; docs/options.md lists all."));
    }
  }

  /**
   * Everything that is wrong with values of options that there are.
   *
   * @return by name what was expected, such as {@code a whole number}; empty if nothing is wrong
   */
  public static Map<String, String> mistakes(Map<String, String> given) {
    return new JobOptions(Configuration.fromMap(given), false).check();
  }

  private Map<String, String> check() {
    Map<String, String> expected = new LinkedHashMap<>();
    for (ConfigOption<?> option : ALL) {
      String wanted = expected(option);
      if (wanted != null) {
        expected.put(option.key(), wanted);
      }
    }
    if (!expected.containsKey(PARALLELISM.key()) && !expected.containsKey(MAX_PARALLELISM.key())) {
      int least = get(PARALLELISM);
      if (get(MAX_PARALLELISM) < least) {
        expected.put(MAX_PARALLELISM.key(), "at least " + least);
      }
    }
    return expected;
  }

  /** What a value that cannot be used should have been; null if it can. */
  private String expected(ConfigOption<?> option) {
    Object value;
    try {
      value = values.get(option);
    } catch (RuntimeException e) {
      return switch (type(option)) {
        case "duration" -> "a duration such as 200ms, 5s or 10min";
        case "size" -> "a size such as 512kb or 4mb";
        case "whole number" -> "a whole number";
        case "number" -> "a number such as 0.01";
        default -> type(option);
      };
    }
    List<String> choices = CHOICES.get(option);
    if (choices != null && !choices.contains(value)) {
      return "one of " + String.join(", ", choices);
    }
    if ((option == NAMESPACE || option == STREAM) && !Topics.isPart((String) value)) {
      return Topics.PART_RULE;
    }
    if ((option == MAX_FALSE_ACCEPT || option == MAX_FALSE_REJECT)
        && !isErrorRate((Double) value)) {
      return "more than 0 and less than 0.5";
    }
    if (option == MAX_BASES && (number(value) < 15 || number(value) > SequentialTest.MOST_BASES)) {
      return "from 15 to " + SequentialTest.MOST_BASES;
    }
    Long least = LEAST.get(option);
    if (least != null && number(value) < least) {
      return "at least " + least;
    }
    return value instanceof Duration d && d.isNegative() ? "a duration of 0 or more" : null;
  }

  private static boolean isErrorRate(double rate) {
    return rate > 0 && rate < 0.5;
  }

  private static long number(Object value) {
    if (value instanceof Duration d) {
      return d.toMillis();
    }
    return value instanceof MemorySize size ? size.getBytes() : ((Number) value).longValue();
  }
}
