package io.mistersmith.persistence.core.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.core.internal.stream.OrderGate.Phase;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Delivered;
import io.mistersmith.persistence.spi.hot.StreamStore.Fetcher;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a consumer that keeps the order begins. */
class OrderGateTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration LONG = Duration.ofMinutes(1);

  /** Longer than the pause between two requests for the lease. */
  private static final Duration SHORT = Duration.ofMillis(1_200);

  private static final List<Long> ALL = List.of(1L, 2L, 3L);
  private static final ConsumerPlan PLAN =
      ConsumerPlan.durable("ORDERS", "packer").ackWait(Duration.ofSeconds(1)).build();

  private final Stores stores = new InMemoryStores().open(PersistenceConfig.inMemory().build());
  private final StreamStore streams = stores.hot().streams();
  private List<Delivered> delivered = List.of();

  /** Three messages were delivered and not acknowledged. */
  @BeforeEach
  void deliver() {
    var unused = streams.apply(StreamPlan.builder("ORDERS", "orders.>").build());
    unused = streams.apply(PLAN);
    for (long sequence : ALL) {
      Outgoing order =
          new Outgoing("ORDERS", "orders.1", Optional.empty(), Map.of(), new byte[] {1});
      assertThat(streams.publish(order).join().sequence()).isEqualTo(sequence);
    }
    try (Fetcher fetcher = streams.fetcher(PLAN)) {
      delivered = fetcher.fetch(ALL.size(), SOON);
    }
    assertThat(delivered).hasSize(ALL.size());
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private OrderGate gate(Duration lease) {
    return gate(PLAN, lease);
  }

  private OrderGate gate(ConsumerPlan plan, Duration lease) {
    return new OrderGate(
        plan, true, streams, new Lease(stores.sql().journals(), "consumer", "one", lease));
  }

  private static void awaitPhase(OrderGate gate, Phase phase, Set<Long> here) {
    await().atMost(SOON).until(() -> gate.phase(() -> here) == phase);
  }

  @Test
  void opensWhenAllThatWasDeliveredIsHere() {
    OrderGate gate = gate(LONG);
    assertThat(gate.phase(() -> Set.copyOf(ALL))).isEqualTo(Phase.OPEN);
    assertThat(gate.room(7)).isEqualTo(7);
  }

  @Test
  void collectsWhatIsMissingOnceItIsDue() {
    OrderGate gate = gate(LONG);
    long begun = System.nanoTime();
    assertThat(gate.phase(() -> Set.of(1L))).isEqualTo(Phase.WAITING);
    assertThat(gate.room(7)).isZero();
    awaitPhase(gate, Phase.COLLECTING, Set.of(1L));
    assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(PLAN.ackWait().toNanos());
    assertThat(gate.room(7)).isEqualTo(2);
    assertThat(gate.phase(() -> Set.copyOf(ALL))).isEqualTo(Phase.OPEN);
  }

  /** The server was killed and has forgotten that it delivered the third message. */
  @Test
  void doesNotCountWhatTheServerForgot() {
    ConsumerPlan plan = ConsumerPlan.durable("ORDERS", "clerk").ackWait(LONG).build();
    var unused = streams.apply(plan);
    try (Fetcher fetcher = streams.fetcher(plan)) {
      assertThat(fetcher.fetch(2, SOON)).hasSize(2);
    }
    assertThat(gate(plan, LONG).phase(() -> Set.of(2L, 3L))).isEqualTo(Phase.WAITING);
  }

  /** The message that is missing is the first one, while the third was answered meanwhile. */
  @Test
  void numbersSayNothingWhereMessagesAreAnsweredMeanwhile() {
    OrderGate gate = gate(LONG);
    delivered.get(2).acknowledge().join();
    Iterator<Set<Long>> here = List.of(Set.of(2L, 3L), Set.of(2L)).iterator();
    assertThat(gate.phase(here::next)).isEqualTo(Phase.CHECKING);
  }

  @Test
  void messagesThatWereRemovedFromTheStreamAreNotWaitedFor() {
    assertThat(streams.remove("ORDERS", 1)).isTrue();
    assertThat(gate(LONG).phase(() -> Set.copyOf(ALL))).isEqualTo(Phase.OPEN);
  }

  @Test
  void doesNotWaitForEverForAMessageThatAnotherConsumerKeeps() {
    OrderGate gate = gate(LONG);
    awaitPhase(gate, Phase.COLLECTING, Set.of());
    awaitPhase(gate, Phase.OPEN, Set.of());
  }

  @Test
  void closesAfterALeaseLapsedAlsoWhereItIsGrantedAgain() {
    OrderGate gate = gate(SHORT);
    awaitPhase(gate, Phase.OPEN, Set.copyOf(ALL));
    await().atMost(SOON).until(() -> !gate.mayHandle());
    assertThat(gate.phase(() -> Set.copyOf(ALL))).isEqualTo(Phase.CLOSED);
    assertThat(gate.mayHandle()).as("the lease is held again").isTrue();
    assertThat(gate.room(7)).isZero();
    awaitPhase(gate, Phase.OPEN, Set.copyOf(ALL));
  }

  @Test
  void checksAgainAfterTheConnectionWasLost() {
    OrderGate gate = gate(LONG);
    awaitPhase(gate, Phase.OPEN, Set.copyOf(ALL));
    gate.lost();
    awaitPhase(gate, Phase.WAITING, Set.of(1L));
  }
}
