package io.mistersmith.persistence.testkit.server;

import io.mistersmith.persistence.testkit.server.ProcessSignals.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs the postmaster itself, without pg_ctl in between, so that its process is the server.
 *
 * @param content fills the data directory, which does not exist before
 */
record PostgresLaunch(
    PostgresInstallation installation,
    PostgresOptions options,
    Path dataDirectory,
    Runnable content)
    implements Launch {
  private static final int PID_LINE = 0;
  private static final int STATUS_LINE = 7;

  @Override
  public String name() {
    return "PostgreSQL " + installation.version();
  }

  @Override
  public void prepare() {
    content.run();
  }

  @Override
  public List<String> command(int port) {
    List<String> command = installation.program("postgres");
    command.addAll(List.of("-D", dataDirectory.toString(), "-p", Integer.toString(port)));
    command.addAll(List.of("-c", "listen_addresses=127.0.0.1"));
    command.addAll(List.of("-c", "unix_socket_directories="));
    options
        .serverSettings()
        .forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    return command;
  }

  /** The postmaster keeps its state in a file; it says "ready" when recovery has ended. */
  @Override
  public boolean isReady(int port, long pid) {
    Path file = pidFile();
    try {
      List<String> lines = Files.readAllLines(file);
      return lines.size() > STATUS_LINE
          && lines.get(PID_LINE).strip().equals(Long.toString(pid))
          && lines.get(STATUS_LINE).strip().equals("ready");
    } catch (NoSuchFileException e) {
      return false; // not written yet; one that a killed server left is deleted first
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + file, e);
    }
  }

  @Override
  public Signal stopSignal() {
    return Signal.INT;
  }

  /** An immediate shutdown still frees the shared memory, which a SIGKILL leaves behind. */
  @Override
  public Signal discardSignal() {
    return Signal.QUIT;
  }

  /**
   * Deletes the file of the process id: in the copy of a killed server, it may name another process
   * by now.
   */
  @Override
  public void dataReplaced() {
    DirectoryTree.delete(pidFile());
  }

  private Path pidFile() {
    return dataDirectory.resolve("postmaster.pid");
  }
}
