package io.mistersmith.persistence.core.internal.consistency;

import io.mistersmith.persistence.core.internal.monitor.SlidingLags;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.Backlog;
import io.mistersmith.persistence.monitor.Consistency;
import io.mistersmith.persistence.monitor.LagStats;
import io.mistersmith.persistence.monitor.MemoryStats;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.StateStore;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The figures of one runtime, asked of the stores when they are asked for. */
public final class EngineConsistency implements Consistency {

  private static final Logger LOG = LoggerFactory.getLogger(EngineConsistency.class);

  private final HotBucket bucket;
  private final StateStore states;
  private final SlidingLags lags;
  private final BacklogProbe probe;

  /** Answers from these. */
  public EngineConsistency(
      HotBucket bucket, StateStore states, SlidingLags lags, BacklogProbe probe) {
    this.bucket = bucket;
    this.states = states;
    this.lags = lags;
    this.probe = probe;
  }

  @Override
  public MemoryStats stats() {
    LagStats lag = lags.stats();
    return new MemoryStats(
        bucket.state().subjects(),
        rows(),
        probe.dirtyKeys(),
        lag.averageFlush(),
        lag.p95(),
        lag,
        probe.look(),
        lags.violations());
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
}
