package io.mistersmith.persistence.testkit.server;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The first message of PostgreSQL's protocol: enough to see whether a server lets clients in. */
final class PostgresProtocol {
  private static final int PROTOCOL_3_0 = 3 << 16;
  private static final int TIMEOUT_MILLIS = 1_000;

  private PostgresProtocol() {}

  /** True when the server goes on to authentication; while it still recovers it sends an error. */
  static boolean acceptsConnections(String host, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      byte[] parameters = "user\0postgres\0\0".getBytes(StandardCharsets.US_ASCII);
      ByteArrayOutputStream message = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(message);
      out.writeInt(Integer.BYTES + Integer.BYTES + parameters.length);
      out.writeInt(PROTOCOL_3_0);
      out.write(parameters);
      socket.getOutputStream().write(message.toByteArray());
      return socket.getInputStream().read() == 'R';
    } catch (IOException notYet) {
      return false;
    }
  }
}
