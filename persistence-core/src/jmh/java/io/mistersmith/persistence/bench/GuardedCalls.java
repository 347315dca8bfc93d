package io.mistersmith.persistence.bench;

import com.sun.management.ThreadMXBean;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.core.internal.guard.Guard;
import io.mistersmith.persistence.core.internal.guard.GuardedStores;
import io.mistersmith.persistence.core.internal.store.nats.NatsStore;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresStore;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Calls into the stores that succeed: straight, and through their guard. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class GuardedCalls {

  private static final int TURNS = 50;
  private static final int CALLS = 500;

  private final Opening opening = Opened.get("guard", Opening::new);

  /** A read from KV. */
  @Benchmark
  public int get() throws Exception {
    return Turns.take(TURNS, i -> opening.get(opening.straight), i -> opening.get(opening.guarded));
  }

  /** A query in PostgreSQL. */
  @Benchmark
  public int find() throws Exception {
    return Turns.take(
        TURNS, i -> opening.find(opening.straight), i -> opening.find(opening.guarded));
  }

  /** What a read and a query allocate together, in bytes. */
  @Benchmark
  public int allocate() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long began = threads.getCurrentThreadAllocatedBytes();
    int kept = both(opening.straight);
    long between = threads.getCurrentThreadAllocatedBytes();
    kept += both(opening.guarded);
    long ended = threads.getCurrentThreadAllocatedBytes();
    Recorder.note(Turns.RAW, (between - began) / (double) CALLS);
    Recorder.note(Turns.OURS, (ended - between) / (double) CALLS);
    return kept;
  }

  private int both(Stores stores) {
    int kept = 0;
    for (int i = 0; i < CALLS; i++) {
      kept += opening.get(stores).hashCode() + opening.find(stores).hashCode();
    }
    return kept;
  }

  /** Both stores without an engine. */
  private record Direct(NatsStore nats, PostgresStore postgres, Services services)
      implements Stores {

    @Override
    public HotStore hot() {
      return nats;
    }

    @Override
    public SqlStore sql() {
      return postgres.sql();
    }

    @Override
    public List<String> notices() {
      return List.of();
    }

    @Override
    public void close() {
      nats.close();
      postgres.close();
      boolean unused = services.close(Duration.ofSeconds(5));
    }
  }

  private static final class Opening implements AutoCloseable {
    private final Stores straight;
    private final Stores guarded;
    private final StateKey key = StateKey.of(AgentId.random(), "absent");

    Opening() {
      PersistenceConfig config =
          Site.present().config("guard-" + ProcessHandle.current().pid() + "-").build();
      Services services = new Services(PersistenceListener.NOOP);
      PostgresStore postgres = PostgresStore.open(config, services);
      straight =
          new Direct(
              NatsStore.connect(config, postgres.sql().journals().installation(), services),
              postgres,
              services);
      guarded =
          new GuardedStores(
              straight, new Guard(PersistenceListener.NOOP, Ticker.SYSTEM, config.clock()), config);
    }

    Object get(Stores stores) {
      return stores.hot().bucket(Bucket.AGENT_STATE).reads().get(key, ReadFrom.LEADER).isEmpty();
    }

    Object find(Stores stores) {
      return stores.sql().states().find(key).isEmpty();
    }

    @Override
    public void close() {
      straight.close();
    }
  }
}
