package io.mistersmith.persistence.migration;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The packages of this module: their floors, the arrows between them, and which are exported. */
class MigrationFloorPlanTest {
  private static final String ROOT = "io.mistersmith.persistence";
  private static final String MIGRATION = ROOT + ".migration";
  private static final String INTERNAL = MIGRATION + ".internal.";

  /** Each package may use those of the floors before its own, and none beside it. */
  private static final List<List<String>> FLOORS =
      List.of(
          List.of(MIGRATION + ".model", INTERNAL + "sql", INTERNAL + "catalog"),
          List.of(MIGRATION + ".report", MIGRATION + ".online", INTERNAL + "jdbc"),
          List.of(INTERNAL + "lint", INTERNAL + "script", INTERNAL + "history", INTERNAL + "lock"),
          List.of(INTERNAL + "existing", INTERNAL + "plan"),
          List.of(INTERNAL + "run"),
          List.of(INTERNAL + "verify"),
          List.of(MIGRATION),
          List.of(ROOT + ".cli"));

  private static final int MOST_ARROWS = 48;

  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .importUrl(MigrationRunner.class.getProtectionDomain().getCodeSource().getLocation());

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
  void noPackageCycles() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(HOUSE);
  }

  @Test
  void arrowsStayFew() {
    assertThat(arrows().values().stream().mapToInt(Set::size).sum())
        .as("arrows between packages: %s", arrows())
        .isLessThanOrEqualTo(MOST_ARROWS);
  }

  @Test
  void onlyTheRunnersEntryPackagesAreExported() throws IOException {
    assertThat(ofModule("exports ([\\w.]+)"))
        .containsExactly(
            MIGRATION, MIGRATION + ".model", MIGRATION + ".online", MIGRATION + ".report");
  }

  /** Other tools find scripts on the class path only in packages that are open to all. */
  @Test
  void scriptsOfAllSetsAreOpen() throws IOException {
    try (Stream<Path> sets =
        Files.list(Path.of("src/main/resources/io/mistersmith/persistence/db"))) {
      assertThat(ofModule("opens ([\\w.]+);"))
          .containsExactlyInAnyOrderElementsOf(
              sets.filter(Files::isDirectory)
                  .map(set -> ROOT + ".db." + set.getFileName())
                  .toList());
    }
  }

  @Test
  void whatIsExportedShowsNothingInternal() {
    assertThat(
            HOUSE.stream()
                .filter(type -> !type.getPackageName().startsWith(INTERNAL))
                .filter(MigrationFloorPlanTest::isPublic)
                .flatMap(type -> type.getMethods().stream())
                .filter(method -> method.getModifiers().toString().contains("PUBLIC"))
                .flatMap(method -> method.getAllInvolvedRawTypes().stream())
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(INTERNAL)))
        .isEmpty();
  }

  @Test
  void onlyTheCommandLineSeesPicocli() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".cli")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("picocli..")
        .check(HOUSE);
  }

  /** Returns the first group of each match in the declaration of the module. */
  private static List<String> ofModule(String pattern) throws IOException {
    return Pattern.compile(pattern)
        .matcher(Files.readString(Path.of("src/main/java/module-info.java")))
        .results()
        .map((MatchResult match) -> match.group(1))
        .toList();
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().toString().contains("PUBLIC")
        && type.getEnclosingClass().map(MigrationFloorPlanTest::isPublic).orElse(true);
  }

  private static Set<String> packages() {
    Set<String> names = new TreeSet<>();
    HOUSE.forEach(type -> names.add(type.getPackageName()));
    return names;
  }

  /** Returns for each package the other packages of this module that it uses. */
  private static Map<String, Set<String>> arrows() {
    Set<String> own = packages();
    Map<String, Set<String>> arrows = new TreeMap<>();
    for (JavaClass type : HOUSE) {
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
