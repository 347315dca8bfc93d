package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.operations.AlertSink;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.spi.sql.AlertStore;
import io.mistersmith.persistence.spi.sql.AlertStore.Notice;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one receiver what happened to alerts, in order: those of this runtime, and the notices in
 * the store while this runtime checks for all. A receiver that hangs or throws holds up no other.
 * Thread-safe.
 */
final class SinkDelivery {

  private static final Logger LOG = LoggerFactory.getLogger(SinkDelivery.class);

  private static final int PAGE = 100;

  /** So many changes of this runtime wait for a receiver that throws. */
  private static final int MOST_WAITING = 1_000;

  private final String channel;
  private final AlertSink sink;
  private final AlertStore store;
  private final PeriodicService service;
  private final Queue<AlertChange> own = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean noticed = new AtomicBoolean();

  SinkDelivery(String channel, AlertSink sink, AlertStore store, Services services) {
    this.channel = channel;
    this.sink = sink;
    this.store = store;
    this.service =
        services.onDemand(
            "persistence-alerts-" + channel,
            "the receiver " + channel + " is not told of alerts",
            this::deliver);
  }

  /** Returns a delivery for each receiver, by name. */
  static Map<String, SinkDelivery> of(
      Map<String, AlertSink> sinks, AlertStore store, Services services) {
    Map<String, SinkDelivery> deliveries = new TreeMap<>();
    sinks.forEach(
        (channel, sink) ->
            deliveries.put(channel, new SinkDelivery(channel, sink, store, services)));
    return deliveries;
  }

  void start() {
    service.start();
  }

  /** Tells changes of this runtime's own alerts. Does not wait. */
  void tell(List<AlertChange> changes) {
    own.addAll(changes);
    while (own.size() > MOST_WAITING) {
      AlertChange dropped = own.poll();
      LOG.warn("receiver {} of alerts: too many changes wait, dropped {}", channel, dropped);
    }
    service.wake();
  }

  /** Tells the notices in the store. Does not wait. */
  void tellNotices() {
    noticed.set(true);
    service.wake();
  }

  private void deliver() {
    for (AlertChange change = own.peek(); change != null; change = own.peek()) {
      if (!tell(change)) {
        return;
      }
      own.remove(change);
    }
    if (noticed.getAndSet(false)) {
      List<Notice> page;
      do {
        page = store.notices(channel, PAGE);
        for (Notice notice : page) {
          if (!tell(notice.change())) {
            return;
          }
          boolean unused = store.told(notice);
        }
      } while (page.size() == PAGE);
    }
  }

  private boolean tell(AlertChange change) {
    try {
      sink.tell(change);
      return true;
    } catch (RuntimeException e) {
      LOG.warn(
          "receiver {} of alerts failed; it is told again at the next check that {} {}",
          channel,
          change.alert().metric(),
          change.change(),
          e);
      return false;
    } finally {
      LibraryThreads.dropInterrupt("receiver " + channel + " of alerts");
    }
  }
}
