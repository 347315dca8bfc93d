package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.TableContents;
import io.mistersmith.persistence.backup.ProgramFailedException;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Snapshot;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresServerAccess;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dumps of PostgreSQL 15 by the distribution's programs, and what becomes of their failures. */
class PostgresDumpIT {

  @TempDir static Path directory;

  private static PostgresServer server;
  private static RecoveryScene scene;
  private static ProgramSearch tools;

  @BeforeAll
  static void write() throws IOException, SQLException {
    server = PostgresServer.start(PostgresOptions.defaults().withMajorVersion(15));
    tools = PostgresTools.search(directory.resolve("tools"));
    scene = new RecoveryScene(server, tools, directory.resolve("target"));
    scene.sql(
        "CREATE ROLE keeper",
        "CREATE TABLE kept (n int PRIMARY KEY, what text)",
        "ALTER TABLE kept OWNER TO keeper",
        "INSERT INTO kept SELECT n, 'row ' || n FROM generate_series(1, 1000) n",
        "CREATE TABLE noise AS SELECT md5(n::text) FROM generate_series(1, 20000) n");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static StoredFile dump(String backup) {
    return scene.programs.dump(scene.writer("backups/" + backup + "/"));
  }

  private static List<String> query(String jdbcUrl, String sql) throws SQLException {
    return RecoveryScene.sqlOn(jdbcUrl, server.user(), sql);
  }

  private static PersistenceException refused(StoredFile dump, String jdbcUrl) {
    return catchThrowableOfType(
        PersistenceException.class,
        () -> scene.restore.restoreDump(dump, scene.reader, scene.config(jdbcUrl)));
  }

  @Test
  void aDumpComesBackOnce() throws SQLException {
    StoredFile dump = dump("20261201T231501Z-daily");
    String empty = server.createDatabase("restored");
    scene.restore.restoreDump(dump, scene.reader, scene.config(empty));

    assertThat(query(empty, "SELECT count(*)::text || ' ' || max(what) FROM kept"))
        .containsExactly("1000 row 999");
    assertThat(query(empty, "SELECT tableowner FROM pg_tables WHERE tablename = 'kept'"))
        .containsExactly("keeper");
    assertThat(refused(dump, empty).error()).isEqualTo(DataError.DUPLICATE_KEY);
  }

  @Test
  void aRoleThatTheServerLacksDoesNotPreventTheRestore() throws SQLException {
    StoredFile dump = dump("20261201T231502Z-daily");
    try (PostgresServer other =
        PostgresServer.start(PostgresOptions.defaults().withMajorVersion(15))) {
      scene.restore.restoreDump(dump, scene.reader, scene.config(other.jdbcUrl()));
      assertThat(query(other.jdbcUrl(), "SELECT count(*)::text FROM kept")).containsExactly("1000");
    }
  }

  private static Map<String, TableContents> tables(String jdbcUrl) {
    try (Snapshot snapshot = PostgresServerAccess.of(scene.config(jdbcUrl)).snapshot()) {
      return snapshot.tables();
    }
  }

  /**
   * Neither the order of rows nor the settings of a session change it, and a changed value does.
   */
  @Test
  void theChecksumOfATableIsThatOfItsValues() throws SQLException {
    String url = server.createDatabase("compared");
    RecoveryScene.sqlOn(
        url,
        server.user(),
        """
        CREATE TABLE "Kept" AS
          SELECT n, n AS t, now() AS at, 0.1::float8 AS f, interval '1 day' AS i, '\\x01'::bytea AS b,
                 'pg_class'::regclass AS c
            FROM generate_series(1, 100) n
        """,
        "CREATE TABLE empty ()");
    Map<String, TableContents> before = tables(url);
    assertThat(before).containsEntry("public.empty", new TableContents(0, "0"));
    assertThat(before.get("public.Kept")).extracting(TableContents::rows).isEqualTo(100L);

    RecoveryScene.sqlOn(
        url,
        server.user(),
        "UPDATE \"Kept\" SET n = n WHERE n < 50",
        """
        DO $$ BEGIN EXECUTE format('ALTER DATABASE compared SET TimeZone = %L', 'Asia/Tokyo');
          ALTER DATABASE compared SET DateStyle = 'SQL, DMY';
          ALTER DATABASE compared SET IntervalStyle = 'iso_8601';
          ALTER DATABASE compared SET bytea_output = 'escape';
          ALTER DATABASE compared SET extra_float_digits = -15;
          ALTER DATABASE compared SET search_path = 'public';
        END $$
        """);
    assertThat(tables(url)).isEqualTo(before);

    RecoveryScene.sqlOn(url, server.user(), "UPDATE \"Kept\" SET f = 0.2 WHERE n = 7");
    assertThat(tables(url)).isNotEqualTo(before);
  }

  @Test
  void aDumpIsOfTheSnapshotThatIsHeld() throws SQLException {
    StoredFile dump;
    try (Snapshot snapshot = scene.cluster.snapshot()) {
      scene.sql("INSERT INTO kept VALUES (0, 'after the snapshot')");
      assertThat(snapshot.tables().get("public.kept"))
          .extracting(TableContents::rows)
          .isEqualTo(1000L);
      dump =
          scene.programs.dump(
              scene.writer("backups/20261201T231503Z-daily/"), Optional.of(snapshot.name()));
    } finally {
      scene.sql("DELETE FROM kept WHERE n = 0");
    }
    String empty = server.createDatabase("of_the_snapshot");
    scene.restore.restoreDump(dump, scene.reader, scene.config(empty));
    assertThat(query(empty, "SELECT count(*)::text FROM kept")).containsExactly("1000");
  }

  /**
   * The last bytes are held back until the whole file has proved to be as it was. The restore names
   * the damaged file, whatever error pg_restore ends with.
   */
  @Test
  void nothingOfADamagedDumpIsCommitted() throws IOException, SQLException {
    StoredFile dump = dump("20261201T231504Z-daily");
    String empty = server.createDatabase("damaged");
    // Its version, the second of its creation, its list of contents, and its rows.
    for (long at : new long[] {6, 17, 300, dump.size() / 2, dump.size() - 1}) {
      flip(dump, at);
      assertThat(refused(dump, empty))
          .as("damaged at %d", at)
          .hasMessageContaining(dump.path())
          .extracting(PersistenceException::error)
          .isEqualTo(DataError.DATA_CORRUPTION);
      flip(dump, at);
    }
    assertThat(query(empty, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"))
        .isEmpty();
    scene.restore.restoreDump(dump, scene.reader, scene.config(empty));
  }

  private static void flip(StoredFile dump, long at) throws IOException {
    Path stored = directory.resolve("target").resolve(dump.path());
    try (RandomAccessFile file = new RandomAccessFile(stored.toFile(), "rw")) {
      file.seek(at);
      int old = file.read();
      file.seek(at);
      file.write(old ^ 1);
    }
  }

  /** A damaged list of contents has made pg_restore crash, which says nothing of its reason. */
  @Test
  void aCrashOfTheProgramIsNoReasonWhereTheDumpIsDamaged() throws IOException, SQLException {
    StoredFile dump = dump("20261201T231507Z-daily");
    String empty = server.createDatabase("crashed");
    Path crashing = directory.resolve("crashing");
    Scripts.write(
        crashing,
        "pg_restore",
        "[ \"$1\" = --version ] && echo 'pg_restore (PostgreSQL) 15.1' || kill -SEGV $$");
    ProgramRestore restore =
        new ProgramRestore(
            ProgramSearch.only(List.of(crashing)), scene.archive, PostgresServerAccess::of);

    ThrowingCallable restored = () -> restore.restoreDump(dump, scene.reader, scene.config(empty));
    assertThatThrownBy(restored).hasMessageContaining("exit code 139");
    flip(dump, dump.size() / 2);
    assertThatThrownBy(restored)
        .hasMessageContaining(dump.path())
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.DATA_CORRUPTION));
  }

  /** A script of the past called this a success, and uploaded it. */
  @Test
  void aDumpOfADatabaseThatDoesNotExistIsAFailure() {
    String missing = server.jdbcUrl().replaceFirst("/[^/]*$", "/nowhere");
    PostgresPrograms programs =
        new PostgresPrograms(
            scene.cluster,
            LibpqAccess.of(scene.config(missing)),
            tools,
            scene.archive,
            scene.reader);
    PersistenceException failure =
        catchThrowableOfType(
            PersistenceException.class,
            () -> programs.dump(scene.writer("backups/20261201T231505Z-daily/")));

    assertThat(failure.error()).isEqualTo(DataError.NOT_FOUND);
    assertThat(failure.getCause())
        .isInstanceOfSatisfying(
            ProgramFailedException.class,
            cause -> {
              assertThat(cause.program()).isEqualTo("pg_dump");
              assertThat(cause.exitCode()).isEqualTo(1);
              assertThat(cause.stderr()).contains("nowhere");
            });
    assertThat(scene.target.list("backups/20261201T231505Z-daily/")).isEmpty();
  }

  @Test
  void aProgramOfAnOlderVersionIsRefusedAndThePackageIsNamed() throws IOException {
    Path old = directory.resolve("old");
    Scripts.version(old, ClientProgram.PG_DUMP, "14.9");
    PostgresPrograms programs =
        new PostgresPrograms(
            scene.cluster,
            LibpqAccess.of(scene.config(server.jdbcUrl())),
            ProgramSearch.only(List.of(old)),
            scene.archive,
            scene.reader);
    PersistenceException refused =
        catchThrowableOfType(
            PersistenceException.class,
            () -> programs.dump(scene.writer("backups/20261201T231506Z-daily/")));
    assertThat(refused.error()).isEqualTo(DataError.MISCONFIGURED);
    assertThat(refused).hasMessageContaining("postgresql-client-15");
  }
}
