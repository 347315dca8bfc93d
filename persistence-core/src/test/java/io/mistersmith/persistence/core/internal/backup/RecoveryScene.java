package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresServerAccess;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;

/** A server that is saved into a directory, and what saves and restores it. */
final class RecoveryScene {

  static final String BACKUP = "backups/20261201T231500Z-weekly/";

  final PostgresServer server;
  final DirectoryTarget target;
  final WalArchive archive;
  final TargetReader reader;
  final PostgresServerAccess cluster;
  final PostgresPrograms programs;
  final ProgramRestore restore;

  RecoveryScene(PostgresServer server, ProgramSearch search, Path directory) {
    this.server = server;
    this.target = new DirectoryTarget(directory);
    this.archive = new WalArchive(target, Optional.empty());
    this.reader = new TargetReader(target, Optional.empty(), meter());
    this.cluster = PostgresServerAccess.of(config(server.jdbcUrl()));
    this.programs =
        new PostgresPrograms(
            cluster, LibpqAccess.of(config(server.jdbcUrl())), search, archive, reader);
    this.restore = new ProgramRestore(search, archive, PostgresServerAccess::of);
  }

  private static ProgressMeter meter() {
    return new ProgressMeter(BackupProgress.NONE, Ticker.SYSTEM);
  }

  PostgresConfig config(String jdbcUrl) {
    return PostgresConfig.of(jdbcUrl, server.user());
  }

  /** Returns a writer of another backup each time that another directory is given. */
  BackupWriter writer(String backup) {
    return new TargetWriter(
        target, backup, new RateLimit(1L << 40, Ticker.SYSTEM), Optional.empty(), meter());
  }

  /** Ends the segment that is written, and waits until the archive has it. */
  void archiveAll() {
    long size = cluster.facts().segmentSize();
    Lsn end = new Lsn(cluster.switchWal());
    String name = WalSegment.before(cluster.facts().timeline(), end, size).name(size);
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> isArchived(name));
  }

  private boolean isArchived(String name) {
    return archive.segments().contains(name);
  }

  /** Runs statements, and returns the first column of the last one's answer. */
  static List<String> sqlOn(String jdbcUrl, String user, String... statements) throws SQLException {
    List<String> answer = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(jdbcUrl, user, "");
        Statement statement = connection.createStatement()) {
      for (String text : statements) {
        answer.clear();
        if (statement.execute(text)) {
          try (ResultSet rows = statement.getResultSet()) {
            while (rows.next()) {
              answer.add(rows.getString(1));
            }
          }
        }
      }
    }
    return answer;
  }

  List<String> sql(String... statements) throws SQLException {
    return sqlOn(server.jdbcUrl(), server.user(), statements);
  }
}
