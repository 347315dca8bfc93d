package io.mistersmith.persistence.testkit.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The few lines of the NATS client protocol that tell whether a server is ready. */
final class NatsProtocol {
  private static final int TIMEOUT_MILLIS = 1_000;
  private static final Pattern CLOSED_TO_STRANGERS =
      Pattern.compile("\"(auth|tls)_required\":\\s*true");
  private static final Pattern VERSION = Pattern.compile("\"version\":\\s*\"([^\"]+)\"");

  private NatsProtocol() {}

  /** Returns the version that the server at the address reports; empty if no server answers. */
  static Optional<String> version(String host, int port) {
    return info(host, port)
        .map(VERSION::matcher)
        .filter(Matcher::find)
        .map(matcher -> matcher.group(1));
  }

  /** Returns the INFO line with which the server greets a client. */
  private static Optional<String> info(String host, int port) {
    try (Socket socket = connect(host, port)) {
      String line = readLine(new BufferedInputStream(socket.getInputStream()));
      return Optional.of(line).filter(text -> text.startsWith("INFO"));
    } catch (IOException notYet) {
      return Optional.empty();
    }
  }

  /** Sends a request and returns the reply's payload; empty without a reply within a second. */
  static Optional<String> request(String host, int port, String subject, String body) {
    try (Socket socket = connect(host, port)) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      if (!readLine(in).startsWith("INFO")) {
        return Optional.empty();
      }
      OutputStream out = socket.getOutputStream();
      int length = body.getBytes(StandardCharsets.UTF_8).length;
      String commands =
          "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB reply.probe 1\r\n"
              + "PUB %s reply.probe %d\r\n%s\r\n".formatted(subject, length, body);
      out.write(commands.getBytes(StandardCharsets.UTF_8));
      out.flush();
      for (String line = readLine(in); !line.isEmpty(); line = readLine(in)) {
        if (line.startsWith("MSG ")) {
          int size = Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1));
          return Optional.of(new String(in.readNBytes(size), StandardCharsets.UTF_8));
        }
        if (line.startsWith("PING")) {
          out.write("PONG\r\n".getBytes(StandardCharsets.UTF_8));
        }
      }
      return Optional.empty();
    } catch (IOException notYet) {
      return Optional.empty();
    }
  }

  /** True when JetStream answers at the address, or would answer those whom it knows. */
  static boolean jetStreamAnswers(String host, int port) {
    Optional<String> info = info(host, port);
    if (info.isEmpty() || CLOSED_TO_STRANGERS.matcher(info.get()).find()) {
      return info.isPresent();
    }
    return request(host, port, "$JS.API.INFO", "").filter(reply -> !isError(reply)).isPresent();
  }

  static boolean isError(String reply) {
    return reply.contains("\"error\":");
  }

  private static Socket connect(String host, int port) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, port), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** A line without its end; empty at the end of the stream. */
  private static String readLine(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }
}
