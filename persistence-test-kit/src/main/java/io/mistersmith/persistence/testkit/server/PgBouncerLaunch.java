package io.mistersmith.persistence.testkit.server;

import io.mistersmith.persistence.testkit.server.ProcessSignals.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs PgBouncer in front of one server, with a configuration file that is written for each start.
 */
record PgBouncerLaunch(
    PgBouncerProgram program,
    PostgresServer server,
    String password,
    PgBouncerServer.Mode mode,
    int serverConnections,
    Path dataDirectory)
    implements Launch {

  @Override
  public String name() {
    return "PgBouncer " + program.version();
  }

  @Override
  public void prepare() {
    try {
      Files.createDirectories(dataDirectory);
      Files.writeString(users(), "\"%s\" \"%s\"%n".formatted(server.user(), password));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not write below " + dataDirectory, e);
    }
  }

  @Override
  public List<String> command(int port) {
    Path file = dataDirectory.resolve("pgbouncer.ini");
    try {
      Files.deleteIfExists(pidFile());
      Files.writeString(file, configuration(port));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not write " + file, e);
    }
    return program.command(file);
  }

  private String configuration(int port) {
    return """
    [databases]
    * = host=%s port=%d
    [pgbouncer]
    listen_addr = 127.0.0.1
    listen_port = %d
    unix_socket_dir =
    pidfile = %s
    auth_type = scram-sha-256
    auth_file = %s
    pool_mode = %s
    default_pool_size = %d
    max_client_conn = 1000
    server_login_retry = 1
    """
        .formatted(
            server.host(),
            server.port(),
            port,
            pidFile(),
            users(),
            mode.setting(),
            serverConnections);
  }

  /** Another process may have the port, so that its answer alone would not do. */
  @Override
  public boolean isReady(int port, long pid) {
    try {
      return Files.readString(pidFile()).strip().equals(Long.toString(pid))
          && PostgresProtocol.acceptsConnections("127.0.0.1", port);
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + pidFile(), e);
    }
  }

  /** The server closes when the transactions under way have ended, in all versions. */
  @Override
  public Signal stopSignal() {
    return Signal.INT;
  }

  @Override
  public Signal discardSignal() {
    return Signal.KILL;
  }

  @Override
  public void dataReplaced() {
    // There is no data: each start writes its own configuration.
  }

  private Path users() {
    return dataDirectory.resolve("users.txt");
  }

  private Path pidFile() {
    return dataDirectory.resolve("pgbouncer.pid");
  }
}
