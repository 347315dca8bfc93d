package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;

/** Servers, one a version, and for each test an empty database and folder for scripts. */
abstract class RunsMigrations {
  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "migrator");
            thread.setDaemon(true);
            return thread;
          });

  @TempDir Path folder;
  TestDatabase database;

  @BeforeParameterizedClassInvocation
  static void startServer(int majorVersion) {
    server = MigratedDatabases.server(majorVersion);
  }

  @BeforeEach
  void createDatabase() {
    database = new TestDatabase(server);
  }

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  static PostgresServer server() {
    return server;
  }

  final MigrationRunner runner() {
    return MigrationRunner.builder()
        .dataSource(database.dataSource())
        .scripts(folder)
        .lockWait(Duration.ofSeconds(20))
        .build();
  }

  final void script(String name, String sql) throws IOException {
    Files.writeString(folder.resolve(name), sql);
  }

  final List<String> tables() throws SQLException {
    return database.query(
        "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'pg_catalog')"
            + " AND tableowner = current_user AND tablename !~ '^pg_' ORDER BY 1");
  }
}
