package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.model.AgentId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A process that receives messages until it is killed. It opens, says {@code ready}, and begins on
 * request: {@code half} receives one batch, acknowledges every second message and no more; {@code
 * all} receives and acknowledges until {@code stop}. Each delivery is a line {@code d uuid
 * attempt;}, each acknowledgement {@code a uuid;}, a batch that is done {@code done}.
 */
final class MessageReceiverProcess {

  static final Duration LEASE = Duration.ofSeconds(2);

  private static final int BATCH = 10;

  private MessageReceiverProcess() {}

  /** Arguments: the installation's four, and the agent. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    AgentId agent = AgentId.parse(args[4]);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Persistence persistence =
        Persistence.open(
            installation.config().toBuilder().waitForServers(Duration.ofMinutes(1)).build())) {
      out.println("ready");
      String order = orders.readLine();
      if ("half".equals(order)) {
        half(persistence.messages(), agent, out);
        String unused = orders.readLine(); // until the kill
      } else if ("all".equals(order)) {
        AtomicBoolean open = new AtomicBoolean(true);
        Thread receiver = new Thread(() -> all(persistence.messages(), agent, open, out));
        receiver.start();
        String unused = orders.readLine();
        open.set(false);
        receiver.join();
      }
      out.println("done");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void half(MessageLog messages, AgentId agent, PrintStream out) {
    List<Delivery> deliveries = messages.receive(agent, BATCH, LEASE);
    deliveries.forEach(delivery -> out.print(delivered(delivery)));
    for (int i = 0; i < deliveries.size(); i += 2) {
      acknowledge(messages, deliveries.get(i), out);
    }
    out.println("done");
  }

  private static void all(MessageLog messages, AgentId agent, AtomicBoolean open, PrintStream out) {
    while (open.get()) {
      try {
        List<Delivery> deliveries = messages.receive(agent, BATCH, LEASE);
        deliveries.forEach(delivery -> out.print(delivered(delivery)));
        deliveries.forEach(delivery -> acknowledge(messages, delivery, out));
        if (deliveries.isEmpty()) {
          pause();
        }
      } catch (PersistenceException e) {
        System.err.println("not received: " + e.getMessage());
        pause();
      }
    }
  }

  private static String delivered(Delivery delivery) {
    return "d " + delivery.message().id().uuid() + " " + delivery.attempt() + ";\n";
  }

  private static void acknowledge(MessageLog messages, Delivery delivery, PrintStream out) {
    if (messages.acknowledge(delivery)) {
      out.print("a " + delivery.message().id().uuid() + ";\n");
    }
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
