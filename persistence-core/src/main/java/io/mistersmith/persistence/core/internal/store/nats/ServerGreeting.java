package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * A server's first words to a client that connects. Needed because jnats does not pass on the
 * reason why a server refuses a connection as soon as it is made.
 *
 * @param says why the server cannot be connected to, as far as it says so
 * @param tls what it says of encryption
 */
record ServerGreeting(String says, Tls tls) {

  /** What a server says of encryption. */
  enum Tls {
    /** It accepts encrypted connections only. */
    NEEDED,
    /** It accepts encrypted connections, too. */
    OFFERED,
    /** It knows plain connections only. */
    NONE,
    /** It did not say. */
    UNKNOWN;

    static Tls of(String info) {
      if (info.contains("\"tls_required\":true")) {
        return NEEDED;
      }
      return info.contains("\"tls_available\":true") ? OFFERED : NONE;
    }
  }

  private static final int REFUSAL_MILLIS = 200;

  /** Connects to the server and reads its first lines. */
  static ServerGreeting of(String url, Duration timeout) {
    int millis = (int) Math.min(2_000, timeout.toMillis());
    try (Socket socket = new Socket()) {
      URI uri = uri(url);
      socket.connect(
          new InetSocketAddress(uri.getHost(), uri.getPort() < 0 ? 4222 : uri.getPort()), millis);
      socket.setSoTimeout(millis);
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      String info = String.valueOf(lines.readLine());
      if (info.startsWith("-ERR")) {
        return new ServerGreeting("the server says " + info.substring(4).trim(), Tls.UNKNOWN);
      }
      if (!info.startsWith("INFO")) {
        return new ServerGreeting("whatever listens there is no NATS server", Tls.UNKNOWN);
      }
      return new ServerGreeting(refusal(socket, lines), Tls.of(info.replace(" ", "")));
    } catch (IOException | IllegalArgumentException e) {
      return new ServerGreeting("no server answers (" + e.getMessage() + ")", Tls.UNKNOWN);
    }
  }

  /** The failure of an open, by what the configured servers say. */
  static PersistenceException notConnected(String what, NatsConfig config, IOException cause) {
    StringBuilder why = new StringBuilder();
    for (String server : config.servers()) {
      ServerGreeting greeting = of(server, config.connectTimeout());
      Optional<String> trouble = trouble(server, greeting, config);
      if (trouble.isPresent()) {
        return new NonTransientPersistenceException(
            DataError.MISCONFIGURED,
            what + ": " + LinkOptions.redacted(server) + " " + trouble.get(),
            cause);
      }
      why.append(LinkOptions.redacted(server)).append(": ").append(greeting.says()).append("; ");
    }
    return NatsFailures.unreachable(
        what, why + "check nats.servers and that one of them is running", cause);
  }

  /** What is wrong about encryption, if anything is. */
  private static Optional<String> trouble(
      String server, ServerGreeting greeting, NatsConfig config) {
    Optional<TlsConfig> tls = config.tls().filter(with -> with.mode() != TlsConfig.Mode.DISABLE);
    if (tls.isEmpty()) {
      return greeting.tls() == Tls.NEEDED && !server.matches("(tls|wss|opentls):.*")
          ? Optional.of("accepts encrypted connections only; use nats.tls, or a tls:// URL")
          : Optional.empty();
    }
    if (greeting.tls() == Tls.NONE) {
      return Optional.of(
          "offers no encrypted connections; set up TLS there, or leave out nats.tls");
    }
    int millis = (int) Math.min(5_000, config.connectTimeout().toMillis());
    return greeting.tls() == Tls.UNKNOWN
        ? Optional.empty()
        : TlsHandshake.failure(uri(server), tls.get(), millis)
            .map(
                reason ->
                    "does not agree on TLS ("
                        + reason
                        + "); check nats.tls and the server's certificate");
  }

  private static URI uri(String url) {
    return URI.create(url.contains("://") ? url : "nats://" + url);
  }

  private static String refusal(Socket socket, BufferedReader lines) {
    try {
      socket.setSoTimeout(REFUSAL_MILLIS);
      String next = lines.readLine();
      return next != null && next.startsWith("-ERR")
          ? "the server says " + next.substring(4).trim()
          : "the server answers, but the connection fails";
    } catch (IOException e) {
      return "the server answers, but the connection fails"; // it said no more
    }
  }
}
