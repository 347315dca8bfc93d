package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTestContextBootstrapper;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.BootstrapWith;
import org.springframework.test.context.junit.jupiter.SpringExtension;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** A container that has been started, as far as Spring asks it; there is no engine to run one. */
@ExtendWith(SpringExtension.class)
@BootstrapWith(SpringBootTestContextBootstrapper.class)
class NatsServiceConnectionTest {

  @ServiceConnection static final GenericContainer<?> NATS = new StartedContainer();

  @Autowired NatsConnectionDetails details;
  @Autowired PersistenceConfig config;

  @Test
  void namesTheAddressOfTheContainer() {
    assertThat(details.servers()).containsExactly("nats://nats.example:14222");
    assertThat(config.nats().servers()).containsExactly("nats://nats.example:14222");
  }

  @Configuration(proxyBeanMethods = false)
  @Import(PersistenceAutoConfiguration.class)
  static class Application {

    @Bean
    InMemoryStores stores() {
      return new InMemoryStores();
    }
  }

  private static final class StartedContainer extends GenericContainer<StartedContainer> {

    StartedContainer() {
      super(DockerImageName.parse("nats:2"));
    }

    @Override
    public String getDockerImageName() {
      return "nats:2";
    }

    @Override
    public void start() {}

    @Override
    public void stop() {}

    @Override
    public boolean isRunning() {
      return true;
    }

    @Override
    public String getHost() {
      return "nats.example";
    }

    @Override
    public Integer getMappedPort(int originalPort) {
      return 10_000 + originalPort;
    }
  }
}
