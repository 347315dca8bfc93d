package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
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

/**
 * A server's first words to a client that connects. Needed because jnats does not pass on the
 * reason why a server refuses a connection as soon as it is made.
 *
 * @param says why the server cannot be connected to, as far as it says so
 * @param needsTls whether it accepts encrypted connections only
 */
record ServerGreeting(String says, boolean needsTls) {

  private static final int REFUSAL_MILLIS = 200;

  /** Connects to the server and reads its first lines. */
  static ServerGreeting of(String url, Duration timeout) {
    int millis = (int) Math.min(2_000, timeout.toMillis());
    try (Socket socket = new Socket()) {
      URI uri = URI.create(url.contains("://") ? url : "nats://" + url);
      socket.connect(
          new InetSocketAddress(uri.getHost(), uri.getPort() < 0 ? 4222 : uri.getPort()), millis);
      socket.setSoTimeout(millis);
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      String info = String.valueOf(lines.readLine());
      if (info.startsWith("-ERR")) {
        return new ServerGreeting("the server says " + info.substring(4).trim(), false);
      }
      if (!info.startsWith("INFO")) {
        return new ServerGreeting("whatever listens there is no NATS server", false);
      }
      return new ServerGreeting(
          refusal(socket, lines), info.replace(" ", "").contains("\"tls_required\":true"));
    } catch (IOException | IllegalArgumentException e) {
      return new ServerGreeting("no server answers (" + e.getMessage() + ")", false);
    }
  }

  /** The failure of an open, by what the configured servers say. */
  static PersistenceException notConnected(String what, NatsConfig config, IOException cause) {
    StringBuilder why = new StringBuilder();
    boolean needsTls = false;
    for (String server : config.servers()) {
      ServerGreeting greeting = of(server, config.connectTimeout());
      boolean encrypts = config.tls().isPresent() || server.matches("(tls|wss|opentls):.*");
      needsTls |= greeting.needsTls() && !encrypts;
      why.append(LinkOptions.redacted(server)).append(": ").append(greeting.says()).append("; ");
    }
    return needsTls
        ? new NonTransientPersistenceException(
            DataError.MISCONFIGURED,
            what + ": the server accepts encrypted connections only; use nats.tls, or a tls:// URL",
            cause)
        : NatsFailures.unreachable(
            what, why + "check nats.servers and that one of them is running", cause);
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
