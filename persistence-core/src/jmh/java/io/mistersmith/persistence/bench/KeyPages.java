package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A page of 100 of an agent's 10,000 keys: by the library, and of the rows alone by hand. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class KeyPages {

  private static final int KEYS = 10_000;
  private static final int PAGE = 100;
  private static final int TURNS = 10;

  private static final String SELECT =
      """
      SELECT state_key, epoch, version, expires_at, deleted_at FROM agents.state
       WHERE agent_id = ?::uuid AND state_key > ? AND state_key < '_/'
       ORDER BY state_key LIMIT 100
      """;

  private final Agent agent = Opened.get("pages", Agent::new);

  /** A page somewhere among the keys. */
  @Benchmark
  public int page() throws Exception {
    return Turns.take(TURNS, agent::raw, agent::ours);
  }

  private static final class Agent implements AutoCloseable {
    private final Persistence persistence;
    private final StateRepository<Memory> states;
    private final AgentId id;
    private final Connection database;
    private final PreparedStatement select;

    Agent() throws SQLException {
      Site site = Site.present();
      persistence =
          Persistence.open(site.config("pages-" + ProcessHandle.current().pid() + "-").build());
      states = persistence.states(Memory.class);
      id =
          persistence
              .agents()
              .save(io.mistersmith.persistence.model.Agent.of("bench", "pages"))
              .value()
              .id();
      for (int from = 0; from < KEYS; from += 500) {
        Map<StateKey, Memory> batch = new LinkedHashMap<>();
        for (int i = from; i < from + 500; i++) {
          batch.put(StateKey.of(id, key(i)), Memory.small(7));
        }
        states.saveAll(batch).values().forEach(row -> row.orElseThrow());
      }
      persistence.lifecycle().flush(id, Duration.ofMinutes(1));
      database = site.postgres();
      select = database.prepareStatement(SELECT);
    }

    private static String key(int i) {
      return "memory-%05d".formatted(i);
    }

    private static String after(int i) {
      return key(i * 7919 % (KEYS - PAGE));
    }

    Object raw(int i) throws SQLException {
      select.setString(1, id.name());
      select.setString(2, "_." + after(i));
      List<String> keys = new ArrayList<>(PAGE);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          keys.add(row.getString(1));
        }
      }
      return full(keys);
    }

    Object ours(int i) {
      return full(states.keys(id, "", after(i), PAGE));
    }

    private static <T> List<T> full(List<T> page) {
      if (page.size() != PAGE) {
        throw new IllegalStateException(page.size() + " instead of " + PAGE + " keys");
      }
      return page;
    }

    @Override
    public void close() throws SQLException {
      database.close();
      persistence.close();
    }
  }
}
