package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.StreamMessage;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/**
 * A process that consumes a stream until it is killed or told to stop. The work of a message is a
 * row that its transaction inserts when it notes the message for the first time. It says {@code
 * ready}, and {@code delivered} or {@code again} for each message, as a line.
 */
final class StreamConsumerProcess {

  static final String STREAM = "WORK";
  static final String CONSUMER = "worker";

  static final ConsumerPlan PLAN =
      ConsumerPlan.durable(STREAM, CONSUMER)
          .ackWait(Duration.ofSeconds(3))
          .maxDeliver(100)
          .backOff(Duration.ofMillis(200))
          .build();

  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.AGENT_TASK, "work");

  private StreamConsumerProcess() {}

  /** Arguments: the installation's four, and whether the order is kept. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    Options options = Options.of(4);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Persistence persistence =
        Persistence.open(
            installation.config().toBuilder().waitForServers(Duration.ofMinutes(1)).build())) {
      StreamConsumer consumer =
          persistence
              .streams()
              .consume(
                  PLAN,
                  Integer.class,
                  Boolean.parseBoolean(args[4]) ? options.inOrder() : options,
                  message -> out.println(work(persistence, message)));
      out.println("ready");
      String unused = orders.readLine();
      consumer.close();
    }
  }

  private static String work(Persistence persistence, StreamMessage<Integer> message) {
    boolean first =
        persistence
            .transactions()
            .run(
                OPTIONS,
                transaction ->
                    transaction.firstTime(message)
                        && transaction.update(
                                "INSERT INTO public.work (subject, value) VALUES (:subject,"
                                    + " :value)",
                                Map.of("subject", message.subject(), "value", message.value()))
                            == 1);
    return first ? "delivered" : "again";
  }
}
