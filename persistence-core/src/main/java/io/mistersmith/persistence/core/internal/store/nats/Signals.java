package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends and receives the plain NATS messages between runtimes: that an entry waits to be flushed,
 * up to which position the journal is flushed, and that a topic has news. A runtime that is not
 * connected misses them. They only save waiting and asking. Thread-safe.
 */
final class Signals {

  private static final Logger log = LoggerFactory.getLogger(Signals.class);

  private final NatsLink link;
  private final String nudges;
  private final String progress;
  private final String wakes;
  private final Map<String, List<Consumer<byte[]>>> actions = new ConcurrentHashMap<>();
  private @Nullable Connection subscribed;
  private @Nullable Dispatcher dispatcher;

  /** The subject names the installation: progress of another one is about another database. */
  Signals(NatsLink link, NatsConfig config, UUID installation) {
    this.link = link;
    this.nudges = config.namePrefix() + "persistence.nudge.";
    this.progress = config.namePrefix() + "persistence.progress." + installation + ".";
    this.wakes = config.namePrefix() + "persistence.wake." + installation + ".";
    link.onConnected(this::subscribeAll);
  }

  void nudge(String bucket) {
    send(nudges + bucket, Entries.NO_VALUE);
  }

  void onNudge(String bucket, Runnable action) {
    listen(nudges + bucket, nothing -> action.run());
  }

  void tellProgress(String bucket, JournalProgress told) {
    send(progress + bucket, ProgressText.encode(told));
  }

  void onProgress(String bucket, Consumer<JournalProgress> action) {
    listen(progress + bucket, text -> ProgressText.decode(text).ifPresent(action));
  }

  void wake(String topic) {
    send(wakes + topic, Entries.NO_VALUE);
  }

  void onWake(String topic, Runnable action) {
    listen(wakes + topic, nothing -> action.run());
  }

  private void send(String subject, byte[] body) {
    try {
      link.connection().publish(subject, body);
    } catch (IllegalStateException | PersistenceException e) {
      log.debug("{} was not sent; the others find out by themselves", subject, e);
    }
  }

  private void listen(String subject, Consumer<byte[]> action) {
    boolean first = !actions.containsKey(subject);
    actions.computeIfAbsent(subject, name -> new CopyOnWriteArrayList<>()).add(action);
    if (first) {
      try {
        subscribe(link.connection(), subject);
      } catch (IllegalStateException | PersistenceException e) {
        log.debug("{} is subscribed to at the next reconnect", subject, e);
      }
    }
  }

  private void subscribeAll(Connection connection) {
    actions.keySet().forEach(subject -> subscribe(connection, subject));
  }

  private synchronized void subscribe(Connection connection, String subject) {
    Dispatcher present = dispatcher;
    if (present == null || subscribed != connection) {
      present = connection.createDispatcher(message -> {});
      dispatcher = present;
      subscribed = connection;
    }
    present.subscribe(subject, message -> heard(subject, message.getData()));
  }

  private void heard(String subject, byte[] body) {
    for (Consumer<byte[]> action : actions.getOrDefault(subject, List.of())) {
      try {
        action.accept(body);
      } catch (RuntimeException | Error e) {
        log.warn("A listener of {} failed", subject, e);
      }
    }
  }
}
