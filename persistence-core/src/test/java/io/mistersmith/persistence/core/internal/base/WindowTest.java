package io.mistersmith.persistence.core.internal.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class WindowTest {

  private static final Duration SHORT = Duration.ofMillis(20);
  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void itIsFullByPlacesOrByBytes() {
    Window places = new Window(1, 1_000, SHORT);
    places.enter(1, () -> "a");
    assertThat(refused(places, 1)).hasMessageContaining("nats.maxInFlight wait");
    places.leave(1);
    places.enter(1, () -> "b");

    Window bytes = new Window(10, 1_000, SHORT);
    bytes.enter(600, () -> "a");
    assertThat(refused(bytes, 401)).hasMessageContaining("nats.maxInFlightBytes");
    bytes.enter(400, () -> "b");
    for (int i = 0; i < 20; i++) {
      assertThat(refused(bytes, 1).error()).isEqualTo(DataError.CONNECTION_FAILED);
    }
    bytes.leave(400);
    bytes.enter(400, () -> "c");
  }

  @Test
  void aSingleLargerValuePassesAlone() {
    Window window = new Window(10, 1_000, SHORT);
    window.enter(5_000, () -> "a");
    assertThat(refused(window, 1)).isNotNull();
    window.leave(5_000);
    window.enter(1, () -> "b");
    assertThat(refused(window, 5_000)).isNotNull();
    window.leave(1);
    window.enter(5_000, () -> "c");
  }

  @Test
  void aLargeValueThatWaitsIsNotOvertakenBySmallOnes() throws Exception {
    Window window = new Window(10, 1_000, LONG);
    window.enter(600, () -> "first");
    Thread large = new Thread(() -> window.enter(1_000, () -> "large"), "test-large");
    large.start();
    Awaitility.await().until(() -> large.getState() == Thread.State.TIMED_WAITING);
    CompletableFuture<Void> small =
        CompletableFuture.runAsync(() -> window.enter(1, () -> "small"));
    Awaitility.await()
        .during(Duration.ofMillis(100))
        .atMost(Duration.ofSeconds(5))
        .until(() -> !small.isDone());
    window.leave(600);
    large.join(10_000);
    assertThat(large.isAlive()).isFalse();
    assertThat(small).isNotDone();
    window.leave(1_000);
    small.get(60, TimeUnit.SECONDS);
  }

  private static TransientPersistenceException refused(Window window, long bytes) {
    return catchThrowableOfType(
        TransientPersistenceException.class, () -> window.enter(bytes, () -> "x"));
  }
}
