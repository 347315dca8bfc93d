package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells all runtimes that something waits to be flushed, by plain NATS messages. Who is not
 * connected misses them: they only save waiting. Thread-safe.
 */
final class Nudges {

  private static final Logger log = LoggerFactory.getLogger(Nudges.class);

  private final NatsLink link;
  private final String subjectPrefix;
  private final Map<String, List<Runnable>> actions = new ConcurrentHashMap<>();
  private @Nullable Connection subscribed;
  private @Nullable Dispatcher dispatcher;

  Nudges(NatsLink link, NatsConfig config) {
    this.link = link;
    this.subjectPrefix = config.namePrefix() + "persistence.nudge.";
    link.onConnected(this::subscribeAll);
  }

  void nudge(String bucket) {
    try {
      link.connection().publish(subjectPrefix + bucket, Entries.NO_VALUE);
    } catch (IllegalStateException | PersistenceException e) {
      log.debug("A nudge of bucket {} was not sent; it is flushed by age", bucket, e);
    }
  }

  void onNudge(String bucket, Runnable action) {
    boolean first = !actions.containsKey(bucket);
    actions.computeIfAbsent(bucket, name -> new CopyOnWriteArrayList<>()).add(action);
    if (first) {
      try {
        subscribe(link.connection(), bucket);
      } catch (IllegalStateException | PersistenceException e) {
        log.debug("Nudges of bucket {} are subscribed to at the next reconnect", bucket, e);
      }
    }
  }

  private void subscribeAll(Connection connection) {
    actions.keySet().forEach(bucket -> subscribe(connection, bucket));
  }

  private synchronized void subscribe(Connection connection, String bucket) {
    Dispatcher present = dispatcher;
    if (present == null || subscribed != connection) {
      present = connection.createDispatcher(message -> {});
      dispatcher = present;
      subscribed = connection;
    }
    present.subscribe(subjectPrefix + bucket, message -> nudged(bucket));
  }

  private void nudged(String bucket) {
    for (Runnable action : actions.getOrDefault(bucket, List.of())) {
      try {
        action.run();
      } catch (RuntimeException | Error e) {
        log.warn("A listener for nudges of bucket {} failed", bucket, e);
      }
    }
  }
}
