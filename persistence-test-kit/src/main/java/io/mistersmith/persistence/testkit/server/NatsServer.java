package io.mistersmith.persistence.testkit.server;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A real nats-server with JetStream for tests: a child process with a store directory of its own,
 * listening on the loopback interface. It and its data go with {@link #close()} or with the JVM.
 *
 * <p>Thread-safe; the methods that change the server's state exclude each other. A server that came
 * from the environment (see {@link TestServers}) offers its address only: methods that need its
 * process or its data throw {@link IllegalStateException}, as does every call that does not fit the
 * server's state.
 */
public final class NatsServer implements AutoCloseable {
  private final ServerControl control;
  private final String url;
  private final String version;
  private final @Nullable NatsLaunch launch;

  NatsServer(ServerControl control, String url, String version) {
    this(control, url, version, null);
  }

  private NatsServer(
      ServerControl control, String url, String version, @Nullable NatsLaunch launch) {
    this.launch = launch;
    this.control = control;
    this.url = url;
    this.version = version;
  }

  /**
   * Starts a server and waits until its JetStream answers. The first start of a line fetches its
   * program into the user's cache, which it announces; with {@code
   * -Dpersistence.test.servers=containers} the server runs in a container instead.
   *
   * @throws IllegalStateException when it cannot be had or does not start; the message says what to
   *     do, or shows the end of the server's log
   */
  public static NatsServer start(NatsOptions options) {
    if (TestServers.inContainers()) {
      return of(
          OptionalLibrary.use(ContainerServer.NEEDS, () -> ContainerServer.nats(options)), null);
    }
    return start(
        options, NatsProgram.of(options.line(), ServerCache.ofUser(), System.getenv()), false);
  }

  static NatsServer start(NatsOptions options, NatsProgram program, boolean clustered) {
    WorkDirectory workDirectory = WorkDirectory.create("nats");
    NatsLaunch launch =
        new NatsLaunch(program, options, workDirectory.path().resolve("store"), clustered);
    return of(LocalServer.start(launch, workDirectory, options.port()), launch);
  }

  private static NatsServer of(ServerControl control, @Nullable NatsLaunch launch) {
    String version =
        NatsProtocol.version(control.host(), control.port())
            .orElseThrow(
                () -> new IllegalStateException("nats-server went away as soon as it was started"));
    return new NatsServer(
        control, "nats://" + control.host() + ":" + control.port(), version, launch);
  }

  /** The URL that clients connect to; of an environment with several, separated by commas. */
  public String url() {
    return url;
  }

  /** The server's version, for example "2.15.1". */
  public String version() {
    return version;
  }

  /** The process id; another one after each restart. */
  public long pid() {
    return control.pid();
  }

  /** The directory of JetStream's file storage; read or change it only while the server is down. */
  public Path storeDirectory() {
    return control.dataDirectory();
  }

  /** Kills the server with SIGKILL; returns when it has ended. */
  public void kill() {
    control.kill();
  }

  /** An orderly shutdown. */
  public void stop() {
    control.stop();
  }

  /**
   * Starts the server again on its port and store, after a kill or stop; returns when it is ready.
   */
  public void restart() {
    control.restart();
  }

  /** Freezes the server: connections stay open, and no request is answered. */
  public void pause() {
    control.pause();
  }

  /** Lets a paused server go on. */
  public void resume() {
    control.resume();
  }

  /**
   * Has the running server read another configuration, as an operator does with SIGHUP; returns
   * when it has. nats-server refuses changes that need a restart (its port, its store).
   *
   * @throws IllegalStateException when the server refuses it, or is not a process of this JVM
   */
  public void reload(NatsOptions options) {
    NatsLaunch present = launch;
    if (present == null) {
      throw new IllegalStateException("Cannot reload nats-server: it is no process of this JVM");
    }
    control.reload(present.with(options), "Reloaded server configuration");
  }

  /** Has the server enter its lame duck mode: it asks its clients to leave, and ends. */
  public void retire() {
    ProcessSignals.send(ProcessSignals.Signal.USR2, control.pid());
  }

  /**
   * Copies the store of a server that is down to a path that does not exist yet.
   *
   * @return the target
   */
  public Path copyStore(Path target) {
    return control.copyData(target);
  }

  /** Puts an older copy of the store in place of the present one of a server that is down. */
  public void replaceStore(Path copy) {
    control.replaceData(copy);
  }

  /** False for a server that came from the environment. */
  public boolean ownsProcess() {
    return control.ownsProcess();
  }

  /** Ends an own server and deletes its data; leaves the environment's server as it is. */
  @Override
  public void close() {
    control.close();
  }
}
