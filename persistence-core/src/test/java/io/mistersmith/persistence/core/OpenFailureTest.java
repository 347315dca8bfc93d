package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent.ServerAwaited;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** An open that fails half way, such as in a cluster that elects just then. */
class OpenFailureTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void leavesNoThreadBehind() {
    Set<Thread> before = library();
    assertThatThrownBy(() -> Persistence.open(PersistenceConfig.inMemory().build(), noSessions()))
        .isInstanceOf(TransientPersistenceException.class)
        .hasMessageContaining("SESSION_DATA");
    await().atMost(SOON).untilAsserted(() -> assertThat(library()).isSubsetOf(before));
  }

  @Test
  void waitsForAStoreThatIsNotThereYet() throws Exception {
    InMemoryStores stores = new InMemoryStores();
    stores.hotOutage(true);
    Queue<ServerAwaited> heard = new ConcurrentLinkedQueue<>();
    PersistenceConfig.Builder config =
        PersistenceConfig.inMemory()
            .listener(PersistenceListener.of(ServerAwaited.class, heard::add));
    assertThatThrownBy(() -> Persistence.open(config.build(), stores))
        .isInstanceOf(TransientPersistenceException.class)
        .hasMessageNotContaining("waitForServers");
    assertThat(heard).isEmpty();
    Duration shortly = Duration.ofMillis(50);
    assertThatThrownBy(() -> Persistence.open(config.waitForServers(shortly).build(), stores))
        .isInstanceOf(TransientPersistenceException.class)
        .hasMessageContaining("waitForServers");
    assertThat(heard.remove().reason()).contains("hot store");
    PersistenceConfig patient = config.waitForServers(SOON).build();
    CompletableFuture<Persistence> opening =
        CompletableFuture.supplyAsync(() -> Persistence.open(patient, stores));
    await().atMost(SOON).until(() -> !heard.isEmpty());
    assertThat(opening).isNotDone();
    stores.hotOutage(false);
    opening.get(SOON.toSeconds(), TimeUnit.SECONDS).close();
  }

  @Test
  void waitsForNothingThatNeedsAPerson() {
    StoreProvider refused =
        config -> {
          throw new NonTransientPersistenceException(DataError.ACCESS_DENIED, "no such user");
        };
    PersistenceConfig patient = PersistenceConfig.inMemory().waitForServers(SOON).build();
    assertThatThrownBy(() -> Persistence.open(patient, refused))
        .isInstanceOf(NonTransientPersistenceException.class)
        .hasMessage("no such user");
  }

  private static Set<Thread> library() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .filter(thread -> thread.getName().startsWith("persistence-"))
        .collect(Collectors.toSet());
  }

  /** The in-memory stores, but one bucket cannot be opened. */
  private static StoreProvider noSessions() {
    InMemoryStores memory = new InMemoryStores();
    return config -> {
      Stores stores = memory.open(config);
      return proxy(Stores.class, stores);
    };
  }

  private static <T> T proxy(Class<T> type, Object real) {
    return type.cast(
        Proxy.newProxyInstance(
            OpenFailureTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("bucket") && arguments[0] == Bucket.SESSION_DATA) {
                throw new TransientPersistenceException(
                    DataError.CONNECTION_FAILED, "open bucket SESSION_DATA: no answer");
              }
              try {
                Object answer = method.invoke(real, arguments);
                return answer instanceof HotStore ? proxy(HotStore.class, answer) : answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
