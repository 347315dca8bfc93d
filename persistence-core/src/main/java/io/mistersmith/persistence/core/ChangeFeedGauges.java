package io.mistersmith.persistence.core;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.event.OutboxChangeFeed;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.event.ChangeFeed.Lag;
import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gauges over the latest {@link Lag} of the change feed, which is asked for in the background.
 * While it is not known, the gauges have no value.
 */
final class ChangeFeedGauges implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ChangeFeedGauges.class);

  private final MeterRegistry registry;
  private final ChangeFeed feed;
  private final List<Meter> meters = new ArrayList<>();
  private final PeriodicService service;
  private volatile @Nullable Lag latest;

  ChangeFeedGauges(MeterRegistry registry, ChangeFeed feed, Duration interval) {
    this.registry = registry;
    this.feed = feed;
    Services services =
        feed instanceof OutboxChangeFeed own
            ? own.services()
            : new Services(PersistenceListener.NOOP);
    this.service =
        services.every(
            interval, "persistence-change-metrics", "the gauges have no value", this::ask);
  }

  void start() {
    gauge("persistence.changes.waiting", Lag::changes);
    gauge("persistence.changes.outbox.bytes", Lag::bytes);
    gauge("persistence.changes.lag.ms", lag -> lag.oldest().toNanos() / 1e6);
    service.start();
    service.wake();
  }

  private void gauge(String name, ToDoubleFunction<Lag> figure) {
    meters.add(Gauge.builder(name, this, all -> all.value(figure)).register(registry));
  }

  private double value(ToDoubleFunction<Lag> figure) {
    Lag lag = latest;
    return lag == null ? Double.NaN : figure.applyAsDouble(lag);
  }

  private void ask() {
    Lag lag = null;
    try {
      lag = feed.lag();
    } catch (PersistenceException e) {
      LOG.info("the gauges of the change feed have no value: {}", e.getMessage());
    } finally {
      latest = lag;
    }
  }

  @Override
  public void close() {
    service.stop();
    meters.forEach(registry::remove);
    boolean unused = service.close(Duration.ofSeconds(1));
  }
}
