package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.PostgresRole;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How long a pool waits, while it closes, for a connection that is being made. */
class PoolSourceTest {

  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch answered = new CountDownLatch(1);

  private final PoolSource source =
      new PoolSource(
          PostgresConfig.of("jdbc:postgresql://unused.invalid/none", "user")
              .role(PostgresRole.PRIMARY),
          new Properties()) {
        @Override
        Connection connect(Properties login) throws SQLException {
          reached.countDown();
          try {
            answered.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          throw new SQLException("the server ended the connection", "08006");
        }
      };

  @AfterEach
  void answer() {
    answered.countDown();
  }

  @Test
  void waitsASecondWhereNoConnectionIsBeingMade() {
    assertThat(source.getLoginTimeout()).isEqualTo(1);
  }

  @Test
  void doesNotWaitForAConnectionThatTheServerLeavesUnanswered() throws InterruptedException {
    CompletableFuture<Void> connecting =
        CompletableFuture.runAsync(
            () -> assertThatThrownBy(source::getConnection).hasMessageContaining("ended"));
    reached.await();
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> source.getLoginTimeout() == 0);
    answered.countDown();
    connecting.join();
    assertThat(source.getLoginTimeout()).isEqualTo(1);
  }
}
