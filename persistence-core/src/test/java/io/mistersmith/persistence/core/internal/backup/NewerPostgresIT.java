package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * PostgreSQL 18 with the programs of this machine: with those of its version, an increment is made
 * and restored; without them, the backup is refused, and the package is named.
 */
class NewerPostgresIT {

  private static final int VERSION = 18;

  private static final PostgresOptions OPTIONS =
      PostgresOptions.defaults().withMajorVersion(VERSION).withServerSetting("summarize_wal", "on");

  private final ProgramSearch programs = ProgramSearch.of(List.of());

  @TempDir private Path directory;

  @Test
  void aNewerServerIsServedOrRefused() throws SQLException {
    try (PostgresServer server = PostgresServer.start(OPTIONS)) {
      RecoveryScene scene = new RecoveryScene(server, programs, directory.resolve("target"));
      scene.sql("CREATE TABLE kept (what text)", "INSERT INTO kept VALUES ('whole')");
      boolean isServed =
          programs.find(ClientProgram.PG_BASEBACKUP, VERSION).isPresent()
              && programs.find(ClientProgram.PG_COMBINEBACKUP, VERSION).isPresent();
      if (isServed) {
        restoresAnIncrement(scene);
      } else {
        refuses(scene);
      }
    }
  }

  private void restoresAnIncrement(RecoveryScene scene) throws SQLException {
    BasePart whole = scene.programs.base(scene.writer(RecoveryScene.BACKUP), Optional.empty());
    scene.sql("INSERT INTO kept VALUES ('increment')");
    BasePart increment =
        scene.programs.base(scene.writer("backups/20261202T231500Z-weekly/"), Optional.of(whole));
    assertThat(increment.since()).contains(whole);

    Path data = directory.resolve("data");
    scene.restore.restore(increment, scene.reader, data, RecoveryTarget.latest());
    try (PostgresServer scratch = PostgresServer.start(OPTIONS)) {
      scratch.stop();
      scratch.replaceData(data);
      scratch.restart();
      assertThat(RecoveryScene.sqlOn(scratch.jdbcUrl(), scratch.user(), "SELECT what FROM kept"))
          .containsExactly("whole", "increment");
    }
  }

  private static void refuses(RecoveryScene scene) {
    PersistenceException refused =
        catchThrowableOfType(
            PersistenceException.class,
            () -> scene.programs.base(scene.writer(RecoveryScene.BACKUP), Optional.empty()));
    assertThat(refused.error()).isEqualTo(DataError.MISCONFIGURED);
    assertThat(refused).hasMessageContaining("postgresql-client-" + VERSION);
    assertThat(scene.target.list("")).isEmpty();
  }
}
