package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.model.PostgresRole;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool that closes leaves no connection that was being made meanwhile. */
class PrimarySourceIT {

  private final PostgresDatabase database = PostgresDatabase.create();
  private final Services services = new Services(event -> {});
  private final PrimaryMonitor monitor = new PrimaryMonitor(services, System::nanoTime);
  private PrimarySource source;

  @BeforeEach
  void open() {
    source =
        PrimarySource.of(
            monitor,
            PostgresRole.PRIMARY,
            database.config().role(PostgresRole.PRIMARY),
            "runtime-test");
  }

  @AfterEach
  void close() {
    monitor.close();
  }

  @Test
  void cutsWhatThePoolDidNotTakeAnyMore() throws SQLException {
    Connection made = source.getConnection();
    source.close();
    assertThat(made.isClosed()).isTrue();
  }

  @Test
  void makesNoneOnceItIsClosed() {
    source.close();
    assertThatThrownBy(source::getConnection)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("is closed");
  }
}
