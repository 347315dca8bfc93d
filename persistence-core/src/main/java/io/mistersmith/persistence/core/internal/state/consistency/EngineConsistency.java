package io.mistersmith.persistence.core.internal.state.consistency;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.monitor.SlidingLags;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import io.mistersmith.persistence.operations.Consistency.MemoryStats;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.StateStore;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The figures of one runtime, asked of the stores when they are asked for; and its checks. */
public final class EngineConsistency implements Consistency {

  private static final Logger LOG = LoggerFactory.getLogger(EngineConsistency.class);

  private final Journal journal;
  private final StateStore states;
  private final SlidingLags lags;
  private final BacklogProbe probe;
  private final ConsistencyCheck check;
  private final ConsistencyWatch watch;
  private final PersistenceListener listener;
  private final Services services;
  private volatile Kv lastKv = new Kv(0, 0, 0, Backlog.NONE);

  /** The figures of the bucket. */
  private record Kv(long entries, long bytes, long dirty, Backlog backlog) {}

  /** Looks after the agent state in {@code bucket}. */
  public EngineConsistency(
      HotBucket bucket,
      Stores stores,
      JournalTracker tracker,
      Commits commits,
      SlidingLags lags,
      BacklogProbe probe,
      PersistenceConfig config,
      PersistenceListener listener,
      Services services,
      BooleanSupplier leading) {
    this.journal = bucket.journal();
    SqlAccess background = stores.sql().on(PostgresRole.BACKGROUND);
    this.states = background.states();
    this.lags = lags;
    this.probe = probe;
    this.listener = listener;
    this.services = services;
    Findings findings =
        new Findings(
            journal,
            background,
            new Repairs(bucket.writes(), tracker, commits),
            config.consistency(),
            config.flush().tombstoneRetention(),
            listener);
    this.check =
        new ConsistencyCheck(
            bucket.reads(), journal, states, tracker, commits, findings, stores.hot().clock());
    this.watch =
        new ConsistencyWatch(
            check, config.consistency(), listener, services, leading, journal.name());
    lags.onViolation(watch::wasLate);
  }

  /** Begins to compare samples. */
  public void start() {
    watch.start();
  }

  /** Stops that. */
  public void close(Duration patience) {
    watch.close(patience);
  }

  /** Returns the runner of this runtime's background services. */
  public Services services() {
    return services;
  }

  @Override
  public String journal() {
    return journal.name();
  }

  @Override
  public MemoryStats stats() {
    LagStats lag = lags.stats();
    boolean answered = askKv();
    Kv kv = lastKv;
    return new MemoryStats(
        kv.entries(),
        rows(),
        kv.dirty(),
        lag.averageFlush(),
        lag.p95(),
        lag,
        kv.backlog(),
        answered,
        lags.violations(),
        kv.bytes());
  }

  private boolean askKv() {
    try {
      BucketState bucket = journal.state();
      lastKv = new Kv(bucket.subjects(), bucket.bytes(), probe.dirtyKeys(), probe.look());
      return true;
    } catch (PersistenceException e) {
      if (e.error() == DataError.CLOSED) {
        throw e;
      }
      LOG.info("bucket {} could not be looked at: {}", journal.name(), e.getMessage());
      return false;
    }
  }

  private OptionalLong rows() {
    try {
      return OptionalLong.of(states.count());
    } catch (PersistenceException e) {
      LOG.info("the rows of agents.state could not be counted: {}", e.getMessage());
      return OptionalLong.empty();
    }
  }

  @Override
  public LagStats lag() {
    return lags.stats();
  }

  @Override
  public Backlog backlog() {
    return probe.look();
  }

  @Override
  public ConsistencyReport check(CheckScope scope) {
    ConsistencyReport report = check.check(scope);
    listener.on(new PersistenceEvent.ConsistencyChecked(report));
    return report;
  }
}
