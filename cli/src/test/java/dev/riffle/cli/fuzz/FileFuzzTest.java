package dev.riffle.cli.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.cli.fuzz.FileFuzz.Options;
import dev.riffle.cli.fuzz.FileFuzz.Result;
import dev.riffle.cli.fuzz.FuzzedReader.Reading;
import dev.riffle.models.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fuzz reports readers that fail, and no others. */
class FileFuzzTest {
  private static final String REFUSAL = "The file has no cheese. Add some, such as Gruyere.";

  private static final int COUNT = 200;

  @TempDir Path directory;

  private final List<byte[]> inputs = new ArrayList<>();
  private Duration limit = Duration.ofSeconds(5);

  @Test
  void aReaderThatRefusesAsDocumentedHasNoFindings() throws Exception {
    Result result =
        run(
            file -> {
              if (file.length % 2 == 0) {
                throw new InputException(REFUSAL);
              }
              return true;
            });
    assertThat(result.findings).isEmpty();
    assertThat(result.inputs).isEqualTo(COUNT);
    assertThat(result.accepted).isPositive().isLessThan(result.inputs);
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void anUndocumentedExceptionIsReportedWithItsInput() throws Exception {
    Result result =
        run(
            file -> {
              Object nothing = file.length > 6 ? null : "";
              return nothing.hashCode() == 0;
            });
    assertThat(result.findings).singleElement().asString().contains("NullPointerException");
    long index = index(result.findings.get(0));
    byte[] input = Files.readAllBytes(directory.resolve("planted-3-" + index + ".bin"));
    assertThat(input).isEqualTo(inputs.get((int) index)).hasSizeGreaterThan(6);
    assertThat(directory.resolve("planted-3-" + index + ".txt")).content().contains("FileFuzzTest");
    assertThat(result.findings.get(0))
        .contains(" -Dfuzz.reader=planted -Dfuzz.seed=3 -Dfuzz.input=" + index);
  }

  @Test
  void anErrorIsReportedThoughARefusalHidesIt() throws Exception {
    Result result =
        run(
            file -> {
              try {
                return new long[Integer.MAX_VALUE].length > 0;
              } catch (OutOfMemoryError e) {
                throw new InputException(REFUSAL, e);
              }
            });
    assertThat(result.findings)
        .singleElement()
        .asString()
        .contains("the cause of its refusal is java.lang.OutOfMemoryError");
  }

  @Test
  void aRefusalWithoutWordsForAUserIsReported() throws Exception {
    for (String message :
        new String[] {null, "7", "It is damaged: java.lang.NullPointerException"}) {
      Result result =
          run(
              file -> {
                throw new InputException(message);
              });
      assertThat(result.findings).singleElement().asString().contains("no message for a user");
    }
  }

  @Test
  void aReaderThatHangsIsReportedWithItsStack() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    limit = Duration.ofMillis(200);
    Result result =
        run(
            file -> {
              never.await();
              return true;
            });
    never.countDown();
    assertThat(result.findings)
        .singleElement()
        .asString()
        .contains("planted, input 0: it is not read within 200 ms")
        .contains("CountDownLatch.await");
  }

  @Test
  void anInputDependsOnlyOnSeedReaderAndIndex() throws Exception {
    run(file -> true);
    assertThat(inputs).hasSize(COUNT);
    List<byte[]> first = List.copyOf(inputs);
    FuzzedReader reader = reader(file -> true);
    for (int i = 0; i < COUNT; i++) {
      assertThat(reader.input(3, i)).isEqualTo(first.get(i));
    }
    inputs.clear();
    FileFuzz.run(reader, options(), 77, 1);
    assertThat(inputs).singleElement().isEqualTo(first.get(77));
    assertThat(reader.input(4, 77)).isNotEqualTo(first.get(77));
  }

  @Test
  void everyReaderReadsItsSeeds() throws Exception {
    for (FuzzedReader reader : FuzzedReaders.all(directory)) {
      int read = 0;
      for (byte[] seed : reader.seeds()) {
        byte[] file = reader.packing().pack(seed, new java.util.SplittableRandom(1));
        try {
          read += reader.reading().read(file) ? 1 : 0;
        } catch (Exception e) {
          assertThat(reader.refusals()).anyMatch(type -> type.isInstance(e));
        }
      }
      assertThat(read).as(reader.name()).isPositive();
    }
  }

  private static long index(String finding) {
    return Long.parseLong(finding.replaceAll("(?s).*?input (\\d+):.*", "$1"));
  }

  private Options options() {
    return new Options(3, Duration.ofMinutes(1), limit, directory);
  }

  private FuzzedReader reader(Reading reading) {
    return FuzzedReader.of(
        "planted",
        List.of(FuzzedReader.text("cheese"), FuzzedReader.text("42")),
        FuzzedReader.tokens("e"),
        file -> {
          inputs.add(file);
          return reading.read(file);
        },
        InputException.class);
  }

  private Result run(Reading reading) throws Exception {
    inputs.clear();
    return FileFuzz.run(reader(reading), options(), 0, COUNT);
  }
}
