package io.mistersmith.persistence.migration.internal.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.model.ScriptSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BundledSetsTest {
  private static final Path ROOT = Path.of("src/main/resources/io/mistersmith/persistence/db");

  static List<ScriptSet> sets() {
    return BundledSets.list();
  }

  @Test
  void everyFolderIsListed() throws IOException {
    try (Stream<Path> folders = Files.list(ROOT)) {
      assertThat(folders.filter(Files::isDirectory).map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(sets().stream().map(ScriptSet::name).toList());
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void listOfScriptsIsComplete(ScriptSet set) {
    assertThat(BundledSets.read(set.name()).migrations())
        .isNotEmpty()
        .isEqualTo(ScriptFolder.of(set.name(), ROOT.resolve(set.name())).migrations());
  }

  @ParameterizedTest
  @MethodSource("sets")
  void everyScriptCanBeTakenBack(ScriptSet set) {
    assertThat(BundledSets.read(set.name()).migrations())
        .allSatisfy(migration -> assertThat(migration.rollbackSql()).isPresent());
  }

  @Test
  void everySetIsDescribedAndFollowsThoseThatItDependsOn() {
    Set<String> before = new HashSet<>();
    for (ScriptSet set : sets()) {
      assertThat(set.description()).as(set.name()).isNotBlank();
      assertThat(before).as("before " + set.name()).containsAll(set.dependsOn());
      before.add(set.name());
    }
  }

  @Test
  void everySetButTheCoreNeedsTheCore() {
    assertThat(sets())
        .allSatisfy(
            set ->
                assertThat(set.dependsOn().contains(ScriptId.CORE))
                    .as(set.name())
                    .isNotEqualTo(set.name().equals(ScriptId.CORE)));
  }

  /**
   * A set and its scripts declare the same dependencies, so that no rollback removes what another
   * set uses.
   */
  @ParameterizedTest
  @MethodSource("sets")
  void scriptsDependOnTheSetsThatTheirSetNeeds(ScriptSet set) {
    List<Migration> scripts = BundledSets.read(set.name()).migrations();
    Set<String> used = new HashSet<>();
    scripts.forEach(script -> script.dependsOn().forEach(id -> used.add(id.set())));
    used.remove(set.name());
    assertThat(reachable(used)).containsAll(set.dependsOn());
    assertThat(set.dependsOn()).containsAll(used);
    if (!set.name().equals(ScriptId.CORE)) {
      assertThat(scripts.get(0).dependsOn()).as("the first script depends on another").isNotEmpty();
    }
  }

  private static Set<String> reachable(Set<String> names) {
    Set<String> reached = new HashSet<>(names);
    sets().stream()
        .filter(set -> names.contains(set.name()))
        .forEach(set -> reached.addAll(set.dependsOn()));
    return reached;
  }

  @Test
  void unknownNameIsRefusedWithThoseThereAre() {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> BundledSets.read("audti"))
        .withMessageContaining("'audti'")
        .withMessageContaining("core, monitoring, statements")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.UNKNOWN_SET));
  }
}
