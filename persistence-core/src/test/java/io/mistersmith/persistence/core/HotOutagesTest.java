package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.event.PersistenceEvent.HotStoreChanged;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.HotStore.Outage;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The events of a hot store that goes away and comes back. */
class HotOutagesTest {

  private final List<Boolean> told = new ArrayList<>();
  private final List<Runnable> onOutage = new ArrayList<>();
  private final List<Runnable> onReconnect = new ArrayList<>();
  private Optional<Outage> outage = Optional.empty();
  private Runnable afterLook = () -> {};

  @Test
  void anOutageFromBeforeItListenedIsTold() {
    lose();
    assertThat(open().notices()).hasSize(1);
    assertThat(told).containsExactly(true);
  }

  @Test
  void aStoreThatIsLostWhileItsReturnIsToldIsToldAgain() {
    assertThat(open().notices()).isEmpty();
    lose();
    outage = Optional.empty();
    afterLook = this::lose;
    onReconnect.forEach(Runnable::run);
    assertThat(told).containsExactly(true, false, true);
    outage = Optional.empty();
    onReconnect.forEach(Runnable::run);
    assertThat(told).containsExactly(true, false, true, false);
  }

  private void lose() {
    afterLook = () -> {};
    outage = Optional.of(new Outage(Instant.EPOCH, "cut off"));
    onOutage.forEach(Runnable::run);
  }

  private HotOutages open() {
    return new HotOutages(
        store(), PersistenceListener.of(HotStoreChanged.class, event -> told.add(event.away())));
  }

  private HotStore store() {
    return (HotStore)
        Proxy.newProxyInstance(
            HotOutagesTest.class.getClassLoader(),
            new Class<?>[] {HotStore.class},
            (proxy, method, arguments) -> {
              switch (method.getName()) {
                case "onOutage" -> onOutage.add((Runnable) arguments[0]);
                case "onReconnect" -> onReconnect.add((Runnable) arguments[0]);
                default -> {
                  Optional<Outage> seen = outage;
                  afterLook.run();
                  return seen;
                }
              }
              return null;
            });
  }
}
