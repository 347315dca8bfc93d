package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.RealStores;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The runtime that holds the lease still reaches PostgreSQL, but cannot flush: it is refused by
 * NATS, or hangs in a listener. The runtime that waits flushes the writes that a dead writer saw
 * acknowledged, though it has written nothing itself.
 */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UnableLeaseHolderIT {

  private static final int WRITES = 50;
  private static final Duration TAKEN_OVER = Duration.ofSeconds(6);

  private final FaultServers servers = FaultServers.start();

  @AfterAll
  void close() {
    servers.close();
  }

  @Test
  void isRefusedByNats() {
    Installation installation = servers.installation();
    try (TcpProxy proxy = TcpProxy.to(servers.nats().url());
        Persistence holder =
            Persistence.open(named(installation.at(proxy.url()), "holder", unheard()))) {
      assertTakenOver("refused_by_nats", installation, holder, () -> proxy.refuse(true));
      proxy.refuse(false);
      StateKey key = StateKey.of(installation.register(holder, 1).get(0), "back");
      StateRepository<Long> states = holder.states(Long.class);
      await().atMost(Duration.ofSeconds(10)).ignoreExceptions().until(() -> write(states, key));
      states.flush(key, Duration.ofSeconds(10));
    }
  }

  private static boolean write(StateRepository<Long> states, StateKey key) {
    return states.save(key, 1L).value() == 1;
  }

  @Test
  void hangsInAListener() {
    Installation installation = servers.installation();
    CountDownLatch hanging = new CountDownLatch(1);
    AtomicBoolean hangs = new AtomicBoolean();
    PersistenceListener listener =
        PersistenceListener.of(
            PersistenceEvent.Flushed.class,
            report -> {
              if (hangs.compareAndSet(true, false)) {
                try {
                  assertThat(hanging.await(60, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
            });
    try (Persistence holder = Persistence.open(named(installation, "holder", listener))) {
      AgentId agent = installation.register(holder, 1).get(0);
      assertTakenOver(
          "hangs_in_a_listener",
          installation,
          holder,
          () -> {
            hangs.set(true);
            holder.states(Long.class).save(StateKey.of(agent, "hang"), 1L);
            await().atMost(Duration.ofSeconds(10)).until(() -> !hangs.get());
          });
      hanging.countDown();
    }
  }

  private void assertTakenOver(
      String name, Installation installation, Persistence holder, Runnable trouble) {
    AgentId agent = installation.register(holder, 1).get(0);
    StateRepository<Long> held = holder.states(Long.class);
    StateKey first = StateKey.of(agent, "first");
    held.awaitDurable(first, held.save(first, 1L).revision(), Duration.ofSeconds(10));
    assertThat(leaseHolder(installation)).startsWith("holder-");
    Faults deadWriter = new Faults(1);
    try (Persistence waiting = Persistence.open(named(installation, "waiting", unheard()));
        Persistence writer =
            Persistence.open(
                named(installation, "writer", unheard()),
                new FaultyStores(RealStores.provider(), deadWriter))) {
      assertThat(waiting.operations().deadLetters().count()).isZero();
      deadWriter.sqlOutage(true); // it flushes nothing, and knows nobody who does
      trouble.run();
      Ledger ledger = new Ledger();
      StateRepository<Long> writes = writer.states(Long.class);
      for (long i = 0; i < WRITES; i++) {
        StateKey key = StateKey.of(agent, "k" + i);
        ledger.acknowledged(key, writes.save(key, i).revision(), i);
      }
      long acknowledged = System.nanoTime();
      await()
          .atMost(TAKEN_OVER)
          .pollInterval(Duration.ofMillis(50))
          .untilAsserted(() -> assertThat(ledger.missingFrom(installation.rows())).isEmpty());
      long took = Duration.ofNanos(System.nanoTime() - acknowledged).toMillis();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> leaseHolder(installation).startsWith("waiting-"));
      servers.report(
          "UnableLeaseHolder",
          "trouble=%s acknowledged=%d flushed_after_ms=%d".formatted(name, WRITES, took));
      deadWriter.clear();
    }
    installation.assertNothingWentBack();
  }

  private static String leaseHolder(Installation installation) {
    return installation
        .query(
            "SELECT holder FROM agents.journal_leases WHERE expires_at > clock_timestamp()"
                + " AND bucket NOT LIKE 'evictions/%'")
        .stream()
        .findFirst()
        .orElse("nobody");
  }

  private static PersistenceConfig named(
      Installation installation, String name, PersistenceListener listener) {
    return installation.config().toBuilder()
        .runtimeName(name)
        .listener(listener)
        .flush(FlushConfig.builder().closeDeadline(Duration.ofSeconds(5)).build())
        .build();
  }

  private static PersistenceListener unheard() {
    return PersistenceListener.NOOP;
  }
}
