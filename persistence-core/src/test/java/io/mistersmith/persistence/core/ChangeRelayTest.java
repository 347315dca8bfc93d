package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ChangeFeedConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.event.ChangeRelay;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.event.ChangeFeed.ChangesPublished;
import io.mistersmith.persistence.event.ChangeFeed.PublishingFailed;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.StreamStore.Content;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The relay over the stores in memory, when it is interrupted. */
class ChangeRelayTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration PAST_THE_WINDOW = Duration.ofMinutes(10);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores memory = new InMemoryStores();
  private final PersistenceConfig config =
      PersistenceConfig.inMemory().clock(clock).changeFeed(ChangeFeedConfig.off()).build();
  private final List<PersistenceEvent> events = new CopyOnWriteArrayList<>();
  private final Services services = new Services(PersistenceListener.NOOP);
  private Stores stores;
  private Persistence persistence;

  @BeforeEach
  void open() {
    memory.migrate("events");
    persistence = Persistence.open(config, memory);
    stores = memory.open(config);
  }

  @AfterEach
  void close() {
    assertThat(services.close(SOON)).isTrue();
    stores.close();
    persistence.close();
  }

  private ChangeRelay start(OutboxStore outbox) {
    Lease lease =
        new Lease(stores.sql().journals(), ChangeRelay.LEASE, "test", Duration.ofMinutes(5));
    ChangeRelay relay =
        new ChangeRelay(
            outbox,
            lease,
            stores.hot().streams(),
            ChangeFeedConfig.builder().maxChanges(7).build(),
            events::add,
            clock,
            services);
    relay.start();
    return relay;
  }

  /** The outbox, with something done before each call that moves its position. */
  private OutboxStore before(Runnable done) {
    OutboxStore real = stores.sql().outbox();
    return (OutboxStore)
        Proxy.newProxyInstance(
            OutboxStore.class.getClassLoader(),
            new Class<?>[] {OutboxStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("done")) {
                done.run();
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private void enqueue(int count) {
    for (int i = 0; i < count; i++) {
      assertThat(persistence.tasks().enqueue(NewTask.of("relay", Map.of("n", i)))).isNotNull();
    }
  }

  private List<Stored> stored() {
    return stores
        .hot()
        .streams()
        .page("TASK_EXECUTION", Optional.empty(), 0, 1_000, Content.HEADERS);
  }

  private void awaitPublished() {
    await().atMost(SOON).until(() -> persistence.changes().lag().changes() == 0);
  }

  /**
   * As a relay that is killed before it moves the position, and started when the window is over.
   */
  @Test
  void aBatchThatWasInterruptedIsCompletedPastTheWindow() {
    enqueue(20);
    AtomicInteger left = new AtomicInteger(3);
    ChangeRelay relay =
        start(
            before(
                () -> {
                  if (left.getAndDecrement() > 0) {
                    clock.advance(PAST_THE_WINDOW);
                    throw new TransientPersistenceException(DataError.CONNECTION_FAILED, "killed");
                  }
                }));
    awaitPublished();
    assertThat(stored()).hasSize(20).extracting(Stored::id).doesNotHaveDuplicates();
    assertThat(events).hasAtLeastOneElementOfType(PublishingFailed.class);
    assertThat(events)
        .filteredOn(ChangesPublished.class::isInstance)
        .extracting(event -> ((ChangesPublished) event).stored())
        .containsExactly(20);
    relay.close(SOON);
  }

  @Test
  void whatIsPublishedByAnotherIsNotPublishedAgain() {
    enqueue(5);
    OutboxStore real = stores.sql().outbox();
    ChangeRelay relay =
        start(
            before(
                () ->
                    assertThat(real.done(real.next().orElseThrow(), Map.of()))
                        .as("another was faster")
                        .isTrue()));
    await().atMost(SOON).until(() -> stored().size() == 5);
    awaitPublished();
    relay.close(SOON);
    assertThat(stored()).hasSize(5);
  }

  @Test
  void anOutageOfTheStreamsKeepsAllInPostgres() {
    ChangeRelay relay = start(stores.sql().outbox());
    enqueue(3);
    awaitPublished();
    memory.hotOutage(true);
    enqueue(4);
    await().atMost(SOON).until(() -> relay.failure().isPresent());
    assertThat(persistence.changes().lag().changes()).isEqualTo(4);
    memory.hotOutage(false);
    awaitPublished();
    assertThat(stored()).hasSize(7).extracting(Stored::id).doesNotHaveDuplicates();
    assertThat(relay.failure()).isEmpty();
    relay.close(SOON);
  }

  @Test
  void withoutTheSetThereIsNoFeed() {
    InMemoryStores plain = new InMemoryStores();
    try (Persistence without = Persistence.open(PersistenceConfig.inMemory().build(), plain)) {
      assertThat(without.changes().state()).isEqualTo(ChangeFeed.State.NOT_INSTALLED);
      assertThat(persistence.changes().state()).isEqualTo(ChangeFeed.State.OFF);
    }
  }
}
