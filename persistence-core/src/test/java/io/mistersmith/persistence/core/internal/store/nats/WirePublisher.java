package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.testkit.server.NatsServer;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * Publishes any bytes, in NATS' own protocol over a plain socket, as a program may that no client
 * library keeps from it. Each character of a text is one byte.
 */
public final class WirePublisher implements AutoCloseable {

  private static final int ANSWER_MILLIS = 10_000;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final String inbox;

  private WirePublisher(Socket socket, String inbox, String credentials) throws IOException {
    this.socket = socket;
    this.inbox = inbox;
    socket.setSoTimeout(ANSWER_MILLIS);
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
    line();
    send(
        "CONNECT"
            + " {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true"
            + credentials
            + "}\r\n");
    send("SUB " + inbox + " 1\r\n");
  }

  /** Connects to a server. */
  public static WirePublisher connect(NatsServer server) {
    return connect(server, "_INBOX.wire", "");
  }

  /** Connects as a user, and has the answers sent to a subject that the user may subscribe to. */
  static WirePublisher connect(NatsServer server, String inbox, String user, String password) {
    return connect(server, inbox, ",\"user\":\"%s\",\"pass\":\"%s\"".formatted(user, password));
  }

  private static WirePublisher connect(NatsServer server, String inbox, String credentials) {
    URI url = URI.create(server.url());
    try {
      return new WirePublisher(new Socket(url.getHost(), url.getPort()), inbox, credentials);
    } catch (IOException e) {
      throw new IllegalStateException("Could not connect to " + url, e);
    }
  }

  /** Publishes a message with this header block, and returns what the server answers. */
  public String publish(String subject, String block, String payload) {
    int all = block.length() + payload.length();
    return ask(
        "HPUB " + subject + " " + inbox + " " + block.length() + " " + all + "\r\n",
        block + payload);
  }

  /** Publishes a message without headers, and returns what the server answers. */
  public String publish(String subject, String payload) {
    return ask("PUB " + subject + " " + inbox + " " + payload.length() + "\r\n", payload);
  }

  /** Publishes an empty message that is not answered; returns whether the server refuses it. */
  boolean isRefused(String subject) {
    return refuses("PUB " + subject + " 0\r\n\r\n");
  }

  /** Subscribes; returns whether the server refuses it. */
  boolean isSubscriptionRefused(String subject) {
    return refuses("SUB " + subject + " 2\r\nUNSUB 2\r\n");
  }

  /** The server handles what one client sends in order. */
  private boolean refuses(String lines) {
    boolean refused = false;
    try {
      send(lines + "PING\r\n");
      for (String answer = line(); !answer.equals("PONG"); answer = line()) {
        if (answer.startsWith("PING")) {
          send("PONG\r\n");
        } else if (answer.startsWith("MSG") || answer.startsWith("HMSG")) {
          in.readNBytes(Integer.parseInt(answer.substring(answer.lastIndexOf(' ') + 1)) + 2);
        } else if (answer.startsWith("-ERR")) {
          refused = true;
        }
      }
      return refused;
    } catch (IOException e) {
      throw new IllegalStateException("Could not send " + lines, e);
    }
  }

  /** Publishes a message with this header block to its subscribers, which do not answer. */
  public void publishUnasked(String subject, String block) {
    try {
      send(
          "HPUB "
              + subject
              + " "
              + block.length()
              + " "
              + block.length()
              + "\r\n"
              + block
              + "\r\n");
    } catch (IOException e) {
      throw new IllegalStateException("Could not publish", e);
    }
  }

  private String ask(String line, String body) {
    try {
      send(line + body + "\r\n");
      while (true) {
        String answer = line();
        if (answer.startsWith("PING")) {
          send("PONG\r\n");
        } else if (answer.startsWith("MSG") || answer.startsWith("HMSG")) {
          int bytes = Integer.parseInt(answer.substring(answer.lastIndexOf(' ') + 1));
          return new String(in.readNBytes(bytes + 2), StandardCharsets.ISO_8859_1);
        } else if (answer.startsWith("-ERR")) {
          return answer;
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("Could not publish", e);
    }
  }

  private void send(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the server closed the connection");
      }
      line.append((char) next);
    }
    return line.toString().trim();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new IllegalStateException("Could not close", e);
    }
  }
}
