package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.event.PersistenceListener;
import io.nats.client.Connection;
import io.nats.client.impl.NatsMessage;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ReconnectActionsTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  private final AtomicInteger prepared = new AtomicInteger();
  private final AtomicInteger reconnected = new AtomicInteger();

  private static Connection connection() {
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (self, method, arguments) -> NatsMessage.builder().subject("answer").build());
  }

  /** When the streams can be written again, the connection has its subscriptions already. */
  @Test
  void aConnectionIsPreparedOnceHoweverOftenTheActionsRun() {
    Connection connection = connection();
    Services services = new Services(PersistenceListener.NOOP);
    try (ReconnectActions actions = new ReconnectActions(() -> connection, any -> true, services)) {
      actions.onConnected(any -> prepared.incrementAndGet());
      actions.onReconnect(reconnected::incrementAndGet);
      actions.start();
      for (int run = 1; run <= 2; run++) {
        actions.run();
        int expected = run;
        Awaitility.await().atMost(SOON).until(() -> reconnected.get() == expected);
      }
    }
    assertThat(prepared).hasValue(1);
  }
}
