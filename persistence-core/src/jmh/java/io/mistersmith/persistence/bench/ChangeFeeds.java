package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ChangeFeedConfig;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.nats.client.Subscription;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The change feed, and a relay by hand; from a commit to the arrival of its event. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ChangeFeeds {

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** How many changes are published in a round. */
  @Param("40000")
  public int changes;

  /** Raw is a relay by hand; of the delivery, that of changes past the library. */
  static Experiment experiment(boolean quick) {
    return new Experiment(
        List.of("events.throughput", "events.delivery.p95"),
        "ChangeFeeds",
        quick ? 1 : 2,
        quick ? 1 : 7,
        true,
        jmh -> jmh.param("changes", quick ? "5000" : "40000"),
        measured ->
            List.of(
                new Figure(
                    "events.throughput",
                    "/s",
                    Goal.atLeast(0.9).or(20_000),
                    measured.turns("ChangeFeeds.throughput")),
                new Figure(
                    "events.delivery.p95",
                    "ms",
                    Goal.valueAtMost(100),
                    measured.turns("ChangeFeeds.delivery"))));
  }

  private final Feeds feeds = Opened.get("feeds", Feeds::new);

  /** Changes a second, of those that wait. */
  @Benchmark
  public int throughput() throws Exception {
    feeds.hand.fill(Feeds.asEvents(changes));
    long start = System.nanoTime();
    int published = feeds.hand.drain();
    Recorder.note(Turns.RAW, published * 1e9 / (System.nanoTime() - start));
    feeds.persistence.changes().pause();
    feeds.await(ChangeFeed.State.PAUSED);
    feeds.change(changes);
    start = System.nanoTime();
    feeds.persistence.changes().resume();
    feeds.awaitPublished();
    Recorder.note(Turns.OURS, changes * 1e9 / (System.nanoTime() - start));
    return changes;
  }

  /**
   * From the end of a commit to the arrival of its event at a subscriber, in milliseconds: raw of a
   * program past the library, which nobody wakes the relay for.
   */
  @Benchmark
  public int delivery() throws Exception {
    Lags raw = new Lags();
    Lags ours = new Lags();
    for (int i = 0; i < 100; i++) {
      raw.add(feeds.deliver(feeds::changePastTheLibrary));
      ours.add(feeds.deliver(feeds::changeInTransaction));
    }
    Recorder.note(Turns.RAW, raw.millis(0.95));
    Recorder.note(Turns.OURS, ours.millis(0.95));
    return 100;
  }

  /** Commits something. */
  interface Commit {
    void run(int number) throws SQLException;
  }

  private static final class Feeds implements AutoCloseable {

    private static final int KEYS = 100;
    private static final String SAVE =
        """
        INSERT INTO agents.state (agent_id, state_key, state_value, version)
        VALUES ('%s', '_.one', '%d', %d)
        ON CONFLICT (agent_id, state_key) DO UPDATE
           SET state_value = excluded.state_value, version = excluded.version
        """;

    private final Persistence persistence;
    private final Connection postgres;
    private final io.nats.client.Connection nats;
    private final Subscription events;
    private final HandRelay hand;
    private final AgentId agent;
    private int number;

    Feeds() throws SQLException {
      Site site = Site.present().withSets("events");
      String prefix = "feed-" + ProcessHandle.current().pid() + "-";
      persistence =
          Persistence.open(site.config(prefix).changeFeed(ChangeFeedConfig.defaults()).build());
      postgres = site.postgres();
      nats = site.nats();
      hand = new HandRelay(site, "hand" + ProcessHandle.current().pid());
      agent = persistence.agents().save(Agent.of("bench", "one")).value().id();
      for (int i = 0; i < 200; i++) {
        Agent other = Agent.of("bench", "agent " + i);
        persistence.agents().save(other);
      }
      await(ChangeFeed.State.PUBLISHING);
      change(5_000); // the inserts of all keys
      awaitPublished();
      events = nats.subscribe(prefix + "agents.state." + agent.uuid());
    }

    /** The rows of a relay by hand: the same payloads. */
    static String asEvents(int count) {
      return """
      SELECT 'hand%d.state.' || i %% 200,
             json_build_object(
               'operation', 'UPDATE', 'agent_id', gen_random_uuid(),
               'state_key', '_.k' || i, 'new_value', repeat('x', 300), 'version', i)::text
        FROM generate_series(1, %d) AS i
      """
          .formatted(ProcessHandle.current().pid(), count);
    }

    /** Changes so many entries of 200 agents, 500 in a transaction. */
    void change(int count) throws SQLException {
      try (Statement statement = postgres.createStatement()) {
        for (int done = 0; done < count; done += 500) {
          int unused =
              statement.executeUpdate(
                  """
                  INSERT INTO agents.state (agent_id, state_key, state_value, version)
                  SELECT a.agent_id, '_.k' || %1$d %% %2$d || '-' || k, to_jsonb(repeat('x', 300)),
                         %3$d
                    FROM (SELECT agent_id FROM agents.registry
                           WHERE agent_name LIKE 'agent %%' ORDER BY agent_id LIMIT 100) AS a,
                         generate_series(1, 5) AS k
                  ON CONFLICT (agent_id, state_key) DO UPDATE
                     SET state_value = excluded.state_value, version = excluded.version
                  """
                      .formatted(done / 500, KEYS, ++number));
        }
      }
    }

    void await(ChangeFeed.State state) {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (persistence.changes().state() != state && System.nanoTime() - end < 0) {
        LockSupport.parkNanos(1_000_000);
      }
    }

    void awaitPublished() {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (persistence.changes().lag().changes() > 0) {
        if (System.nanoTime() - end > 0) {
          throw new IllegalStateException("not published: " + persistence.changes().lag());
        }
        LockSupport.parkNanos(5_000_000);
      }
    }

    void changePastTheLibrary(int value) throws SQLException {
      try (Statement statement = postgres.createStatement()) {
        int unused = statement.executeUpdate(SAVE.formatted(agent.uuid(), value, value));
      }
    }

    void changeInTransaction(int value) {
      persistence
          .transactions()
          .execute(
              TransactionOptions.of(Boundary.SINGLE_OPERATION, "change one"),
              tx -> {
                int unused = tx.update(SAVE.formatted(agent.uuid(), value, value), Map.of());
              });
    }

    long deliver(Commit commit) throws SQLException, InterruptedException {
      commit.run(++number);
      long start = System.nanoTime();
      if (events.nextMessage(PATIENCE) == null) {
        throw new IllegalStateException("no event");
      }
      long took = System.nanoTime() - start;
      LockSupport.parkNanos(30_000_000 + number % 40 * 1_000_000L);
      return took;
    }

    @Override
    public void close() throws SQLException {
      persistence.close();
      hand.close();
      Site.close(nats);
      postgres.close();
    }
  }
}
