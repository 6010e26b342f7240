package dev.riffle.cli.shared;

import dev.riffle.schemas.Printable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.RollingFileAppender;
import org.apache.logging.log4j.core.appender.rolling.DefaultRolloverStrategy;
import org.apache.logging.log4j.core.appender.rolling.SizeBasedTriggeringPolicy;
import org.apache.logging.log4j.core.config.Configuration;

/**
 * The log file of Flink and Kafka: one for each process, in a directory that only its user can
 * read, rotated at {@value #ROTATE_AT}. The system property {@value #PROPERTY} names another file.
 *
 * <p>The directory is {@code $XDG_STATE_HOME/riffle}, or {@code ~/.local/state/riffle}. If it
 * cannot be used safely, it is a new one among the temporary files. The file is created with a new
 * name, so it is never a link or a file that another user prepared.
 */
public final class LogFile {
  /** System property with the path of a log file to use instead. */
  public static final String PROPERTY = "riffle.log";

  private static final String ROTATE_AT = "10 MB";
  private static final String ROTATED_FILES = "3";
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final String FROM_UMASK = null; // Log4j's value
  static final String OWNER_FILE = "rw-------";

  private static Optional<Path> opened = Optional.empty();

  private LogFile() {}

  /** The log file of this process, for messages; empty if the process writes none. */
  public static synchronized Optional<Path> path() {
    return opened;
  }

  /**
   * Creates the log file and lets the loggers of this process write to it. If no file can be
   * created, says so on the error stream: commands work without a log.
   */
  public static synchronized void open() {
    String named = System.getProperty(PROPERTY);
    Path file;
    try {
      file = named != null ? Path.of(named) : create(home());
    } catch (UncheckedIOException e) {
      System.err.println("riffle: " + Printable.lines(e.getMessage()));
      return;
    }
    append(file, named == null && isPosix() ? OWNER_FILE : FROM_UMASK);
    opened = Optional.of(file);
    if (named == null) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> deleteIfEmpty(file), "riffle-log"));
    }
  }

  private static Path home() {
    String state = System.getenv("XDG_STATE_HOME");
    return state != null && Path.of(state).isAbsolute()
        ? Path.of(state, "riffle")
        : Path.of(System.getProperty("user.home"), ".local", "state", "riffle");
  }

  /**
   * Creates a log file.
   *
   * @param directory for it; a new temporary directory is used if others can write to this one
   */
  static Path create(Path directory) {
    try {
      makePrivate(directory);
      return createIn(directory);
    } catch (IOException | UnsupportedOperationException e) {
      return createInTemporary();
    }
  }

  private static Path createInTemporary() {
    try {
      return createIn(Files.createTempDirectory("riffle-log-")); // only its owner can read it
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot create a log file in "
              + System.getProperty("java.io.tmpdir")
              + ". Free some space there, or name a file with RIFFLE_JAVA_OPTS=-D"
              + PROPERTY
              + "=FILE.",
          e);
    }
  }

  /** Creates the directory for its owner only, or checks that it is one. */
  private static void makePrivate(Path directory) throws IOException {
    Files.createDirectories(directory.toAbsolutePath().getParent());
    try {
      Files.createDirectory(directory, attributes(OWNER_ONLY));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        throw e;
      }
      if (isPosix()) {
        Files.setPosixFilePermissions(directory, OWNER_ONLY); // fails for other users' directories
      }
    }
  }

  private static Path createIn(Path directory) throws IOException {
    String name =
        "riffle-"
            + TIME.format(LocalDateTime.now(ZoneId.systemDefault()))
            + "-"
            + ProcessHandle.current().pid();
    for (int attempt = 0; ; attempt++) {
      Path file = directory.resolve(name + (attempt == 0 ? "" : "-" + attempt) + ".log");
      try {
        Files.newByteChannel(
                file,
                Set.of(
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE,
                    LinkOption.NOFOLLOW_LINKS),
                attributes(PosixFilePermissions.fromString(OWNER_FILE)))
            .close();
        checkOwner(directory, file);
        return file;
      } catch (FileAlreadyExistsException e) {
        if (attempt == 100) {
          throw e;
        }
      }
    }
  }

  /** The superuser can write to directories of others, but must not log there. */
  private static void checkOwner(Path directory, Path file) throws IOException {
    if (isPosix()
        && !Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS)
            .equals(
                Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .owner())) {
      Files.delete(file);
      throw new IOException(directory + " belongs to another user.");
    }
  }

  private static FileAttribute<?>[] attributes(Set<PosixFilePermission> permissions) {
    return isPosix()
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  }

  private static void append(Path file, String permissions) {
    LoggerContext context = (LoggerContext) LogManager.getContext(false);
    Configuration configuration = context.getConfiguration();
    RollingFileAppender appender = appender(file, permissions, configuration);
    appender.start();
    configuration.addAppender(appender);
    configuration.getRootLogger().addAppender(appender, null, null);
    context.updateLoggers();
  }

  /**
   * Writes to a file and rotates it.
   *
   * @param permissions of the file and of those that follow it when it is rotated
   */
  static RollingFileAppender appender(Path file, String permissions, Configuration configuration) {
    return RollingFileAppender.newBuilder()
        .setName("file")
        .setConfiguration(configuration)
        .setFileName(file.toString())
        .setFilePattern(file + ".%i")
        .setFilePermissions(permissions)
        .setPolicy(SizeBasedTriggeringPolicy.createPolicy(ROTATE_AT))
        .setStrategy(
            DefaultRolloverStrategy.newBuilder()
                .setMax(ROTATED_FILES)
                .setConfig(configuration)
                .build())
        .setLayout(new LogLayout())
        .build();
  }

  private static void deleteIfEmpty(Path file) {
    try {
      if (Files.size(file) == 0) {
        Files.delete(file);
      }
    } catch (IOException e) {
      // it stays where it is
    }
  }
}
