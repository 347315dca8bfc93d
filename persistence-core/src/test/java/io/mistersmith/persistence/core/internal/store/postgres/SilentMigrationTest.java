package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A server that takes the connection and never says anything, as one that is frozen. */
class SilentMigrationTest {

  @Test
  void theMigrationIsGivenUp() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      PostgresConfig config =
          PostgresConfig.builder(
                  "jdbc:postgresql://127.0.0.1:" + silent.getLocalPort() + "/d?sslmode=disable",
                  "app")
              .allRoles(role -> role.connectTimeout(Duration.ofSeconds(1)))
              .migrateOnOpen()
              .build();
      TransientPersistenceException failure =
          assertTimeoutPreemptively(
              Duration.ofSeconds(20),
              () ->
                  assertThrows(
                      TransientPersistenceException.class, () -> SchemaMigration.apply(config)));
      assertThat(failure.error()).isEqualTo(DataError.CONNECTION_FAILED);
    }
  }
}
