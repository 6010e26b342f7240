package dev.riffle.benchmarks;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * What each module may depend on, as {@code docs/architecture.md} lists it. The rules are positive:
 * what a module does not name it may not use, and a module or package that no rule names fails.
 *
 * <p>The test is in the last module of the build, so that it sees the classes of all of them.
 */
class ArchitectureTest {
  /**
   * A module and its rule.
   *
   * @param directory of the module
   * @param root package of all its classes
   * @param may packages that it may use beside its own and {@code java..}
   */
  record Module(String directory, String root, String... may) {
    @Override
    public String toString() {
      return directory;
    }
  }

  private static final String JACKSON = "com.fasterxml.jackson..";
  private static final String FLINK = "org.apache.flink..";
  private static final String SLF4J = "org.slf4j..";
  private static final String KERNELS = "dev.riffle.kernels";

  static final List<Module> MODULES =
      List.of(
          new Module("schemas", "dev.riffle.schemas", "org.apache.avro.."),
          new Module("kernels", KERNELS, "jdk.incubator.vector.."),
          new Module("kernels-nd4j", "dev.riffle.kernels.nd4j", KERNELS, "org.nd4j.."),
          new Module("kernels-cuda", "dev.riffle.kernels.cuda", KERNELS, "org.bytedeco.."),
          new Module("models", "dev.riffle.models", KERNELS, JACKSON),
          new Module("music", "dev.riffle.music", "dev.riffle.models..", KERNELS, JACKSON),
          new Module(
              "dna",
              "dev.riffle.dna",
              "dev.riffle.models..",
              KERNELS,
              JACKSON,
              "org.apache.commons.compress.compressors..",
              "org.tukaani.xz",
              "com.github.luben.zstd"),
          new Module(
              "operators",
              "dev.riffle.operators",
              "dev.riffle.models",
              "dev.riffle.schemas..",
              KERNELS,
              FLINK,
              SLF4J),
          new Module(
              "local",
              "dev.riffle.local",
              FLINK,
              SLF4J,
              "kafka..",
              "org.apache.kafka..",
              "org.apache.logging.log4j.."),
          new Module(
              "flink-jobs",
              "dev.riffle.jobs",
              "dev.riffle.operators",
              "dev.riffle.music..",
              "dev.riffle.dna..",
              "dev.riffle.models..",
              "dev.riffle.schemas..",
              KERNELS,
              FLINK,
              SLF4J,
              JACKSON,
              "org.apache.kafka.clients..",
              "org.apache.kafka.common..",
              "org.apache.avro..",
              "org.snakeyaml..",
              "javax.net.ssl.."), // of the JDK
          new Module(
              "cli",
              "dev.riffle.cli",
              "dev.riffle.jobs..",
              "dev.riffle.local..",
              "dev.riffle.music..",
              "dev.riffle.dna..",
              "dev.riffle.models..",
              "dev.riffle.schemas..",
              KERNELS,
              FLINK,
              SLF4J,
              JACKSON,
              "org.apache.kafka.clients..",
              "org.apache.kafka.common..",
              "org.apache.avro..",
              "org.apache.logging.log4j..",
              "org.bytedeco..",
              "picocli..",
              "javax.sound.."),
          new Module(
              "evaluation",
              "dev.riffle.evaluation",
              "dev.riffle.cli..",
              "dev.riffle.music..",
              "dev.riffle.dna..",
              "dev.riffle.models..",
              KERNELS,
              JACKSON,
              "picocli.."),
          new Module(
              "benchmarks",
              "dev.riffle.benchmarks",
              "dev.riffle..",
              FLINK,
              SLF4J,
              JACKSON,
              "org.apache.kafka.clients..",
              "org.apache.kafka.common..",
              "org.openjdk.jmh..",
              "org.HdrHistogram..",
              "ai.onnxruntime..",
              "com.sun.management..",
              "picocli.."));

  private static final Path HOME = Path.of("").toAbsolutePath().getParent();

  private static final JavaClasses ALL =
      new ClassFileImporter()
          .importPaths(MODULES.stream().map(ArchitectureTest::classesOf).toList());

  private static Path classesOf(Module module) {
    return HOME.resolve(module.directory()).resolve("target/classes");
  }

  @Test
  void everyModuleOfTheBuildHasARule() throws IOException {
    Matcher matcher =
        Pattern.compile("<module>(.*)</module>").matcher(Files.readString(HOME.resolve("pom.xml")));
    List<String> built = new ArrayList<>();
    while (matcher.find()) {
      built.add(matcher.group(1));
    }
    built.remove("demo/cluster"); // holds no classes
    assertThat(MODULES).extracting(Module::directory).containsExactlyInAnyOrderElementsOf(built);
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void aModuleHasClassesAndAllAreInItsPackage(Module module) throws IOException {
    try (Stream<Path> files = Files.walk(classesOf(module))) {
      List<String> packages =
          files
              .filter(file -> file.toString().endsWith(".class"))
              .map(file -> classesOf(module).relativize(file.getParent()).toString())
              .map(path -> path.replace('/', '.'))
              .distinct()
              .toList();
      assertThat(packages)
          .isNotEmpty()
          .allMatch(name -> name.equals(module.root()) || name.startsWith(module.root() + "."));
    }
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void aModuleUsesOnlyWhatItsRuleNames(Module module) {
    classes()
        .that(are(module))
        .should()
        .onlyDependOnClassesThat(are(module).or(resideInAnyPackage(withJava(module.may()))))
        .check(ALL);
  }

  /** Classes of a module: a nested package of another module is not part of it. */
  private static DescribedPredicate<JavaClass> are(Module module) {
    DescribedPredicate<JavaClass> inside = resideInAPackage(module.root() + "..");
    for (Module other : MODULES) {
      if (other.root().startsWith(module.root() + ".")) {
        inside = inside.and(not(resideInAPackage(other.root() + "..")));
      }
    }
    return inside.as("are in module " + module);
  }

  private static String[] withJava(String... packages) {
    return Stream.concat(Stream.of("java..", ""), Stream.of(packages)).toArray(String[]::new);
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void packagesOfAModuleFormNoCycle(Module module) {
    slices()
        .matching(module.root() + ".(**)")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(ALL.that(are(module)));
  }

  @Test
  void operatorsKnowOfBackendsOnlyThatADeviceMayFail() {
    noClasses()
        .that()
        .resideInAPackage("dev.riffle.operators..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.riffle.kernels..")
                .and(not(assignableTo(dev.riffle.kernels.DeviceException.class))))
        .check(ALL);
  }

  @Test
  void onePackageUsesTheVectorModule() {
    onlyIn("dev.riffle.kernels.cpu.vector..", "jdk.incubator.vector..");
  }

  @Test
  void onePackageReadsYaml() {
    onlyIn("dev.riffle.jobs.sequence..", "org.snakeyaml..");
  }

  private static void onlyIn(String home, String library) {
    noClasses()
        .that()
        .resideOutsideOfPackage(home)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(ALL);
  }
}
