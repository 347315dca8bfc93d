package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Consumer;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The jnats options of one connection. */
final class LinkOptions {

  private static final Logger log = LoggerFactory.getLogger(NatsLink.class);

  /** A connection that answers no ping for two to three of these is lost. */
  private static final Duration PING_INTERVAL = Duration.ofSeconds(5);

  /** How late a request may notice that its time is over. */
  private static final Duration TIMEOUT_CHECK = Duration.ofMillis(100);

  private final NatsConfig config;
  private final String runtimeName;
  private final ExecutorService io;
  private final ScheduledExecutorService timer;
  private final Runnable lost;

  LinkOptions(
      NatsConfig config,
      String runtimeName,
      ExecutorService io,
      ScheduledExecutorService timer,
      Runnable lost) {
    this.config = config;
    this.runtimeName = runtimeName;
    this.io = io;
    this.timer = timer;
    this.lost = lost;
  }

  Options build(Collection<String> discovered) {
    Set<String> servers = new LinkedHashSet<>(config.servers());
    servers.addAll(discovered);
    Options.Builder builder =
        new Options.Builder()
            .servers(servers.toArray(String[]::new))
            .connectionName("agent persistence, " + runtimeName)
            .connectionTimeout(config.connectTimeout())
            .noReconnect()
            .reconnectBufferSize(0)
            .pingInterval(PING_INTERVAL)
            .maxPingsOut(2)
            .requestCleanupInterval(TIMEOUT_CHECK)
            .writeQueuePushTimeout(config.requestTimeout())
            .socketWriteTimeout(config.requestTimeout().plusSeconds(1))
            .reportNoResponders()
            .useTimeoutException()
            .dontForceFlushOnRequest()
            .executor(io)
            .scheduledExecutor(timer)
            .connectThreadFactory(new LibraryThreads("persistence-nats-connect"))
            .callbackThreadFactory(new LibraryThreads("persistence-nats-callback"))
            .connectionListener(listener())
            .errorListener(new Errors());
    config
        .credentialsFile()
        .ifPresent(file -> builder.authHandler(Nats.credentials(file.toString())));
    return builder.build();
  }

  /** The configured servers, without passwords. */
  String servers() {
    return config.servers().stream().map(LinkOptions::redacted).collect(Collectors.joining(","));
  }

  static String redacted(@Nullable String url) {
    return url == null ? "?" : url.replaceAll("://[^@/]*@", "://***@");
  }

  private ConnectionListener listener() {
    return new ConnectionListener() {
      @Override
      @SuppressWarnings("deprecation")
      public void connectionEvent(Connection connection, Events event) {
        log.debug("NATS connection: {}", event);
        if (event == Events.DISCONNECTED || event == Events.CLOSED) {
          lost.run();
        }
      }
    };
  }

  /** Says in the log what jnats tells nobody else. */
  private static final class Errors implements ErrorListener {

    @Override
    public void errorOccurred(Connection connection, String error) {
      log.warn("NATS server: {}", error);
    }

    @Override
    public void exceptionOccurred(Connection connection, Exception exception) {
      log.debug("NATS connection", exception);
    }

    @Override
    public void slowConsumerDetected(Connection connection, Consumer consumer) {
      log.warn("A NATS subscription is too slow and drops messages; its reader starts over");
    }
  }
}
