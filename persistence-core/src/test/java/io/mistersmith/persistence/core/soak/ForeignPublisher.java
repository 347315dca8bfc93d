package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/**
 * A program that is no runtime and publishes into the bucket of agent state what no client of NATS
 * sends: headers that cannot be parsed, and subjects that are no keys. The server stores them all.
 */
final class ForeignPublisher {

  private static final int ANSWER_MILLIS = 2_000;

  private static final List<String> HEADERS =
      List.of(
          "NATS/1.0\r\nno colon\r\n\r\n",
          "NATS/1.0\r\n: no name\r\n\r\n",
          "NATS/1.0\r\nName: \u00fcmlaut\r\n\r\n",
          "NATS/1.0\r\nNo-End: x",
          "NATS/1.0\r\nKV-Operation: BURN\r\n\r\n");

  private final Random random;

  ForeignPublisher(Random random) {
    this.random = random;
  }

  /** Publishes one message; the server may be away, or may refuse it. */
  void publish(NatsServer server) {
    String subject =
        "$KV.%s.%04d.%s._.foreignPublisher%d"
            .formatted(
                Bucket.AGENT_STATE.name(), World.SHARED.shard(), World.SHARED, random.nextInt(20));
    switch (random.nextInt(4)) {
      case 0 -> send(server, "$KV." + Bucket.AGENT_STATE.name() + ".one-token", "", "x");
      case 1 -> send(server, subject + "\u0000nul", "", "x");
      default -> send(server, subject, HEADERS.get(random.nextInt(HEADERS.size())), "not JSON");
    }
  }

  private static void send(NatsServer server, String subject, String headers, String body) {
    URI address = URI.create(server.url());
    byte[] head = headers.getBytes(StandardCharsets.UTF_8);
    int length = body.length();
    try (Socket socket = new Socket(address.getHost(), address.getPort())) {
      socket.setSoTimeout(ANSWER_MILLIS);
      ByteArrayOutputStream protocol = new ByteArrayOutputStream();
      protocol.writeBytes(
          "CONNECT {\"verbose\":false,\"headers\":true}\r\n".getBytes(StandardCharsets.UTF_8));
      String publish =
          head.length == 0
              ? "PUB " + subject + " " + length + "\r\n"
              : "HPUB " + subject + " " + head.length + " " + (head.length + length) + "\r\n";
      protocol.writeBytes(publish.getBytes(StandardCharsets.UTF_8));
      protocol.writeBytes(head);
      protocol.writeBytes((body + "\r\nPING\r\n").getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().write(protocol.toByteArray());
      BufferedReader answers =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      String answer = answers.readLine();
      while (answer != null && !answer.equals("PONG")) {
        answer = answers.readLine();
      }
    } catch (IOException e) {
      System.err.println(
          "soak: the foreignPublisher's message may not have arrived: " + e.getMessage());
    }
  }
}
