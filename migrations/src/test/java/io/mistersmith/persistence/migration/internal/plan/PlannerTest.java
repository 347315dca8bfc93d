package io.mistersmith.persistence.migration.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.history.HistoryEntry.Status;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.MigrationPlan;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PlannerTest {
  private static final Migration FIRST = script("1.0.0");
  private static final Migration SECOND = script("1.9.0");
  private static final Migration THIRD = script("1.10.0");

  private final Planner planner = new Planner(List.of(Scripts.set("core", FIRST, SECOND, THIRD)));

  @Test
  void everythingIsPendingOnAnEmptyDatabase() {
    MigrationPlan plan = planner.plan(List.of());
    assertThat(plan.pending()).containsExactly(FIRST, SECOND, THIRD);
    assertThat(plan.current()).isEmpty();
  }

  @Test
  void goesOnAfterTheHighestVersion() {
    MigrationPlan plan = planner.plan(List.of(applied("1.9.0"), applied("1.0.0")));
    assertThat(plan.pending()).containsExactly(THIRD);
    assertThat(plan.current()).contains(SECOND.version());
    assertThat(plan.isUpToDate()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(
      value = Status.class,
      names = {"RUNNING", "FAILED", "ROLLED_BACK"})
  void whatIsNotAppliedIsPendingWhateverItsChecksum(Status status) {
    HistoryEntry tried = entry("1.9.0", status, "another");
    assertThat(planner.plan(List.of(applied("1.0.0"), tried)).pending())
        .containsExactly(SECOND, THIRD);
  }

  @Test
  void changedScriptIsNamed() {
    HistoryEntry changed = entry("1.0.0", Status.APPLIED, "another");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> planner.plan(List.of(changed)))
        .withMessageContaining("V1.0.0__x.sql")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.CHECKSUM_CHANGED));
  }

  @Test
  void scriptBelowWhatIsAppliedIsNamed() {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> planner.plan(List.of(applied("1.0.0"), applied("1.10.0"))))
        .withMessageContaining("V1.9.0__x.sql")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.HISTORY_MISMATCH));
  }

  @Test
  void missingScriptIsNamed() {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> planner.plan(List.of(applied("1.0.0"), applied("1.5.0"))))
        .withMessageContaining("V1.5.0__")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.HISTORY_MISMATCH));
  }

  @Test
  void databaseAheadOfThisReleaseIsUpToDate() {
    MigrationPlan plan =
        planner.plan(
            List.of(applied("1.0.0"), applied("1.9.0"), applied("1.10.0"), applied("2.0.0")));
    assertThat(plan.isUpToDate()).isTrue();
    assertThat(plan.current()).contains(MigrationVersion.parse("2.0.0"));
  }

  private static Migration script(String version) {
    return Scripts.script("core", version);
  }

  private static HistoryEntry applied(String version) {
    return entry(version, Status.APPLIED, "sum of " + version);
  }

  private static HistoryEntry entry(String version, Status status, String checksum) {
    return new HistoryEntry(
        new ScriptId("core", MigrationVersion.parse(version)),
        "x",
        status,
        checksum,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
