package io.mistersmith.persistence.core.fault;

import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** Servers of a version that the programs for backups fit. */
final class BackupServers {

  private static final Duration RECOVERED = Duration.ofSeconds(60);

  private BackupServers() {}

  /** Starts a pair of empty servers. */
  static FaultServers start() {
    return start(UnaryOperator.identity());
  }

  /** Starts a pair of empty servers, whose PostgreSQL archives its WAL by a command. */
  static FaultServers archiving(String command) {
    return start(
        options ->
            options
                .withServerSetting("archive_mode", "on")
                .withServerSetting("archive_command", command));
  }

  private static FaultServers start(UnaryOperator<PostgresOptions> more) {
    NatsServer nats = NatsServer.start(NatsOptions.defaults());
    try {
      return FaultServers.of(
          nats,
          PostgresServer.start(
              more.apply(
                  PostgresOptions.defaults()
                      .withMajorVersion(BackupPrograms.majorVersion())
                      .withServerSetting("wal_level", "replica")
                      .withServerSetting("max_wal_senders", "4"))));
    } catch (RuntimeException e) {
      nats.close();
      throw e;
    }
  }

  /** Returns an empty installation of a name on these servers: what a restore is given. */
  static Installation empty(FaultServers servers, String namePrefix, String database) {
    return new Installation(
        servers.nats().url(),
        namePrefix,
        servers.postgres().createDatabase(database),
        servers.postgres().user());
  }

  /** Starts PostgreSQL on a restored data directory, and returns once its recovery has ended. */
  static void recover(PostgresServer postgres, Path dataDirectory, Installation restored) {
    postgres.replaceData(dataDirectory);
    postgres.restart();
    await() // the server answers queries while it recovers
        .atMost(RECOVERED)
        .until(() -> restored.query("SELECT pg_is_in_recovery()").equals(List.of("f")));
  }
}
