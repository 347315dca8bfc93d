package io.mistersmith.persistence.core.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Delivered;
import io.mistersmith.persistence.spi.hot.StreamStore.Fetcher;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * A killed process held three messages, and the server delivers them again one by one, the last
 * first.
 */
class CollectingTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final ConsumerPlan PLAN =
      ConsumerPlan.durable("ORDERS", "packer").ackWait(Duration.ofSeconds(1)).build();

  @Test
  void nothingOfASubjectIsHandledBeforeAllOfItCameAgain() {
    try (Stores stores = new InMemoryStores().open(PersistenceConfig.inMemory().build())) {
      Services services = new Services(PersistenceListener.NOOP);
      StreamStore store = stores.hot().streams();
      hold(store);
      StreamStore oneByOne = oneByOne(store);
      StreamConsumers consumers =
          new StreamConsumers(
              oneByOne,
              new OrderLeases(stores.sql().journals(), "", "one"),
              services,
              new MemoryStreams(oneByOne, services));
      List<Integer> handled = Collections.synchronizedList(new ArrayList<>());
      StreamConsumer consumer =
          consumers.start(
              PLAN, new Digit(), Options.of(1).inOrder(), message -> handled.add(message.value()));
      try {
        await().atMost(SOON).until(() -> handled.size() == 3);
      } finally {
        consumer.close();
      }
      assertThat(handled).containsExactly(1, 2, 3);
    }
  }

  private static void hold(StreamStore store) {
    var unused = store.apply(StreamPlan.builder("ORDERS", "orders.>").build());
    unused = store.apply(PLAN);
    for (int i = 1; i <= 3; i++) {
      byte[] body = new Digit().encode(i);
      var published =
          store
              .publish(new Outgoing("ORDERS", "orders.1", Optional.empty(), Map.of(), body))
              .join();
      assertThat(published.sequence()).isEqualTo(i);
    }
    try (Fetcher killed = store.fetcher(PLAN)) {
      List<Delivered> held = killed.fetch(3, SOON);
      assertThat(held).hasSize(3);
      held.get(1).inProgress();
      held.get(0).inProgress();
    }
  }

  private static StreamStore oneByOne(StreamStore store) {
    return (StreamStore)
        Proxy.newProxyInstance(
            StreamStore.class.getClassLoader(),
            new Class<?>[] {StreamStore.class},
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(store, arguments);
                return result instanceof Fetcher fetcher ? new OneByOne(fetcher) : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private record Digit() implements JsonCodec<Integer> {

    @Override
    public byte[] encode(Integer value) {
      return new byte[] {(byte) ('0' + value)};
    }

    @Override
    public Integer decode(byte[] json) {
      return json[0] - '0';
    }
  }

  private record OneByOne(Fetcher fetcher) implements Fetcher {

    @Override
    public List<Delivered> fetch(int max, Duration wait) {
      return fetcher.fetch(1, wait);
    }

    @Override
    public void close() {
      fetcher.close();
    }
  }
}
