package dev.riffle.jobs;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.riffle.kernels.DeviceException;
import org.junit.jupiter.api.Test;

/** Who may know whom, as {@code docs/architecture.md} draws it; what the poms cannot see. */
class FloorsTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.riffle");

  @Test
  void nobodyKnowsTheFloorAbove() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("schemas")
        .definedBy("dev.riffle.schemas..")
        .layer("kernels")
        .definedBy("dev.riffle.kernels..")
        .layer("models")
        .definedBy("dev.riffle.models..")
        .layer("products")
        .definedBy("dev.riffle.music..", "dev.riffle.dna..")
        .layer("operators")
        .definedBy("dev.riffle.operators..")
        .layer("jobs")
        .definedBy("dev.riffle.jobs..")
        .whereLayer("jobs")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("operators")
        .mayOnlyBeAccessedByLayers("jobs")
        .whereLayer("products")
        .mayOnlyBeAccessedByLayers("jobs")
        .whereLayer("models")
        .mayOnlyBeAccessedByLayers("products", "operators", "jobs")
        .whereLayer("kernels")
        .mayOnlyBeAccessedByLayers("models", "products", "operators", "jobs")
        .whereLayer("schemas")
        .mayOnlyBeAccessedByLayers("operators", "jobs")
        .check(OURS);
  }

  @Test
  void kernelsKnowJavaAlone() {
    noClasses()
        .that()
        .resideInAPackage("dev.riffle.kernels..")
        .and()
        .resideOutsideOfPackage("dev.riffle.kernels.nd4j..")
        .should()
        .dependOnClassesThat()
        .resideOutsideOfPackages("dev.riffle.kernels..", "java..", "jdk.incubator.vector..")
        .check(OURS);
  }

  @Test
  void nd4jIsNamedInOnePackageThatNobodyNames() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.riffle.kernels.nd4j..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.nd4j..", "dev.riffle.kernels.nd4j..")
        .check(OURS);
    noClasses()
        .that()
        .resideInAPackage("dev.riffle.kernels.nd4j..")
        .should()
        .dependOnClassesThat()
        .resideOutsideOfPackages(
            "dev.riffle.kernels", "dev.riffle.kernels.nd4j..", "java..", "org.nd4j..")
        .check(OURS);
  }

  @Test
  void modelsKnowNoStreamAndNoBroker() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.riffle.models..", "dev.riffle.music..", "dev.riffle.dna..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.flink..", "org.apache.kafka..", "org.apache.avro..")
        .check(OURS);
  }

  @Test
  void schemasKnowAvroAlone() {
    noClasses()
        .that()
        .resideInAPackage("dev.riffle.schemas..")
        .should()
        .dependOnClassesThat()
        .resideOutsideOfPackages("dev.riffle.schemas..", "java..", "org.apache.avro..")
        .check(OURS);
  }

  @Test
  void operatorsKnowNoBrokerNoBackendNoMusicAndNoDna() {
    noClasses()
        .that()
        .resideInAPackage("dev.riffle.operators..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.kafka..",
            "org.apache.flink.connector.kafka..",
            "dev.riffle.music..",
            "dev.riffle.dna..",
            "dev.riffle.models.lru..")
        .check(OURS);
  }

  @Test
  void allThatOperatorsKnowOfBackendsIsThatADeviceMayFail() {
    noClasses()
        .that()
        .resideInAPackage("dev.riffle.operators..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.riffle.kernels..").and(not(assignableTo(DeviceException.class))))
        .check(OURS);
  }

  @Test
  void theVectorModuleIsNamedInOnePackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.riffle.kernels.cpu.vector..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector..")
        .check(OURS);
  }

  @Test
  void onlyLocalNamesTheEmbeddedBroker() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.riffle.local..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("kafka..", "org.apache.kafka.metadata..", "dev.riffle.local..")
        .check(OURS);
  }

  @Test
  void yamlIsReadInOnePackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.riffle.jobs.sequence..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.snakeyaml..")
        .check(OURS);
  }
}
