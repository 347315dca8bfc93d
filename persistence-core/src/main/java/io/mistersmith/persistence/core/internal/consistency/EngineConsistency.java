package io.mistersmith.persistence.core.internal.consistency;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.flush.Commits;
import io.mistersmith.persistence.core.internal.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.monitor.SlidingLags;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.Backlog;
import io.mistersmith.persistence.monitor.CheckScope;
import io.mistersmith.persistence.monitor.Consistency;
import io.mistersmith.persistence.monitor.ConsistencyReport;
import io.mistersmith.persistence.monitor.LagStats;
import io.mistersmith.persistence.monitor.MemoryStats;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.Stores;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The figures of one runtime, asked of the stores when they are asked for; and its checks. */
public final class EngineConsistency implements Consistency {

  private static final Logger LOG = LoggerFactory.getLogger(EngineConsistency.class);

  private final HotBucket bucket;
  private final StateStore states;
  private final SlidingLags lags;
  private final BacklogProbe probe;
  private final ConsistencyCheck check;
  private final ConsistencyWatch watch;
  private final PersistenceListener listener;
  private volatile Kv lastKv = new Kv(0, 0, Backlog.NONE);

  /** What the bucket said. */
  private record Kv(long entries, long dirty, Backlog backlog) {}

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
      ServiceHealth health,
      BooleanSupplier leading) {
    this.bucket = bucket;
    this.states = stores.states();
    this.lags = lags;
    this.probe = probe;
    this.listener = listener;
    Findings findings =
        new Findings(
            bucket,
            stores,
            new Repairs(bucket, tracker, commits),
            config.consistency(),
            config.flush().tombstoneRetention(),
            listener);
    this.check = new ConsistencyCheck(bucket, states, tracker, commits, findings, stores.clock());
    this.watch =
        new ConsistencyWatch(check, config.consistency(), listener, health, leading, bucket.name());
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
        lags.violations());
  }

  private boolean askKv() {
    try {
      lastKv = new Kv(bucket.state().subjects(), probe.dirtyKeys(), probe.look());
      return true;
    } catch (PersistenceException e) {
      if (e.error() == DataError.CLOSED) {
        throw e;
      }
      LOG.info("bucket {} could not be looked at: {}", bucket.name(), e.getMessage());
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
    listener.onConsistencyChecked(report);
    return report;
  }
}
