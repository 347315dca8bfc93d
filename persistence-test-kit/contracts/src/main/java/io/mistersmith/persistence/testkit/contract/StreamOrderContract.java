package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.spi.hot.StreamStore.Delivered;
import io.mistersmith.persistence.spi.hot.StreamStore.Fetcher;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.Streams.Publisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The contract of consumers that keep the order of a subject. */
public abstract class StreamOrderContract extends StreamTests {

  /** For implementations. */
  protected StreamOrderContract() {}

  @Test
  void theOrderOfASubjectIsKeptAlsoWhereAMessageFails() {
    Publisher<Order> orders = orders();
    for (int i = 0; i < 20; i++) {
      for (String customer : List.of("a", "b", "c")) {
        orders.publish("orders." + customer, new Order(customer, i));
      }
    }
    Map<String, List<Integer>> handled = new HashMap<>();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger running = new AtomicInteger();
    StreamConsumer consumer =
        consume(
            plan().build(),
            Options.of(3).inOrder(),
            message -> {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              try {
                if (message.value().item().equals("b")
                    && message.value().count() % 7 == 3
                    && message.attempt() == 1) {
                  throw new IllegalStateException("once");
                }
                synchronized (handled) {
                  handled
                      .computeIfAbsent(message.value().item(), item -> new ArrayList<>())
                      .add(message.value().count());
                }
              } finally {
                running.decrementAndGet();
              }
            });
    try {
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    List<Integer> inOrder = IntStream.range(0, 20).boxed().toList();
    assertThat(handled).isEqualTo(Map.of("a", inOrder, "b", inOrder, "c", inOrder));
    assertThat(most.get()).isLessThanOrEqualTo(3);
  }

  @Test
  void oneRuntimeAtATimeHandlesInOrderAndAnotherTakesOver() {
    Publisher<Order> orders = orders();
    List<Integer> handled = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger others = new AtomicInteger();
    Persistence second = open(config().build());
    StreamConsumer one =
        consume(
            plan().build(),
            Options.of(2).inOrder(),
            message -> handled.add(message.value().count()));
    orders.publish("orders.1", new Order("pen", 0));
    await(() -> handled.size() == 1);
    StreamConsumer other =
        consume(
            second,
            plan().build(),
            Options.of(2).inOrder(),
            message -> {
              others.incrementAndGet();
              handled.add(message.value().count());
            });
    try {
      IntStream.range(1, 20).forEach(i -> orders.publish("orders.1", new Order("pen", i)));
      await(() -> handled.size() == 20);
      assertThat(others.get()).isZero();
      one.close();
      IntStream.range(20, 40).forEach(i -> orders.publish("orders.1", new Order("pen", i)));
      await(() -> handled.size() == 40);
      assertThat(others.get()).isEqualTo(20);
    } finally {
      other.close();
    }
    assertThat(handled).isEqualTo(IntStream.range(0, 40).boxed().toList());
  }

  @Test
  void whatAKilledProcessHeldComesBeforeLaterMessages() {
    Publisher<Order> orders = orders();
    orders.publish("orders.1", new Order("pen", 0));
    Duration ackWait = Duration.ofSeconds(2);
    ConsumerPlan plan = plan().ackWait(ackWait).build();
    var unused = streams().apply(plan);
    try (Fetcher killed = stores().hot().streams().fetcher(plan)) {
      assertThat(killed.fetch(1, SOON)).hasSize(1);
    }
    IntStream.range(1, 4).forEach(i -> orders.publish("orders.1", new Order("pen", i)));
    List<Integer> handled = Collections.synchronizedList(new ArrayList<>());
    StreamConsumer consumer =
        consume(plan, Options.of(2).inOrder(), message -> handled.add(message.value().count()));
    try {
      elapse(ackWait);
      await(() -> handled.size() == 4);
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    assertThat(handled).containsExactly(0, 1, 2, 3);
  }

  @Test
  void whatAKilledProcessHeldComesInOrderAlsoWhereALaterMessageIsDueFirst() {
    Publisher<Order> orders = orders();
    IntStream.range(0, 2).forEach(i -> orders.publish("orders.1", new Order("pen", i)));
    Duration ackWait = Duration.ofSeconds(2);
    ConsumerPlan plan = plan().ackWait(ackWait).build();
    var unused = streams().apply(plan);
    try (Fetcher killed = stores().hot().streams().fetcher(plan)) {
      List<Delivered> held = new ArrayList<>(killed.fetch(2, SOON));
      while (held.size() < 2) {
        held.addAll(killed.fetch(2 - held.size(), SOON));
      }
      elapse(ackWait.dividedBy(2));
      held.get(0).inProgress();
    }
    orders.publish("orders.1", new Order("pen", 2));
    List<Integer> handled = Collections.synchronizedList(new ArrayList<>());
    StreamConsumer consumer =
        consume(plan, Options.of(2).inOrder(), message -> handled.add(message.value().count()));
    try {
      elapse(ackWait.multipliedBy(2));
      await(() -> handled.size() == 3);
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    assertThat(handled).containsExactly(0, 1, 2);
  }
}
