package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hydration writes entries from PostgreSQL back to KV while others write and delete them. */
@Tag("fault")
class HydrationRaceIT {

  private static final FaultServers SERVERS = FaultServers.unharmed();
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int KEYS = 300;
  private static final int ROUNDS = Repetitions.of(4, 2);
  private static final long DELETED = -1;

  /** A read that finds the row and hydrates it takes about this long. */
  private static final long LATEST_NANOS = 2_000_000;

  @Test
  void againstWritesAndDeletesOfAnotherRuntime() throws Exception {
    Installation installation = SERVERS.installation();
    long seed = Long.getLong("persistence.test.seed", System.nanoTime());
    Random random = new Random(seed);
    int hydrated = 0;
    try (Persistence reading = installation.open();
        Persistence writing = installation.open();
        Streams streams = Streams.of(installation)) {
      AgentId agent = installation.register(writing, 1).get(0);
      StateRepository<Long> reader = reading.states(Long.class);
      StateRepository<Long> writer = writing.states(Long.class);
      List<StateKey> keys = new ArrayList<>();
      for (int i = 0; i < KEYS; i++) {
        keys.add(StateKey.of(agent, "key-" + i));
      }
      for (int round = 0; round < ROUNDS; round++) {
        long before = round * 10L;
        for (StateKey key : keys) {
          writer.save(key, before);
        }
        writing.lifecycle().flush(agent, SOON);
        streams.evict(Installation.tail(agent, ">"));
        Map<StateKey, Long> expected = new HashMap<>();
        CyclicBarrier start = new CyclicBarrier(2);
        CompletableFuture<Integer> reads =
            CompletableFuture.supplyAsync(() -> readAll(reader, keys, before, start));
        for (int i = 0; i < KEYS; i++) {
          StateKey key = keys.get(i);
          start.await(60, TimeUnit.SECONDS);
          LockSupport.parkNanos(random.nextLong(LATEST_NANOS));
          if (i % 2 == 0) {
            writer.save(key, before + 1);
            expected.put(key, before + 1);
          } else {
            writer.delete(key);
            expected.put(key, DELETED);
          }
        }
        hydrated += reads.get(60, TimeUnit.SECONDS);
        writing.lifecycle().flush(agent, SOON);
        checkAll(reader, expected);
        streams.evict(Installation.tail(agent, ">"));
        checkAll(reader, expected);
        Map<StateKey, Row> rows = installation.rows();
        expected.forEach(
            (key, number) ->
                assertThat(rows.get(key))
                    .as("row %s", key)
                    .isNotNull()
                    .extracting(Row::number)
                    .isEqualTo(number));
      }
      installation.assertNothingWentBack();
      SERVERS.report(
          "HydrationRace against=write_and_delete",
          "seed=%d races=%d reads_that_saw_the_row=%d overwritten=0 resurrected=0 went_back=0"
              .formatted(seed, KEYS * ROUNDS, hydrated));
    }
  }

  /** Returns how many reads answered with what was in PostgreSQL. */
  private static int readAll(
      StateRepository<Long> reader, List<StateKey> keys, long before, CyclicBarrier start) {
    int fromRow = 0;
    for (StateKey key : keys) {
      try {
        start.await(60, TimeUnit.SECONDS);
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      Optional<Versioned<Long>> found = reader.find(key);
      if (found.isPresent() && found.get().value() == before) {
        fromRow++;
      }
    }
    return fromRow;
  }

  private static void checkAll(StateRepository<Long> reader, Map<StateKey, Long> expected) {
    await()
        .atMost(SOON)
        .pollDelay(Duration.ZERO)
        .ignoreExceptionsMatching(
            e -> e instanceof PersistenceException failure && failure.isTransient())
        .untilAsserted(
            () ->
                expected.forEach(
                    (key, number) ->
                        assertThat(reader.find(key).map(Versioned::value).orElse(DELETED))
                            .as("%s", key)
                            .isEqualTo(number)));
  }

  /** Between reading the row and publishing it the hydrator slept, while all went on. */
  @Test
  void byAHydratorThatWakesUpLate() {
    Installation installation = SERVERS.installation();
    try (Persistence persistence = installation.open();
        Streams streams = Streams.of(installation)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      int stale = 50;
      for (int i = 0; i < stale; i++) {
        StateKey key = StateKey.of(agent, "late-" + i);
        Revision slept = states.save(key, 1L).revision();
        states.awaitDurable(key, slept, SOON);
        boolean deleted = i % 2 == 1;
        if (deleted) {
          states.delete(key);
        } else {
          states.save(key, 2L);
        }
        states.flush(key, SOON);
        Row row = installation.rows().get(key);
        streams.evict(Installation.tail(agent, key.path()));
        publishHydration(streams, Installation.tail(agent, key.path()), "1", slept);
        await()
            .atMost(SOON)
            .pollInterval(Duration.ofMillis(5))
            .until(() -> streams.messages(Installation.tail(agent, key.path())) == 0);
        assertThat(installation.rows().get(key)).isEqualTo(row);
        assertThat(states.find(key).map(Versioned::value))
            .isEqualTo(deleted ? Optional.empty() : Optional.of(2L));
      }
      installation.assertNothingWentBack();
      SERVERS.report(
          "HydrationRace against=late_hydrator",
          "stale_hydrations=%d removed=%d undone_deletes=0 flushed_back=0".formatted(stale, stale));
    }
  }

  @Test
  void whatWasHydratedIsNotFlushedBack() {
    Installation installation = SERVERS.installation();
    try (Persistence persistence = installation.openUncached();
        Streams streams = Streams.of(installation)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      Map<StateKey, Revision> written = new HashMap<>();
      for (long i = 0; i < KEYS; i++) {
        StateKey key = StateKey.of(agent, "key-" + i);
        written.put(key, states.save(key, i).revision());
      }
      persistence.lifecycle().flush(agent, SOON);
      streams.evict(Installation.tail(agent, ">"));
      String rowsBefore = physicalRows(installation);
      written.forEach(
          (key, revision) -> {
            Versioned<Long> fromRow = states.find(key).orElseThrow();
            Versioned<Long> fromBucket = states.find(key).orElseThrow();
            assertThat(fromRow.layer()).isEqualTo(StorageLayer.RELATIONAL_DB);
            assertThat(fromBucket.layer()).isEqualTo(StorageLayer.DISTRIBUTED_KV);
            assertThat(fromRow.revision()).isEqualTo(revision);
            assertThat(fromBucket.revision()).isEqualTo(revision);
          });
      // A write behind the hydrations, so that the flush has passed them when it is durable.
      AgentId other = installation.register(persistence, 1).get(0);
      StateKey last = StateKey.of(other, "last");
      states.awaitDurable(last, states.save(last, 1L).revision(), SOON);
      installation.execute("DELETE FROM agents.state WHERE state_key LIKE '%.last'");
      assertThat(physicalRows(installation)).isEqualTo(rowsBefore);
      SERVERS.report(
          "HydrationRace against=flush",
          "hydrated=%d flushed_back=0 rows_touched=0".formatted(written.size()));
    }
  }

  /** Every row with the transaction that wrote it. */
  private static String physicalRows(Installation installation) {
    return String.join(
        "\n",
        installation.query(
            "SELECT concat_ws(' ', state_key, epoch, version, xmin) FROM agents.state ORDER BY 1"));
  }

  private static void publishHydration(
      Streams streams, String encodedKey, String value, Revision revision) {
    Headers headers = new Headers();
    headers.put("Persistence-Revision", revision.toString());
    headers.put("Nats-Expected-Last-Subject-Sequence", "0");
    assertThat(streams.publish(encodedKey, value, headers)).isPositive();
  }
}
