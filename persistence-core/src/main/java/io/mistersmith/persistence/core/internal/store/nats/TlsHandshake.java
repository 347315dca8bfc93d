package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.TlsConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/** Asks a server, after jnats could not connect, what there is against the certificates. */
final class TlsHandshake {

  /** A server that refuses the client's certificate says so after the handshake. */
  private static final int REFUSAL_MILLIS = 1_000;

  private TlsHandshake() {}

  /** Returns why the handshake fails; empty where it does not, or for another reason. */
  static Optional<String> failure(URI server, TlsConfig tls, int timeoutMillis) {
    int port = server.getPort() < 0 ? 4222 : server.getPort();
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(server.getHost(), port), timeoutMillis);
      plain.setSoTimeout(timeoutMillis);
      skipLine(plain.getInputStream());
      try (SSLSocket secure =
          (SSLSocket)
              TlsContext.of(tls)
                  .getSocketFactory()
                  .createSocket(plain, server.getHost(), port, true)) {
        secure.startHandshake();
        secure.setSoTimeout(REFUSAL_MILLIS);
        int unused = secure.getInputStream().read();
      }
      return Optional.empty();
    } catch (SSLException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    } catch (SocketTimeoutException e) {
      return Optional.empty(); // it waits for the client to go on
    } catch (IOException e) {
      return Optional.empty(); // it went away
    }
  }

  /** Byte by byte: what follows the line belongs to the handshake. */
  private static void skipLine(InputStream in) throws IOException {
    for (int read = in.read(); read >= 0 && read != '\n'; ) {
      read = in.read();
    }
  }
}
