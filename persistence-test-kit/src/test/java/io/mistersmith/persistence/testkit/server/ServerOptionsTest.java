package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServerOptionsTest {
  private static final PostgresOptions POSTGRES =
      new PostgresOptions(18, 0, Map.of(), false, List.of());
  private static final NatsOptions NATS = NatsOptions.defaults();

  @Test
  void postgresIsDurableUnlessToldOtherwise() {
    assertThat(POSTGRES.serverSettings())
        .containsEntry("fsync", "on")
        .containsEntry("synchronous_commit", "on")
        .containsEntry("full_page_writes", "on")
        .containsEntry("max_prepared_transactions", "20")
        .containsEntry("max_connections", "300");
    assertThat(POSTGRES.withServerSetting("fsync", "off").withPort(7000).serverSettings())
        .containsEntry("fsync", "off")
        .containsEntry("synchronous_commit", "on");
    assertThat(POSTGRES.withServerSettings(Map.of("work_mem", "8MB")).serverSettings()).hasSize(6);
  }

  @Test
  void wrongPostgresOptionsNameTheFieldAndTheFix() {
    assertThatThrownBy(() -> POSTGRES.withMajorVersion(14))
        .hasMessage("majorVersion is 14: use one of 15, 16, 17, 18");
    assertThatThrownBy(() -> POSTGRES.withPort(70_000)).hasMessageStartingWith("port is 70000");
    assertThatThrownBy(() -> POSTGRES.withServerSetting("a b", "1"))
        .hasMessageContaining("serverSettings");
  }

  @Test
  void wrongNatsOptionsNameTheFieldAndTheFix() {
    assertThatThrownBy(() -> NATS.withLine("2.9")).hasMessageStartingWith("line is '2.9'");
    assertThatThrownBy(() -> NATS.withPort(-1)).hasMessageStartingWith("port is -1");
    assertThatThrownBy(() -> NATS.withMaxPayload(0)).hasMessageStartingWith("maxPayload is 0");
    assertThatThrownBy(() -> NATS.withMaxFileStore(0)).hasMessageStartingWith("maxFileStore is 0");
    assertThatThrownBy(() -> NATS.withMaxMemoryStore(0))
        .hasMessageStartingWith("maxMemoryStore is 0");
    assertThatThrownBy(() -> NatsCluster.start(2, NATS)).hasMessageStartingWith("size is 2");
    assertThatThrownBy(() -> NatsCluster.start(3, NATS.withPort(4222)))
        .hasMessageStartingWith("port is 4222");
  }
}
