package io.mistersmith.persistence.core;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The law of the house: no cycles, arrows run down, the roofs wire, and each driver has one room.
 */
class FloorPlanTest {

  private static final String ROOT = "io.mistersmith.persistence";
  private static final String INTERNAL = ROOT + ".core.internal";
  private static final String METRICS = ROOT + ".core.metrics";

  /**
   * 84 for state, agents and operations; 3 for transactions, 2 for pools, 3 for the guard, 1 for
   * TLS; 3 for queries, 1 for steps, 2 for logs, 2 for large values; 8 for messages, 5 for
   * sessions, 8 for tasks, 6 for knowledge, 7 for streams, 5 for changes, 13 for sagas, 5 for
   * transactions over both stores; 12 for encryption, the audit log and forgetting; 19 for backups.
   */
  private static final int MOST_API_TYPES = 204;

  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void noPackageCycles() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(HOUSE);
  }

  @Test
  void nothingBelowImportsTheRootPackage() {
    noClasses()
        .that(
            resideInAPackage(ROOT + "..")
                .and(not(resideInAnyPackage(ROOT, ROOT + ".core", METRICS))))
        .and(not(resideInAPackage(ROOT + ".testkit..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT)
        .check(HOUSE);
  }

  /** They bind an open runtime from outside, as an application would. */
  @Test
  void metricsUseTheApiAloneAndNobodyUsesThem() {
    classes()
        .that()
        .resideInAPackage(METRICS)
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                    "java..", "org.jspecify..", "org.slf4j..", "io.micrometer..", METRICS)
                .or(resideInAPackage(ROOT + "..").and(not(resideInAPackage(ROOT + ".core..")))))
        .check(HOUSE);
    classes()
        .that()
        .resideInAPackage(METRICS)
        .should()
        .onlyHaveDependentClassesThat()
        .resideInAPackage(METRICS)
        .check(HOUSE);
  }

  @Test
  void nothingInsideTheEngineImportsItsRoof() {
    noClasses()
        .that()
        .resideInAPackage(INTERNAL + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".core")
        .check(HOUSE);
  }

  @Test
  void theApiImportsNoOtherModule() {
    noClasses()
        .that()
        .resideInAnyPackage(
            ROOT,
            ROOT + ".backup..",
            ROOT + ".config..",
            ROOT + ".conflict..",
            ROOT + ".crdt..",
            ROOT + ".error..",
            ROOT + ".agent..",
            ROOT + ".checkpoint..",
            ROOT + ".knowledge..",
            ROOT + ".log..",
            ROOT + ".message..",
            ROOT + ".model..",
            ROOT + ".state..",
            ROOT + ".stream..",
            ROOT + ".task..",
            ROOT + ".event..",
            ROOT + ".guard..",
            ROOT + ".operations..",
            ROOT + ".routing..",
            ROOT + ".saga..",
            ROOT + ".security..",
            ROOT + ".session..",
            ROOT + ".transaction..",
            ROOT + ".spi..")
        .should()
        .dependOnClassesThat()
        .resideOutsideOfPackages(
            "java..",
            "javax.crypto..",
            "org.jspecify..",
            ROOT,
            ROOT + ".backup..",
            ROOT + ".config..",
            ROOT + ".conflict..",
            ROOT + ".crdt..",
            ROOT + ".error..",
            ROOT + ".agent..",
            ROOT + ".checkpoint..",
            ROOT + ".knowledge..",
            ROOT + ".log..",
            ROOT + ".message..",
            ROOT + ".model..",
            ROOT + ".state..",
            ROOT + ".stream..",
            ROOT + ".task..",
            ROOT + ".event..",
            ROOT + ".guard..",
            ROOT + ".operations..",
            ROOT + ".routing..",
            ROOT + ".saga..",
            ROOT + ".security..",
            ROOT + ".session..",
            ROOT + ".transaction..",
            ROOT + ".spi..")
        .check(HOUSE);
  }

  @Test
  void onlyTheNatsStoreSeesJnats() {
    noClasses()
        .that()
        .resideOutsideOfPackage(INTERNAL + ".store.nats..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.nats..")
        .check(HOUSE);
  }

  @Test
  void onlyThePostgresStoreSeesJdbc() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "..")
        .and()
        .resideOutsideOfPackages(
            INTERNAL + ".store.postgres..",
            ROOT + ".migration..",
            ROOT + ".cli..",
            ROOT + ".testkit.server..")
        // The two entries that take connections of the application.
        .and()
        .haveNameNotMatching(".*\\.core\\.Application(Transaction|DataSources)(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.sql..", "javax.sql..", "org.postgresql..", "org.jdbi..", "com.zaxxer..")
        .check(HOUSE);
  }

  /** Only its extension needs JUnit, in whatever version the user has. */
  @Test
  void theTestKitNeedsNoTestLibraryOfItsUsers() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".testkit..")
        .and()
        .resideOutsideOfPackages(ROOT + ".testkit.contract..", ROOT + ".testkit.junit..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.junit..", "org.assertj..", "org.awaitility..")
        .check(HOUSE);
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".testkit..")
        .and()
        .resideOutsideOfPackage(ROOT + ".testkit.contract..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.assertj..", "org.awaitility..", ROOT + ".testkit.contract..")
        .check(HOUSE);
  }

  @Test
  void theEngineKnowsItsStoresByTheirSpiOnly() {
    classes()
        .that()
        .resideInAPackage(INTERNAL + ".store..")
        .should()
        .onlyHaveDependentClassesThat()
        .resideInAnyPackage(INTERNAL + ".store..", ROOT + ".core")
        .check(HOUSE);
  }

  @Test
  void theApiStaysSmall() {
    assertThat(
            HOUSE.stream()
                .filter(type -> isApi(type.getPackageName()))
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().endsWith("-info"))
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .map(JavaClass::getName))
        .as("public top-level types; nest what belongs to one owner")
        .hasSizeLessThanOrEqualTo(MOST_API_TYPES);
  }

  private static boolean isApi(String name) {
    return name.startsWith(ROOT)
        && Stream.of(".core", ".testkit", ".migration", ".cli", ".examples")
            .noneMatch(other -> name.startsWith(ROOT + other));
  }
}
