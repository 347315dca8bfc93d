package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Only a call that reached the server may have committed what a replica then has to have. */
@Tag("contract")
class UncommittedCallsIT {

  private static final SqlOptions OPTIONS = SqlOptions.of("test");

  private final PostgresConfig config =
      PostgresDatabase.create().config().toBuilder()
          .connections(1, 1)
          .acquireTimeout(Duration.ofMillis(300))
          .build();

  @Test
  void aCallWithoutAConnectionCountsAsNoCommit() throws SQLException {
    AtomicInteger changes = new AtomicInteger();
    try (PostgresStore store = PostgresDatabase.open(config)) {
      PoolSet pools = (PoolSet) store.pools();
      ConnectionPool pool = pools.of(PRIMARY);
      Availability availability =
          new Availability(pool, Clock.systemUTC(), new Services(event -> {}));
      Database database = new Database(pools, pool, availability, changes::incrementAndGet);

      try (Connection held = pool.acquire(Duration.ofSeconds(20))) {
        assertThat(held.isClosed()).isFalse();
        assertThatThrownBy(() -> database.write("write", handle -> handle.execute("SELECT 1")))
            .isInstanceOf(PersistenceException.class);
        assertThatThrownBy(() -> database.transaction(OPTIONS, handle -> 1))
            .isInstanceOf(PersistenceException.class);
        assertThatThrownBy(() -> database.unit(OPTIONS, handle -> 1))
            .isInstanceOf(PersistenceException.class);
      }
      assertThat(changes).hasValue(0);

      assertThat(database.<Integer>transaction(OPTIONS, handle -> 1)).isOne();
      assertThat(changes).hasValue(1);
      assertThat(database.<Integer>unit(OPTIONS, handle -> 1)).isOne();
      assertThat(database.<Integer>write("write", handle -> 1)).isOne();
      assertThat(database.<Integer>read("read", handle -> 1)).isOne();
      assertThat(changes).hasValue(3);
    }
  }
}
