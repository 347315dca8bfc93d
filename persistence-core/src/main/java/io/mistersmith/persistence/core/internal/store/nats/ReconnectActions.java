package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.nats.client.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs in the background the actions that are due after another connection replaced one, or the
 * streams can be written again. The former come before a server may have leaders for them.
 */
final class ReconnectActions implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(NatsLink.class);
  private static final Duration JETSTREAM_START = Duration.ofSeconds(30);

  /** Asks whether JetStream answers over a connection. Waits about 1 s at most. */
  interface Probe {
    boolean isAnswered(Connection connection) throws InterruptedException;
  }

  private final Supplier<@Nullable Connection> current;
  private final Probe probe;
  private final PeriodicService service;
  private final List<Consumer<Connection>> onConnected = new CopyOnWriteArrayList<>();
  private final List<Runnable> onReconnect = new CopyOnWriteArrayList<>();

  /** The connection that the actions of each new one were called with; of the service's thread. */
  private @Nullable Connection connected;

  /**
   * No actions yet.
   *
   * @param current the present connection; null when the link is closed
   */
  ReconnectActions(Supplier<@Nullable Connection> current, Probe probe, Services services) {
    this.current = current;
    this.probe = probe;
    this.service =
        services.onDemand(
            "persistence-nats-reconnected", "what follows a reconnect is not done", this::runNow);
  }

  void start() {
    service.start();
  }

  void onConnected(Consumer<Connection> action) {
    onConnected.add(action);
  }

  void onReconnect(Runnable action) {
    onReconnect.add(action);
  }

  /** Runs the actions, soon, when JetStream answers. */
  void run() {
    service.wake();
  }

  private void runNow() {
    awaitJetStream();
    Connection connection = current.get();
    if (connection != null) {
      if (connection != connected) {
        onConnected.forEach(action -> guarded(() -> action.accept(connection)));
        connected = connection;
      }
      onReconnect.forEach(ReconnectActions::guarded);
    }
  }

  /** A server that was just started accepts connections before its JetStream answers. */
  private void awaitJetStream() {
    long deadline = System.nanoTime() + JETSTREAM_START.toNanos();
    try {
      Connection connection = current.get();
      while (connection != null && service.isOpen() && System.nanoTime() < deadline) {
        if (probe.isAnswered(connection)) {
          return;
        }
        TimeUnit.MILLISECONDS.sleep(20);
        connection = current.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      log.warn("An action that follows a reconnect failed; the next reconnect runs it again", e);
    } finally {
      LibraryThreads.dropInterrupt("an action that follows a reconnect");
    }
  }

  @Override
  public void close() {
    service.interrupt();
    boolean unused = service.close(Duration.ZERO);
  }
}
