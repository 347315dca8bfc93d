package io.mistersmith.persistence.spring.boot;

import java.util.List;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;
import org.testcontainers.containers.Container;

/** Says where NATS is that a test runs in a container with {@code @ServiceConnection}. */
final class NatsContainerConnectionDetailsFactory
    extends ContainerConnectionDetailsFactory<Container<?>, NatsConnectionDetails> {

  /** Takes containers of the image {@code nats}, and those with the name {@code nats}. */
  NatsContainerConnectionDetailsFactory() {
    super("nats");
  }

  @Override
  protected NatsConnectionDetails getContainerConnectionDetails(
      ContainerConnectionSource<Container<?>> source) {
    return new InContainer(source);
  }

  private static final class InContainer extends ContainerConnectionDetails<Container<?>>
      implements NatsConnectionDetails {

    private static final int PORT = 4222;

    InContainer(ContainerConnectionSource<Container<?>> source) {
      super(source);
    }

    @Override
    public List<String> servers() {
      Container<?> container = getContainer();
      return List.of("nats://" + container.getHost() + ":" + container.getMappedPort(PORT));
    }
  }
}
