package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.PruneReport;
import io.mistersmith.persistence.backup.PruneReport.Kept;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.backup.BackupHistory.Event;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore.KnownBackup;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** PostgreSQL knows of the backups that exist: from them it says how old the newest one is. */
class BackupPruningTest {

  private final BackupHistory history = new BackupHistory();
  private final PersistenceConfig installation =
      PersistenceConfig.inMemory().clock(history.clock()).build();
  private final InMemoryStores provider = new InMemoryStores(history.clock());
  private Stores stores;
  private RecoveryStore recovery;
  private boolean away;

  @BeforeEach
  void makeAndNote() {
    provider.migrate("recovery");
    stores = provider.open(installation);
    recovery = stores.sql().recovery();
    for (int day = 0; day < 60; day++) {
      history.happen(Event.DAILY);
      history.happen(Event.DAY);
    }
    BackupRecords records = new BackupRecords(recovery);
    new BackupCatalog(history.target())
        .all()
        .forEach(backup -> records.made(backup.manifest().orElseThrow()));
    assertThat(known()).hasSize(60);
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private BackupStores opened(PersistenceConfig config) {
    if (away) {
      throw new TransientPersistenceException(DataError.CONNECTION_FAILED, "away", null);
    }
    return (BackupStores)
        Proxy.newProxyInstance(
            BackupStores.class.getClassLoader(),
            new Class<?>[] {BackupStores.class},
            (self, method, arguments) -> method.getName().equals("recovery") ? recovery : null);
  }

  private PruneReport prune(boolean onlyReport) {
    BackupConfig config = BackupConfig.builder(installation, history.target()).build();
    return new BackupPruning(config, this::opened, history.clock()).prune(onlyReport);
  }

  private List<String> known() {
    return recovery.backups().stream().map(KnownBackup::id).toList();
  }

  @Test
  void whatIsDeletedIsForgotten() {
    assertThat(prune(true).backups()).isNotEmpty();
    assertThat(known()).as("nothing was deleted").hasSize(60);

    PruneReport report = prune(false);
    assertThat(known())
        .containsExactlyInAnyOrderElementsOf(report.kept().stream().map(Kept::id).toList());
  }

  /** Room is made in the target whether or not the stores run. */
  @Test
  void pruningNeedsNoStores() {
    away = true;
    assertThat(prune(false).backups()).isNotEmpty();
    assertThat(known()).hasSize(60);
  }
}
