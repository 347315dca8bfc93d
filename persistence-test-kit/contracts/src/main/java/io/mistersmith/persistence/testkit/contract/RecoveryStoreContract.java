package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore.Age;
import io.mistersmith.persistence.spi.sql.RecoveryStore.DrillResult;
import io.mistersmith.persistence.spi.sql.RecoveryStore.KnownBackup;
import io.mistersmith.persistence.spi.sql.RecoveryStore.TableCheck;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The contract of known backups and drills, in a database with the set {@code recovery}. */
public abstract class RecoveryStoreContract extends UnitContract {

  /** For implementations. */
  protected RecoveryStoreContract() {}

  private RecoveryStore recovery() {
    return sql().recovery();
  }

  private KnownBackup backup(String id, Duration ago) {
    Instant startedAt = now().minus(ago).truncatedTo(ChronoUnit.MICROS);
    return new KnownBackup(id, "cross-system", startedAt, startedAt.plusSeconds(3), 5_000_000_000L);
  }

  private DrillResult drill(boolean passed) {
    return new DrillResult(
        true,
        now().minus(Duration.ofHours(3)),
        now().minus(Duration.ofMinutes(2)),
        passed,
        Map.of("rto_seconds", 12.5, "rpo_seconds", 3.0),
        passed ? List.of() : List.of("agents.state has 3 rows instead of 4"),
        "into scratch servers");
  }

  private Age age(String what) {
    return recovery().ages().stream()
        .filter(age -> age.what().equals(what))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void backupsAreListedNewestFirstUntilTheyAreRemoved() {
    assertThat(recovery().isInstalled()).isTrue();
    KnownBackup old = backup("old", Duration.ofHours(30));
    KnownBackup young = backup("young", Duration.ofHours(13));
    recovery().add(young);
    recovery().add(old);

    assertThat(recovery().backups()).containsExactly(young, old);
    assertThat(recovery().remove("young")).isTrue();
    assertThat(recovery().remove("young")).isFalse();
    assertThat(recovery().backups()).containsExactly(old);
  }

  @Test
  void aBackupThatIsKnownStaysAsItIs() {
    KnownBackup backup = backup("one", Duration.ofHours(1));
    recovery().add(backup);
    recovery().add(backup("one", Duration.ofHours(20)));
    assertThat(recovery().backups()).containsExactly(backup);
  }

  @Test
  void theAgeIsThatOfTheNewestBackup() {
    recovery().add(backup("old", Duration.ofHours(52)));
    assertThat(age("backup").allowed()).isEqualTo(Duration.ofHours(26));
    assertThat(age("backup").allowedAges()).isCloseTo(2, within(0.01));

    KnownBackup young = backup("young", Duration.ofHours(13));
    recovery().add(young);
    assertThat(age("backup").lastAt()).contains(young.startedAt());
    assertThat(age("backup").allowedAges()).isCloseTo(0.5, within(0.01));
  }

  @Test
  void aDrillThatFailedDoesNotCount() {
    UUID failed = recovery().record(drill(false));
    assertThat(age("drill").lastAt()).isEmpty();

    UUID passed = recovery().record(drill(true));
    assertThat(passed).isNotEqualTo(failed);
    assertThat(age("drill").lastAt()).isPresent();
    assertThat(age("drill").allowedAges()).isCloseTo(0, within(0.01));
  }

  @Test
  void theConsistencyOfTablesIsChecked() {
    long unused = save(Agent.of("worker", "one"));
    assertThat(recovery().verifyConsistency())
        .contains(new TableCheck("agents.registry", 1, List.of()))
        .allSatisfy(table -> assertThat(table.issues()).as(table.table()).isEmpty());
  }
}
