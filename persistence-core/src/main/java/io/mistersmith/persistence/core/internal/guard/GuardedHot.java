package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.StreamStore;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The hot store, guarded bucket by bucket. Journals have no guard: the flush reads them. */
final class GuardedHot implements HotStore {

  private static final String STORE = "nats";

  private final HotStore real;
  private final Guard guard;
  private final Duration limit;
  private final GuardedRole streams;
  private final Map<Bucket, HotBucket> buckets = new ConcurrentHashMap<>();

  GuardedHot(HotStore real, Guard guard, Duration limit) {
    this.real = real;
    this.guard = guard;
    this.limit = limit;
    this.streams =
        new GuardedRole(
            guard, guard.circuit(STORE, "streams"), limit, () -> real.outage().isPresent());
    real.onReconnect(() -> guard.back(STORE));
  }

  @Override
  public HotBucket bucket(Bucket bucket) {
    HotBucket opened = real.bucket(bucket);
    return buckets.computeIfAbsent(
        bucket,
        missing -> {
          GuardedRole role =
              new GuardedRole(
                  guard,
                  guard.circuit(STORE, bucket.name()),
                  limit,
                  () -> real.outage().isPresent());
          return new HotBucket(
              new GuardedReads(opened.reads(), role),
              new GuardedWrites(opened.writes(), role),
              opened.journal());
        });
  }

  @Override
  public StreamStore streams() {
    return new GuardedStreams(real.streams(), streams);
  }

  @Override
  public void onReconnect(Runnable action) {
    real.onReconnect(action);
  }

  @Override
  public Optional<Outage> outage() {
    return real.outage();
  }

  @Override
  public void onOutage(Runnable action) {
    real.onOutage(action);
  }

  @Override
  public void signal(String topic) {
    real.signal(topic);
  }

  @Override
  public void onSignal(String topic, Runnable action) {
    real.onSignal(topic, action);
  }

  @Override
  public Clock clock() {
    return real.clock();
  }
}
