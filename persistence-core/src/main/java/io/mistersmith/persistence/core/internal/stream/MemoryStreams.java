package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.StreamPlan.Storage;
import io.mistersmith.persistence.stream.Streams.Changes;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates streams in memory again, with their consumers: a server that restarts has forgotten them.
 * Thread-safe.
 */
public final class MemoryStreams {

  private static final Logger LOG = LoggerFactory.getLogger(MemoryStreams.class);

  private final StreamStore store;
  private final Map<String, StreamPlan> plans = new ConcurrentHashMap<>();
  private final Map<String, ConsumerPlan> consumers = new ConcurrentHashMap<>();
  private final PeriodicService service;
  private boolean started;

  /** Streams on this store, which is not guarded. */
  public MemoryStreams(StreamStore store, Services services) {
    this.store = store;
    this.service =
        services.onDemand(
            "persistence-memory-streams",
            "streams in memory are not created again after a restart of NATS",
            this::restore);
  }

  /** Takes note of a plan that was applied. */
  void applied(StreamPlan plan) {
    if (plan.storage() == Storage.MEMORY) {
      plans.put(plan.name(), plan);
      start();
    } else {
      plans.remove(plan.name());
    }
  }

  private synchronized void start() {
    if (!started) {
      service.start();
      started = true;
    }
  }

  /** Takes note of a durable consumer's plan that was applied. */
  void applied(ConsumerPlan plan) {
    consumers.put(key(plan.stream(), plan.name().orElseThrow()), plan);
  }

  /** Forgets a consumer that was deleted. */
  void deleted(String stream, String consumer) {
    consumers.remove(key(stream, consumer));
  }

  private static String key(String stream, String consumer) {
    return stream + "/" + consumer;
  }

  /** Looks soon whether streams are gone. Does not wait. */
  public void look() {
    if (!plans.isEmpty()) {
      service.wake();
    }
  }

  /** {@link #look} when the failure says that something does not exist. */
  void lookAfter(Throwable failure) {
    if (failure instanceof PersistenceException typed && typed.error() == DataError.NOT_FOUND) {
      look();
    }
  }

  private void restore() {
    for (StreamPlan plan : plans.values()) {
      if (!store.compare(plan).exists()) {
        Changes unused = store.apply(plan);
        LOG.warn(
            "Stream {} was lost with its messages: it is in memory, and NATS has restarted. It was"
                + " created again",
            plan.name());
      }
      for (ConsumerPlan consumer : consumers.values()) {
        if (consumer.stream().equals(plan.name())) {
          Changes unused = store.apply(consumer);
        }
      }
    }
  }
}
