package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Empty servers on this machine, on the loopback interface, for one drill. They and their files go
 * with {@link #close}. PostgreSQL runs without fsync: what a drill restores is thrown away.
 */
final class ScratchServers implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ScratchServers.class);

  private static final String HOST = "127.0.0.1";
  private static final String USER = "postgres";
  private static final String DATABASE = "drill";
  private static final Duration STATEMENT = Duration.ofMinutes(30);

  private final BackupConfig config;
  private final Path directory;
  private final ServerPrograms programs;
  private final int postgresPort;
  private final int natsPort;
  private @Nullable Process nats;
  private boolean postgres;

  private ScratchServers(BackupConfig config, Path directory) throws IOException {
    this.config = config;
    this.directory = directory;
    this.programs = ServerPrograms.of(config.programs(), directory.resolve("servers.log"));
    this.postgresPort = freePort();
    this.natsPort = freePort();
  }

  /**
   * Starts servers.
   *
   * @param given the directory for their files; empty for a new temporary one
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException MISCONFIGURED when a
   *     program is not installed
   */
  static ScratchServers start(BackupConfig config, Optional<Path> given) {
    try {
      Path parent =
          given.isPresent()
              ? Files.createDirectories(given.get())
              : Path.of(System.getProperty("java.io.tmpdir"));
      ScratchServers servers =
          new ScratchServers(config, Files.createTempDirectory(parent, "persistence-drill-"));
      try {
        servers.startPostgres();
        servers.startNats();
        return servers;
      } catch (IOException | RuntimeException e) {
        servers.close();
        throw e;
      }
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.UNAVAILABLE, "scratch servers could not be started: " + e, e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void startPostgres() throws IOException {
    Path data = directory.resolve("postgresql");
    programs.run(
        "initdb",
        List.of(
            "-D",
            data.toString(),
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C"));
    postgres = true;
    programs.run(
        "pg_ctl",
        List.of(
            "-D",
            data.toString(),
            "-l",
            programs.log().toString(),
            "-o",
            "-p %d -c listen_addresses=%s -c unix_socket_directories= -c fsync=off"
                .formatted(postgresPort, HOST),
            "-w",
            "start"));
    programs.run(
        "createdb",
        List.of("-h", HOST, "-p", Integer.toString(postgresPort), "-U", USER, DATABASE));
  }

  private void startNats() throws IOException {
    nats =
        programs.start(
            "nats-server",
            List.of(
                "-js",
                "-sd",
                directory.resolve("nats").toString(),
                "-a",
                HOST,
                "-p",
                Integer.toString(natsPort)));
  }

  /** Returns the configuration that leads to them: the installation's with other addresses. */
  PersistenceConfig stores() {
    PersistenceConfig installation = config.installation();
    return installation.toBuilder()
        .nats(
            NatsConfig.builder("nats://%s:%d".formatted(HOST, natsPort))
                .namePrefix(installation.nats().namePrefix())
                .build())
        .postgres(
            PostgresConfig.builder(
                    "jdbc:postgresql://%s:%d/%s".formatted(HOST, postgresPort, DATABASE), USER)
                .statementTimeout(STATEMENT)
                .build())
        .waitForServers(Duration.ofSeconds(30))
        .build();
  }

  @Override
  public void close() {
    Process server = nats;
    if (server != null) {
      ServerPrograms.end(server);
    }
    try {
      if (postgres) {
        programs.run(
            "pg_ctl",
            List.of(
                "-D", directory.resolve("postgresql").toString(), "-m", "immediate", "-w", "stop"));
      }
    } catch (RuntimeException e) {
      LOG.warn("the scratch server in {} was not stopped: {}", directory, e.getMessage());
    }
    try {
      ScratchFiles.delete(directory);
    } catch (IOException e) {
      LOG.warn("{} was not deleted; delete it by hand", directory, e);
    }
  }
}
