package dev.riffle.cli.shared;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.appender.RollingFileAppender;
import org.apache.logging.log4j.core.config.DefaultConfiguration;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.message.SimpleMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
  @TempDir Path directory;

  private static String permissions(Path path) throws Exception {
    return PosixFilePermissions.toString(
        Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void onlyItsOwnerCanReadTheLog() throws Exception {
    Path log = LogFile.create(directory.resolve("state/riffle"));
    assertThat(log.getParent()).isEqualTo(directory.resolve("state/riffle"));
    assertThat(permissions(log.getParent())).isEqualTo("rwx------");
    assertThat(permissions(log)).isEqualTo("rw-------");
    assertThat(log.getFileName().toString())
        .matches("riffle-\\d{8}-\\d{6}-" + ProcessHandle.current().pid() + "\\.log");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aDirectoryThatOthersCanWriteToBecomesPrivate() throws Exception {
    Path open = Files.createDirectory(directory.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(LogFile.create(open).getParent()).isEqualTo(open);
    assertThat(permissions(open)).isEqualTo("rwx------");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void onlyItsOwnerCanReadTheLogThatFollowsARotatedOne() throws Exception {
    Path log = LogFile.create(directory);
    RollingFileAppender appender =
        LogFile.appender(log, LogFile.OWNER_FILE, new DefaultConfiguration());
    appender.start();
    for (int rotations = 1; rotations <= 3; rotations++) {
      appender.append(
          Log4jLogEvent.newBuilder()
              .setLevel(Level.WARN)
              .setLoggerName("l")
              .setThreadName("t")
              .setMessage(new SimpleMessage("x"))
              .build());
      appender.getManager().rollover();
      assertThat(permissions(log)).isEqualTo("rw-------");
      assertThat(permissions(Path.of(log + "." + rotations))).isEqualTo("rw-------");
    }
    appender.stop();
  }

  @Test
  void everyLogIsANewFile() {
    assertThat(LogFile.create(directory)).isNotEqualTo(LogFile.create(directory));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void noLinkIsFollowed() throws Exception {
    Path target = Files.createDirectory(directory.resolve("target"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), target);
    Path file = Files.createFile(directory.resolve("file"));
    for (Path unsafe : new Path[] {link, file, file.resolve("below")}) {
      Path log = LogFile.create(unsafe);
      assertThat(log.getParent().getFileName().toString()).startsWith("riffle-log-");
      assertThat(permissions(log.getParent())).isEqualTo("rwx------");
      Files.delete(log);
      Files.delete(log.getParent());
    }
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void aMessageIsOneLineWithoutControlCharacters() {
    String text =
        new LogLayout()
            .toSerializable(
                Log4jLogEvent.newBuilder()
                    .setLevel(Level.WARN)
                    .setLoggerName("test")
                    .setThreadName("main")
                    .setMessage(
                        new SimpleMessage("Sequence 'a\n2026 ERROR forged\u001b[2J' failed."))
                    .setThrown(new IllegalStateException("b\nERROR forged\u009b31m"))
                    .build());
    assertThat(text.lines().toList().get(0))
        .endsWith("- Sequence 'a\\n2026 ERROR forged\\u001b[2J' failed.");
    assertThat(text.lines().skip(1)).isNotEmpty().allMatch(line -> line.startsWith("    "));
    assertThat(text.chars().filter(c -> c != '\n').noneMatch(Character::isISOControl)).isTrue();
  }
}
