package io.mistersmith.persistence.testkit.server;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A server in a container. Only this class refers to Testcontainers, and it is loaded only when
 * containers are asked for. The host's port is fixed beforehand: one that the engine chooses would
 * change when the container is started again.
 */
final class ContainerServer implements ServerControl {
  static final String PASSWORD = "postgres";
  static final String NEEDS =
      "Servers in containers need org.testcontainers:testcontainers and"
          + " org.testcontainers:testcontainers-postgresql";

  private static final int POSTGRES_PORT = 5432;
  private static final int NATS_PORT = 4222;
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final int STOP_SECONDS = 30;

  private final GenericContainer<?> container;
  private final int port;
  private final BooleanSupplier ready;

  private ContainerServer(GenericContainer<?> container, int port, int innerPort) {
    this.container = container;
    this.port = port;
    this.ready =
        innerPort == NATS_PORT
            ? () -> NatsProtocol.jetStreamAnswers(host(), port)
            : () -> PostgresProtocol.acceptsConnections(host(), port);
    container.setPortBindings(List.of(port + ":" + innerPort));
    container.start();
  }

  static ContainerServer postgres(PostgresOptions options) {
    if (!options.accessRules().isEmpty() || options.serverSettings().containsKey("ssl")) {
      throw insideContainer("read certificates and access rules for");
    }
    List<String> command = new ArrayList<>(List.of("postgres"));
    options
        .serverSettings()
        .forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    PostgreSQLContainer container =
        new PostgreSQLContainer(DockerImageName.parse("postgres:" + options.majorVersion()))
            .withDatabaseName("postgres")
            .withUsername(PostgresInstallation.USER)
            .withPassword(PASSWORD);
    container.setCommand(command.toArray(String[]::new));
    int port = options.port() == 0 ? FreePort.find() : options.port();
    return new ContainerServer(container, port, POSTGRES_PORT);
  }

  static ContainerServer nats(NatsOptions options) {
    String tag = options.line().equals(NatsOptions.OLDEST) ? "2.9" : "latest";
    String file = "/nats.conf";
    NatsLaunch configuration =
        new NatsLaunch(new NatsProgram(Path.of(file), tag), options, Path.of("/data"), false);
    GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse("nats:" + tag))
            .withCopyToContainer(
                Transferable.of(configuration.configuration("0.0.0.0", NATS_PORT)), file)
            .withCommand("-js", "--config", file)
            .waitingFor(Wait.forLogMessage(".*Server is ready.*", 1));
    int port = options.port() == 0 ? FreePort.find() : options.port();
    return new ContainerServer(container, port, NATS_PORT);
  }

  private static DockerClient docker() {
    return DockerClientFactory.instance().client();
  }

  private ContainerState state() {
    return docker().inspectContainerCmd(container.getContainerId()).exec().getState();
  }

  private boolean isRunning() {
    return Boolean.TRUE.equals(state().getRunning());
  }

  @Override
  public String host() {
    return container.getHost();
  }

  @Override
  public int port() {
    return port;
  }

  /** The process id on the engine's host. */
  @Override
  public long pid() {
    Long pid = state().getPidLong();
    if (pid == null || pid == 0) {
      throw new IllegalStateException("The container of the server is down");
    }
    return pid;
  }

  @Override
  public Path dataDirectory() {
    throw insideContainer("name the data directory of");
  }

  @Override
  public void kill() {
    docker().killContainerCmd(container.getContainerId()).withSignal("KILL").exec();
    await("end", () -> !isRunning());
  }

  @Override
  public void stop() {
    docker().stopContainerCmd(container.getContainerId()).withTimeout(STOP_SECONDS).exec();
    await("end", () -> !isRunning());
  }

  @Override
  public void restart() {
    docker().startContainerCmd(container.getContainerId()).exec();
    await("accept connections", () -> isRunning() && ready.getAsBoolean());
  }

  @Override
  public void pause() {
    docker().pauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void resume() {
    docker().unpauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void reload(Launch changed, String done) {
    throw insideContainer("reload the configuration of");
  }

  @Override
  public Path copyData(Path target) {
    throw insideContainer("copy the data of");
  }

  @Override
  public void replaceData(Path copy) {
    throw insideContainer("replace the data of");
  }

  private static IllegalStateException insideContainer(String action) {
    return new IllegalStateException(
        "Cannot "
            + action
            + " a server that runs in a container: run this test with"
            + " -Dpersistence.test.servers=local");
  }

  @Override
  public boolean ownsProcess() {
    return true;
  }

  @Override
  public void close() {
    container.stop();
  }

  private void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + READY_LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "The container %s did not %s within %d s"
                .formatted(container.getDockerImageName(), what, READY_LIMIT.toSeconds()));
      }
      try {
        TimeUnit.MILLISECONDS.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while waiting for a container", e);
      }
    }
  }
}
