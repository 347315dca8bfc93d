package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to NATS, made anew whenever it is lost.
 *
 * <p>jnats' own reconnect is switched off: it keeps what was queued when the connection broke and
 * sends it to the next server, even with a reconnect buffer of 0, so that a write whose caller was
 * told that it failed takes effect later. Here a lost connection is closed, which fails at once
 * whatever waits on it and drops what it had not sent, and another one takes its place.
 * Thread-safe.
 */
final class NatsLink implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(NatsLink.class);
  private static final int MIN_WAIT_MILLIS = 100;
  private static final int MAX_WAIT_MILLIS = 250;
  private static final Duration JETSTREAM_PROBE = Duration.ofSeconds(1);

  private final NatsConfig config;
  private final LinkOptions options;
  private final ExecutorService io =
      Executors.newCachedThreadPool(new LibraryThreads("persistence-nats-io"));
  private final ExecutorService reconnected =
      Executors.newSingleThreadExecutor(new LibraryThreads("persistence-nats-reconnected"));
  private final LinkTimer timer = new LinkTimer();
  private final Semaphore lost = new Semaphore(0);
  private final List<Consumer<Connection>> onConnected = new CopyOnWriteArrayList<>();
  private final List<Runnable> onReconnect = new CopyOnWriteArrayList<>();
  private final Set<String> knownServers = new LinkedHashSet<>();
  private final Background keeper;
  private volatile @Nullable Connection current;
  private volatile @Nullable ReplyLanes lanes;
  private volatile boolean closed;

  private NatsLink(NatsConfig config, String runtimeName, ServiceHealth health) {
    this.config = config;
    this.options = new LinkOptions(config, runtimeName, io, timer, this::lost);
    this.keeper =
        Background.loop(
            "persistence-nats-connection",
            "a lost connection to NATS is not replaced",
            health,
            this::keepConnected,
            () -> {});
  }

  /** Connects, and stays connected until it is closed. */
  static NatsLink open(NatsConfig config, String runtimeName, ServiceHealth health) {
    NatsLink link = new NatsLink(config, runtimeName, health);
    String what = "connect to NATS at " + link.options.servers();
    try {
      link.connect();
      link.keeper.start();
      return link;
    } catch (AuthenticationException e) {
      link.close();
      throw new NonTransientPersistenceException(
          DataError.ACCESS_DENIED,
          what + ": the server refuses the credentials; check nats.credentialsFile",
          e);
    } catch (IOException e) {
      link.close();
      throw NatsFailures.unreachable(
          what, "no server answers; check nats.servers and that one is running", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      link.close();
      throw NatsFailures.unreachable(what, "interrupted", e);
    } catch (RuntimeException | Error e) {
      link.close();
      throw e;
    }
  }

  /** The connection, which was open a moment ago. */
  Connection connection() {
    Connection connection = current;
    if (closed) {
      throw NatsFailures.closed();
    }
    if (connection == null || connection.getStatus() != Connection.Status.CONNECTED) {
      throw NatsFailures.unreachable(
          "NATS at " + options.servers(), "not connected; nothing was sent. It is being retried");
    }
    return connection;
  }

  /** What the present server can do. */
  ServerCapabilities capabilities() {
    return ServerCapabilities.of(connection().getServerInfo());
  }

  /**
   * Sends a request. Fails at once when there is no connection; the future fails as jnats says, for
   * {@link #failure} to translate, no later than about 0.1 s after the timeout.
   */
  CompletableFuture<Message> request(
      String subject, @Nullable Headers headers, byte[] body, Duration timeout) {
    try {
      return connection().requestWithTimeout(subject, headers, body, timeout);
    } catch (IllegalStateException | IllegalArgumentException e) {
      return CompletableFuture.failedFuture(e);
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Sends a request and waits for its answer on the caller's own thread. Fails as a future of
   * {@link #request} does for who {@linkplain #await awaits} it.
   */
  Message ask(
      Supplier<String> what,
      String subject,
      @Nullable Headers headers,
      byte[] body,
      Duration timeout) {
    try {
      Connection connection = connection();
      ReplyLanes present = lanes;
      if (present != null && present.connection() == connection) {
        Message answer = present.ask(subject, headers, body, timeout);
        if (answer != null) {
          return answer;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsFailures.unreachable(what.get(), "interrupted; the outcome is unknown", e);
    } catch (TimeoutException | RuntimeException e) {
      throw failure(what.get(), e);
    }
    return await(what, request(subject, headers, body, timeout));
  }

  /** The typed failure of a call. */
  PersistenceException failure(String what, Throwable cause) {
    return closed ? NatsFailures.closed() : NatsFailures.translate(what, cause);
  }

  /** Waits for a future of this link, which ends by itself; a second more is for a stalled JVM. */
  <T> T await(Supplier<String> what, CompletableFuture<T> future) {
    try {
      return future.get(config.requestTimeout().toMillis() + 1_000, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsFailures.unreachable(what.get(), "interrupted; the outcome is unknown", e);
    } catch (ExecutionException | TimeoutException e) {
      throw failure(what.get(), e);
    }
  }

  Duration requestTimeout() {
    return config.requestTimeout();
  }

  /** Runs {@code task} after {@code delay} on the timer's thread; it must be quick. */
  void later(Duration delay, Runnable task) {
    timer.later(delay, task);
  }

  /** Calls {@code action} with every connection made from now on, before the other actions. */
  void onConnected(Consumer<Connection> action) {
    onConnected.add(action);
  }

  /** Calls {@code action} whenever the connection was lost and is back, on a thread of its own. */
  void onReconnect(Runnable action) {
    onReconnect.add(action);
  }

  private void connect() throws IOException, InterruptedException {
    Connection connection = Nats.connect(options.build(knownServers));
    knownServers.addAll(connection.getServers());
    lanes = new ReplyLanes(connection);
    current = connection;
    if (closed) {
      connection.close();
      return;
    }
    log.info(
        "Connected to NATS {} at {}",
        connection.getServerInfo().getVersion(),
        LinkOptions.redacted(connection.getConnectedUrl()));
  }

  private void lost() {
    lost.release();
  }

  private void keepConnected() throws InterruptedException {
    keeper.alive();
    if (lost.tryAcquire(1, TimeUnit.SECONDS)) {
      lost.drainPermits();
    }
    Connection connection = current;
    if (closed || connection == null || connection.getStatus() == Connection.Status.CONNECTED) {
      return;
    }
    log.warn(
        "Lost the connection to NATS; calls fail as CONNECTION_FAILED until a server of {}"
            + " answers",
        options.servers());
    try {
      connection.close();
    } finally {
      reconnect();
    }
  }

  private void reconnect() throws InterruptedException {
    for (int attempt = 1; !closed; attempt++) {
      boolean unused =
          keeper.pause(
              Duration.ofMillis(
                  ThreadLocalRandom.current().nextInt(MIN_WAIT_MILLIS, MAX_WAIT_MILLIS)));
      try {
        connect();
        reconnected.execute(this::tellReconnected);
        return;
      } catch (IOException | RuntimeException e) {
        if (attempt % 50 == 1) {
          log.warn("Cannot reach NATS yet (attempt {}): {}", attempt, e.toString());
        }
      }
    }
  }

  private void tellReconnected() {
    awaitJetStream();
    Connection connection = current;
    if (connection == null || closed) {
      return;
    }
    for (Consumer<Connection> action : onConnected) {
      guarded(() -> action.accept(connection));
    }
    onReconnect.forEach(NatsLink::guarded);
  }

  /** A server that was just started accepts connections before its JetStream answers. */
  private void awaitJetStream() {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!closed && System.nanoTime() < deadline) {
      try {
        Message answer = connection().request("$JS.API.INFO", Entries.NO_VALUE, JETSTREAM_PROBE);
        if (answer != null) {
          return;
        }
        TimeUnit.MILLISECONDS.sleep(20);
      } catch (IllegalStateException | PersistenceException e) {
        log.debug("The new connection is gone again", e);
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
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
    if (closed) {
      return;
    }
    closed = true;
    keeper.interrupt();
    boolean unused = keeper.close(Duration.ZERO);
    Connection connection = current;
    if (connection != null) {
      try {
        connection.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    reconnected.shutdownNow();
    timer.end();
    io.shutdownNow();
  }
}
