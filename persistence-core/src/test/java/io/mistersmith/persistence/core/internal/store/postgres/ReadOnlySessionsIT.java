package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sessions that began while the server accepted no writes, and go on to accept none. */
class ReadOnlySessionsIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final PostgresDatabase database = PostgresDatabase.create();

  @SuppressWarnings("NullAway.Init") // set before each test
  private PostgresStore store;

  @BeforeEach
  void open() {
    store = PostgresDatabase.open(database.config().toBuilder().connections(1, 1).build());
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void aWriteAfterTheServersReturnIsTriedOnANewSession() {
    refuseWrites();
    Awaitility.await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
        .until(() -> store.sql().agents().find(AgentId.random()).isEmpty());
    acceptWrites();

    assertThat(store.sql().agents().save(Agent.of("worker", "one"), AgentStore.NONE).version())
        .isEqualTo(1);
  }

  @Test
  void aServerThatStillRefusesIsReported() {
    refuseWrites();

    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThatThrownBy(
                        () -> store.sql().agents().save(Agent.of("worker", "one"), AgentStore.NONE))
                    .isInstanceOf(TransientPersistenceException.class)
                    .hasMessageContaining("25006"));
  }

  private void refuseWrites() {
    database.execute("ALTER DATABASE %s SET default_transaction_read_only = on".formatted(name()));
    database.execute(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
        """);
  }

  private void acceptWrites() {
    database.execute(
        "BEGIN READ WRITE; ALTER DATABASE %s RESET default_transaction_read_only; COMMIT"
            .formatted(name()));
  }

  private String name() {
    return database.query("SELECT quote_ident(current_database())").get(0);
  }
}
