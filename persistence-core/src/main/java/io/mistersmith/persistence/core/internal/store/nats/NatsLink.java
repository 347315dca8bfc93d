package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.core.internal.base.CallDeadline;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Ticker;
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
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to NATS, replaced whenever it is lost.
 *
 * <p>jnats' own reconnect is switched off: it keeps messages that were queued when the connection
 * broke and sends them to the next server, even with a reconnect buffer of 0. A write that was
 * reported as failed would then take effect later. Here a lost connection is closed, which fails at
 * once whatever waits on it and drops what it had not sent, and another one takes its place. The
 * same happens to the connection to a server that cannot write while another one can, and to one
 * that may receive no answers any more. Thread-safe.
 */
final class NatsLink implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(NatsLink.class);
  private static final int MIN_WAIT_MILLIS = 100;
  private static final int MAX_WAIT_MILLIS = 250;

  /** How often the present server is looked at. */
  private static final Duration LOOK = Duration.ofMillis(500);

  /** The pause between looks while streams cannot be written. */
  private static final Duration LOOK_IN_TROUBLE = Duration.ofMillis(200);

  /** How long a server that refuses the credentials is left alone. */
  private static final Duration REFUSED_PAUSE = Duration.ofSeconds(2);

  private final NatsConfig config;
  private final LinkOptions options;
  private final ExecutorService io =
      Executors.newCachedThreadPool(new LibraryThreads("persistence-nats-io"));
  private final ExecutorService callbacks = LibraryThreads.onDemand("persistence-nats-callback", 1);
  private final LinkTimer timer = new LinkTimer();
  private final ReconnectActions reconnected;
  private final Outstanding outstanding = new Outstanding();
  private final Liveness liveness = new Liveness();
  private final ServerWatch servers =
      new ServerWatch(this::connectTo, outstanding::unheard, this::writableAgain, Ticker.SYSTEM);
  private final Set<String> knownServers = new LinkedHashSet<>();
  private final PeriodicService keeper;
  private final PresentConnection present;
  private volatile Consumer<String> onLost = why -> {};

  private NatsLink(NatsConfig config, String runtimeName, Services services) {
    this.config = config;
    this.options = new LinkOptions(config, runtimeName, io, callbacks, timer, new Events());
    this.keeper =
        services.every(
            LOOK,
            "persistence-nats-connection",
            "a lost connection to NATS is not replaced",
            this::keepConnected);
    this.present = new PresentConnection(options.servers(), outstanding);
    this.reconnected = new ReconnectActions(present::unlessClosed, servers::isAnswered, services);
  }

  /** Connects, and stays connected until it is closed. */
  static NatsLink open(NatsConfig config, String runtimeName, Services services) {
    NatsLink link = new NatsLink(config, runtimeName, services);
    String what = "connect to NATS at " + link.options.servers();
    try {
      link.connect();
      link.reconnected.start();
      link.keeper.start();
      return link;
    } catch (AuthenticationException e) {
      link.close();
      throw new NonTransientPersistenceException(
          DataError.ACCESS_DENIED,
          what + ": the server refuses the credentials; check nats.authentication",
          e);
    } catch (IOException e) {
      link.close();
      throw ServerGreeting.notConnected(what, config, LinkOptions.redacted(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      link.close();
      throw NatsFailures.unreachable(what, "interrupted", e);
    } catch (IllegalArgumentException e) {
      link.close();
      throw LinkOptions.redacted(e);
    } catch (RuntimeException | Error e) {
      link.close();
      throw e;
    }
  }

  /** The connection, which was open a moment ago. */
  Connection connection() {
    return present.require();
  }

  /** Whether the connection still is the one in use. */
  boolean isPresent(Connection connection) {
    return present.is(connection);
  }

  /** Whether the connection is the one in use and was not found to be lost. */
  boolean isUsable(Connection connection) {
    return present.isUsable(connection);
  }

  /** Calls {@code action} with the reason whenever a connection was lost, before calls fail. */
  void onLost(Consumer<String> action) {
    onLost = action;
  }

  /** A stream whose server has to be able to write it. */
  void watchOver(String stream) {
    servers.add(stream);
  }

  /** Returns the capabilities of the present server. */
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
      long sent = System.nanoTime();
      return outstanding.track(
          subject, sent, connection().requestWithTimeout(subject, headers, body, timeout));
    } catch (IllegalStateException | IllegalArgumentException e) {
      return CompletableFuture.failedFuture(e);
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Sends a request and waits for its answer on the caller's own thread. Fails as {@link #await}
   * does for a future of {@link #request}.
   */
  Message ask(
      Supplier<String> what,
      String subject,
      @Nullable Headers headers,
      byte[] body,
      Duration timeout) {
    try {
      Connection connection = connection();
      ReplyLanes lanes = present.lanesOf(connection);
      if (lanes != null) {
        Message answer = lanes.ask(subject, headers, body, timeout);
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
    if (present.isClosed()) {
      return NatsFailures.closed();
    }
    if (NatsFailures.isSilence(cause)) {
      servers.suspect();
      return NatsFailures.silence(what, cause, servers.finding());
    }
    return NatsFailures.translate(what, cause);
  }

  /** Waits for a future of this link, which ends by itself; a second more is for a stalled JVM. */
  <T> T await(Supplier<String> what, CompletableFuture<T> future) {
    try {
      return future.get(config.requestTimeout().toMillis() + 1_000, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsFailures.unreachable(what.get(), "interrupted; the outcome is unknown", e);
    } catch (ExecutionException | TimeoutException | CancellationException e) {
      throw failure(what.get(), e);
    }
  }

  /** Returns how long a request may take: less when the call on this thread has less time left. */
  Duration requestTimeout() {
    return CallDeadline.left(config.requestTimeout());
  }

  /** Runs {@code task} after {@code delay} on the timer's thread; it must be quick. */
  void later(Duration delay, Runnable task) {
    timer.later(delay, task);
  }

  /** Calls {@code action} with every connection made from now on, before the other actions. */
  void onConnected(Consumer<Connection> action) {
    reconnected.onConnected(action);
  }

  /**
   * Calls {@code action}, which must be quick, whenever the connection was lost and is back, or the
   * streams can be written again that could not for a while.
   */
  void onReconnect(Runnable action) {
    reconnected.onReconnect(action);
  }

  private void connect() throws IOException, InterruptedException {
    use(Nats.connect(options.build(knownServers)));
  }

  private Connection connectTo(String server) throws IOException, InterruptedException {
    return Nats.connect(options.only(server));
  }

  /** Lets the connection take the place of the present one, if there is one. */
  private void use(Connection connection) throws InterruptedException {
    knownServers.addAll(connection.getServers());
    if (!present.replaceBy(connection)) {
      connection.close();
      return;
    }
    log.info(
        "Connected to NATS {} at {}",
        connection.getServerInfo().getVersion(),
        LinkOptions.redacted(connection.getConnectedUrl()));
  }

  private void keepConnected() throws InterruptedException {
    Connection connection = present.unlessClosed();
    if (connection == null) {
      return;
    }
    String said = connection.getLastError();
    String why = said == null ? "" : " (the server said: " + said + ")";
    present.explain(why);
    if (connection.getStatus() == Connection.Status.CONNECTED) {
      if (!liveness.isLost(connection)) {
        moveIfOthersAreBetter(connection);
        return;
      }
      why = " (the server does not answer any more)";
      present.explain(why);
    }
    log.warn(
        "Lost the connection to NATS{}; calls fail as CONNECTION_FAILED until a server of {}"
            + " answers",
        why,
        options.servers());
    present.lose(connection);
    onLost.accept("the connection to " + options.servers() + " was lost" + why);
    try {
      connection.close();
    } finally {
      reconnect();
    }
  }

  private void moveIfOthersAreBetter(Connection used) throws InterruptedException {
    Connection better = servers.look(used, outstanding.oldest(), knownServers);
    if (better != null) {
      log.warn(
          "Leaving NATS at {} for {}: buckets can be written there",
          LinkOptions.redacted(used.getConnectedUrl()),
          LinkOptions.redacted(better.getConnectedUrl()));
      use(better);
      used.close();
      reconnected.run();
    }
    if (servers.isInTrouble() && keeper.pause(LOOK_IN_TROUBLE)) {
      keeper.wake();
    }
  }

  private void writableAgain() {
    reconnected.run();
  }

  private void reconnect() throws InterruptedException {
    for (int attempt = 1; !present.isClosed(); attempt++) {
      int millis = ThreadLocalRandom.current().nextInt(MIN_WAIT_MILLIS, MAX_WAIT_MILLIS);
      if (!keeper.pause(Duration.ofMillis(millis))) {
        return; // the runtime closes
      }
      try {
        connect();
        reconnected.run();
        return;
      } catch (AuthenticationException e) {
        present.refuse(new RefusedException("the credentials are refused: " + e.getMessage()));
        log.warn(
            "NATS refuses the credentials of this process, it is asked again: {}", e.getMessage());
        if (!keeper.pause(REFUSED_PAUSE)) {
          return;
        }
      } catch (IOException | RuntimeException e) {
        present.refuse(null);
        if (attempt % 50 == 1) {
          log.warn(
              "Cannot reach NATS yet (attempt {}): {}",
              attempt,
              LinkOptions.redacted(e.toString()));
        }
      }
    }
  }

  @Override
  public void close() {
    if (present.isClosed()) {
      return;
    }
    Connection connection = present.close();
    keeper.interrupt();
    boolean unused = keeper.close(Duration.ZERO);
    if (connection != null) {
      try {
        connection.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    reconnected.close();
    timer.end();
    callbacks.shutdownNow();
    io.shutdownNow();
  }

  private final class Events implements LinkOptions.Listener {

    @Override
    public void lost() {
      keeper.wake();
    }

    @Override
    public void leaving(Connection connection) {
      servers.leave(connection);
    }

    @Override
    public void publishDenied(String subject, String said) {
      outstanding.refuse(subject, new RefusedException(said));
    }

    /** Without its inbox the connection hears no answer; another one may, once it has the right. */
    @Override
    public void subscriptionDenied(Connection connection, String subject, String said) {
      if (present.is(connection) && subject.startsWith(LinkOptions.inboxes(config))) {
        RefusedException refused = new RefusedException(said);
        present.refuse(refused);
        outstanding.refuseAll(refused);
        servers.leave(connection);
      }
    }
  }
}
