package io.mistersmith.persistence.migration.internal.plan;

import static io.mistersmith.persistence.migration.internal.plan.Scripts.script;
import static io.mistersmith.persistence.migration.internal.plan.Scripts.set;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.internal.script.MigrationSet;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScriptGraphTest {
  @Test
  void bundledScriptsFollowTheirVersions() {
    List<Migration> bundled = BundledSets.core().migrations();
    assertThat(ScriptGraph.order(List.of(BundledSets.core()))).isEqualTo(bundled);
  }

  @Test
  void dependenciesComeFirstThenLowerVersions() {
    MigrationSet core =
        set(
            "core",
            script("core", "1.0.0"),
            script("core", "1.1.0", "1.2.0"),
            script("core", "1.2.0", "1.0.0"),
            script("core", "1.3.0", "1.0.0"));
    assertThat(ScriptGraph.order(List.of(core)))
        .extracting(m -> m.id().toString())
        .containsExactly("1.0.0", "1.2.0", "1.1.0", "1.3.0");
  }

  @Test
  void setsFollowTheCoreUnlessTheyDependOnEachOther() {
    MigrationSet core = set("core", script("core", "9.0.0"));
    MigrationSet audit = set("audit", script("audit", "1.0.0", "core 9.0.0", "tenants 1.0.0"));
    MigrationSet tenants = set("tenants", script("tenants", "1.0.0"), script("tenants", "2.0.0"));
    MigrationSet own = set("own", script("own", "0.1.0"));
    assertThat(ScriptGraph.order(List.of(core, audit, own, tenants)))
        .extracting(m -> m.id().toString())
        .containsExactly("9.0.0", "own 0.1.0", "tenants 1.0.0", "audit 1.0.0", "tenants 2.0.0");
  }

  @Test
  void circleIsNamed() {
    MigrationSet core =
        set(
            "core",
            script("core", "1.0.0"),
            script("core", "1.1.0", "1.2.0"),
            script("core", "1.2.0", "1.3.0"),
            script("core", "1.3.0", "1.2.0"));
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> ScriptGraph.order(List.of(core)))
        .withMessageContaining("V1.2.0__x.sql → V1.3.0__x.sql → V1.2.0__x.sql")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.INVALID_SCRIPT));
  }

  @Test
  void missingDependencyIsNamedWithItsScript() {
    MigrationSet core = set("core", script("core", "1.0.0", "0.9.0"));
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> ScriptGraph.order(List.of(core)))
        .withMessageContaining("V1.0.0__x.sql depends on 0.9.0")
        .withMessageContaining("V0.9.0__");
    MigrationSet audit = set("audit", script("audit", "1.0.0", "tenants 1.0.0"));
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> ScriptGraph.order(List.of(audit)))
        .withMessageContaining("audit/V1.0.0__x.sql depends on tenants 1.0.0")
        .withMessageContaining("select the set tenants");
  }

  @Test
  void setGivenTwiceIsRefused() {
    MigrationSet audit = set("audit", script("audit", "1.0.0"));
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> ScriptGraph.order(List.of(audit, audit)))
        .withMessageContaining("audit was given twice");
  }
}
