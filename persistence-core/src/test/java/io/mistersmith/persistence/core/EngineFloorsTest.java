package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The packages of the engine: their floors, and the arrows between them. */
class EngineFloorsTest {

  private static final String ROOF = "io.mistersmith.persistence.core";
  private static final String INTERNAL = ROOF + ".internal.";
  private static final String STATE = INTERNAL + "state.";

  /** Each package may use those of the floors before its own, and none beside it. */
  private static final List<List<String>> FLOORS =
      List.of(
          List.of(
              ROOF + ".alert",
              ROOF + ".backup",
              ROOF + ".metrics",
              INTERNAL + "base",
              INTERNAL + "codec",
              STATE + "journal"),
          List.of(INTERNAL + "backup"),
          List.of(
              INTERNAL + "store.nats",
              INTERNAL + "store.postgres",
              INTERNAL + "event",
              INTERNAL + "guard",
              INTERNAL + "message",
              INTERNAL + "monitor",
              INTERNAL + "query",
              INTERNAL + "stream",
              INTERNAL + "task",
              INTERNAL + "transaction",
              STATE + "cache",
              STATE + "flush"),
          List.of(STATE + "consistency", STATE + "tier"),
          List.of(
              STATE + "backpressure",
              STATE + "checkpoint",
              STATE + "conflict",
              STATE + "large",
              STATE + "lifecycle"),
          List.of(STATE + "repository"),
          List.of(
              INTERNAL + "crossstore",
              INTERNAL + "knowledge",
              INTERNAL + "log",
              INTERNAL + "saga",
              INTERNAL + "security",
              INTERNAL + "session"),
          List.of(INTERNAL + "operations"),
          List.of(ROOF));

  private static final int MOST_ARROWS = 108;

  private static final JavaClasses ENGINE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOF);

  @Test
  void everyPackageHasItsFloor() {
    assertThat(packages())
        .containsExactlyInAnyOrderElementsOf(FLOORS.stream().flatMap(List::stream).toList());
  }

  @Test
  void arrowsRunDown() {
    List<String> below = new ArrayList<>();
    Map<String, Set<String>> arrows = arrows();
    for (List<String> floor : FLOORS) {
      for (String name : floor) {
        assertThat(below)
            .as("packages below %s", name)
            .containsAll(arrows.getOrDefault(name, Set.of()));
      }
      below.addAll(floor);
    }
  }

  @Test
  void arrowsStayFew() {
    assertThat(arrows().values().stream().mapToInt(Set::size).sum())
        .as("arrows between packages: %s", arrows())
        .isLessThanOrEqualTo(MOST_ARROWS);
  }

  private static Set<String> packages() {
    Set<String> names = new TreeSet<>();
    ENGINE.forEach(type -> names.add(type.getPackageName()));
    return names;
  }

  /** Returns for each package the other packages of the engine that it uses. */
  private static Map<String, Set<String>> arrows() {
    Set<String> own = packages();
    Map<String, Set<String>> arrows = new TreeMap<>();
    for (JavaClass type : ENGINE) {
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        String target = dependency.getTargetClass().getPackageName();
        if (own.contains(target) && !target.equals(type.getPackageName())) {
          arrows.computeIfAbsent(type.getPackageName(), name -> new TreeSet<>()).add(target);
        }
      }
    }
    return arrows;
  }
}
