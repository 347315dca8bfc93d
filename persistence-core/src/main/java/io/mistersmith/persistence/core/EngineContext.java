package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ObservedCalls;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.core.internal.guard.Guard;
import io.mistersmith.persistence.core.internal.guard.GuardedStores;
import io.mistersmith.persistence.core.internal.monitor.SlidingLags;
import io.mistersmith.persistence.core.internal.security.Sealings;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.HybridClock;

/**
 * The parts that all areas of one engine share.
 *
 * @param config the configuration
 * @param stores the opened stores, guarded
 * @param guard the guard in front of the stores
 * @param owners the buckets, each compared with its database
 * @param listener passes on to the application's listener, and never throws what that throws
 * @param lags the lags of what this process committed
 * @param services runs the background services
 * @param threads runs asynchronous calls
 * @param hybridClock stamps writes whose conflicts are resolved
 * @param feed brings what is committed to the change feed
 * @param observed has calls into the stores observed
 * @param sealings encrypt entries
 */
record EngineContext(
    PersistenceConfig config,
    GuardedStores stores,
    Guard guard,
    BucketOwners owners,
    PersistenceListener listener,
    SlidingLags lags,
    Services services,
    Threads threads,
    HybridClock hybridClock,
    FeedEvents feed,
    ObservedCalls observed,
    Sealings sealings) {

  /** Bounds the asynchronous writes that are under way. */
  Window window() {
    return Window.of(config.nats());
  }
}
