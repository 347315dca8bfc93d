package io.mistersmith.persistence.migration.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.internal.script.MigrationSet;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class SetOrderTest {
  private static final MigrationSet CORE = set("core");
  private static final MigrationSet MONITORING = set("monitoring", "core");
  private static final MigrationSet STATEMENTS = set("statements", "core", "monitoring");
  private static final MigrationSet OWN = set("own");

  @Test
  void eachSetFollowsThoseThatItDependsOnElseAsGiven() {
    assertThat(SetOrder.of(List.of(CORE, STATEMENTS, OWN, MONITORING)))
        .containsExactly(CORE, MONITORING, STATEMENTS, OWN);
    assertThat(SetOrder.of(List.of(CORE, OWN, MONITORING))).containsExactly(CORE, OWN, MONITORING);
  }

  @Test
  void setThatLacksAnotherIsRefused() {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> SetOrder.of(List.of(CORE, STATEMENTS)))
        .withMessage("Set statements needs set monitoring, which was not selected; select both")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.MISSING_SET));
  }

  @Test
  void setThatIsGivenTwiceIsRefused() {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> SetOrder.of(List.of(CORE, OWN, OWN)))
        .withMessageContaining("own was given twice");
  }

  /** The scripts of the bundled sets, given in reverse: none before a set that its own needs. */
  @Test
  void bundledScriptsFollowTheSetsThatTheirsDependsOn() {
    List<MigrationSet> sets = new ArrayList<>();
    BundledSets.list().forEach(set -> sets.add(BundledSets.read(set.name())));
    Collections.reverse(sets);
    List<String> order = ScriptGraph.order(sets).stream().map(Migration::set).toList();
    for (ScriptSet set : BundledSets.list()) {
      for (String needed : set.dependsOn()) {
        assertThat(order.lastIndexOf(needed))
            .as("%s before %s", needed, set.name())
            .isLessThan(order.indexOf(set.name()));
      }
    }
  }

  private static MigrationSet set(String name, String... dependsOn) {
    return new MigrationSet(name, List.of(dependsOn), List.of());
  }
}
