package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.TlsConfig;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Options;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The jnats options of one connection. */
final class LinkOptions {

  private static final Logger log = LoggerFactory.getLogger(NatsLink.class);

  /** The user and password of a URL, or of a server without a scheme; lists of them, too. */
  private static final Pattern USER = Pattern.compile("(^|://|, ?|\\[)[^@/\\s,\\[]*@");

  /** A connection that answers no ping for two to three of these is lost. */
  private static final Duration PING_INTERVAL = Duration.ofSeconds(5);

  /** How late a request may notice that its time is over. */
  private static final Duration TIMEOUT_CHECK = Duration.ofMillis(100);

  /** A stored subject may be as long as a line that the server takes, and is sent with more. */
  private static final int LONGEST_LINE = 16 * 1024;

  /** How long a server that may be better has time to accept a connection. */
  private static final Duration BRIEF = Duration.ofSeconds(2);

  /** Receives changes of connections, on a thread that must not block. */
  interface Listener extends ServerErrors.Listener {

    /** A connection was lost or closed. */
    void lost();

    /** The server of the connection shuts down soon and answers less and less. */
    void leaving(Connection connection);
  }

  private final NatsConfig config;
  private final String runtimeName;
  private final ExecutorService io;
  private final ExecutorService callbacks;
  private final ScheduledExecutorService timer;
  private final Listener listener;

  LinkOptions(
      NatsConfig config,
      String runtimeName,
      ExecutorService io,
      ExecutorService callbacks,
      ScheduledExecutorService timer,
      Listener listener) {
    this.config = config;
    this.runtimeName = runtimeName;
    this.io = io;
    this.callbacks = callbacks;
    this.timer = timer;
    this.listener = listener;
  }

  /** For a connection to any server that was configured or discovered. */
  Options build(Collection<String> discovered) {
    Set<String> servers = new LinkedHashSet<>(config.servers());
    discovered.forEach(server -> servers.add(asConfigured(server)));
    return build(servers, config.connectTimeout());
  }

  /** For a connection to this server and no other. */
  Options only(String server) {
    Duration timeout = config.connectTimeout();
    return build(Set.of(asConfigured(server)), timeout.compareTo(BRIEF) < 0 ? timeout : BRIEF);
  }

  /** Servers name each other without the user, and without saying how to talk to them. */
  private String asConfigured(String server) {
    URI configured = uri(config.servers().get(0));
    URI uri = uri(server);
    String user = configured.getRawUserInfo();
    return uri.getRawUserInfo() != null || uri.getHost() == null
        ? server
        : configured.getScheme() + "://" + (user == null ? "" : user + "@") + uri.getRawAuthority();
  }

  /**
   * Returns how the subjects of answers begin. Each name prefix has its own, so that permissions
   * can keep others from reading them.
   */
  static String inboxes(NatsConfig config) {
    return "_INBOX" + config.namePrefix() + ".";
  }

  private static URI uri(String server) {
    return URI.create(server.contains("://") ? server : "nats://" + server);
  }

  private Options build(Set<String> servers, Duration timeout) {
    Options.Builder builder =
        new Options.Builder()
            .servers(servers.toArray(String[]::new))
            .connectionName("agent persistence, " + runtimeName)
            .connectionTimeout(timeout)
            .noReconnect()
            .reconnectBufferSize(0)
            .pingInterval(PING_INTERVAL)
            .maxPingsOut(2)
            .requestCleanupInterval(TIMEOUT_CHECK)
            .maxControlLine(LONGEST_LINE)
            .writeQueuePushTimeout(config.requestTimeout())
            .socketWriteTimeout(config.requestTimeout().plusSeconds(1))
            .reportNoResponders()
            .useTimeoutException()
            .dontForceFlushOnRequest()
            .inboxPrefix(inboxes(config))
            .executor(io)
            .scheduledExecutor(timer)
            .connectExecutor(io)
            .callbackExecutor(callbacks)
            .connectionListener(events())
            .errorListener(new ServerErrors(listener));
    guard(builder);
    config.authentication().ifPresent(way -> Credentials.add(builder, way));
    // Anew each time: a file that was replaced is used from now on.
    config
        .tls()
        .filter(tls -> tls.mode() != TlsConfig.Mode.DISABLE)
        .ifPresent(tls -> builder.sslContext(TlsContext.of(tls)));
    return builder.build();
  }

  /** jnats looks for the class by its name, with the class loader that jnats itself has. */
  private static void guard(Options.Builder builder) {
    String name = GuardedDataPort.class.getName();
    try {
      Class.forName(name, false, Options.class.getClassLoader());
      builder.dataPortType(name);
    } catch (ClassNotFoundException e) {
      log.warn(
          "jnats was loaded by a class loader that does not see this library: a message with"
              + " headers that jnats cannot read stops this process's connection. Load both with"
              + " the same one");
    }
  }

  /** The configured servers, without passwords. */
  String servers() {
    return config.servers().stream().map(LinkOptions::redacted).collect(Collectors.joining(","));
  }

  /** Returns a URL, or a text with URLs, without passwords. */
  static String redacted(@Nullable String text) {
    return text == null ? "?" : USER.matcher(text).replaceAll("$1***@");
  }

  /** Returns a failure to connect without passwords: jnats names the servers as configured. */
  static IOException redacted(IOException thrown) {
    return hasPassword(thrown)
        ? withTrace(new IOException(redacted(thrown.getMessage())), thrown)
        : thrown;
  }

  /** Returns the failure of a URL that cannot be read, without passwords. */
  static IllegalArgumentException redacted(IllegalArgumentException thrown) {
    return hasPassword(thrown)
        ? withTrace(new IllegalArgumentException(redacted(thrown.getMessage())), thrown)
        : thrown;
  }

  private static boolean hasPassword(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (!redacted(message).equals(message)) {
        return true;
      }
    }
    return false;
  }

  private static <T extends Throwable> T withTrace(T printable, Throwable thrown) {
    printable.setStackTrace(thrown.getStackTrace());
    return printable;
  }

  private ConnectionListener events() {
    return new ConnectionListener() {
      @Override
      @SuppressWarnings("deprecation")
      public void connectionEvent(Connection connection, Events event) {
        log.debug("NATS connection: {}", event);
        if (event == Events.DISCONNECTED || event == Events.CLOSED) {
          listener.lost();
        } else if (event == Events.LAME_DUCK) {
          listener.leaving(connection);
        }
      }
    };
  }
}
