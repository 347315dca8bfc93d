package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.StreamMessage;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams;
import io.mistersmith.persistence.stream.Streams.Changes;
import io.mistersmith.persistence.stream.Streams.DeadLetter;
import io.mistersmith.persistence.stream.Streams.DeadLetters;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Streams of messages. */
class StreamsTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  /** What happened to an order. */
  record Order(String item, int count) {}

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final List<Order> packed = Collections.synchronizedList(new ArrayList<>());

  private void pack(Order order) {
    packed.add(order);
  }

  @Test
  void publishesAndHandles() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Streams streams = persistence.streams();
      streams.apply(StreamPlan.builder("ORDERS", "orders.>").maxAge(Duration.ofDays(7)).build());
      StreamConsumer packer =
          streams.consume(
              ConsumerPlan.durable("ORDERS", "packer").build(),
              Order.class,
              Options.of(4),
              message -> pack(message.value()));
      streams
          .publisher("ORDERS", Order.class)
          .publish("orders.eu.81", "order-81", new Order("pen", 2));

      Awaitility.await().atMost(SOON).until(() -> packed.size() == 1);
      packer.close();
      assertThat(packed).containsExactly(new Order("pen", 2));
    }
  }

  @Test
  void showsWhatItWouldChange() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Streams streams = persistence.streams();
      streams.apply(StreamPlan.taskExecution());
      StreamPlan larger =
          StreamPlan.taskExecution().toBuilder().maxBytes(10L * 1024 * 1024 * 1024).build();
      Changes changes = streams.compare(larger);
      System.out.println(changes.differences()); // [max_bytes: 1073741824 -> 10737418240]
      streams.apply(larger);

      assertThat(changes.differences()).hasToString("[max_bytes: 1073741824 -> 10737418240]");
      assertThat(streams.compare(larger).isEmpty()).isTrue();
    }
  }

  @Test
  void worksOnce() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Streams streams = persistence.streams();
      streams.apply(StreamPlan.builder("ORDERS", "orders.>").build());
      TransactionOptions options = TransactionOptions.of(Boundary.AGENT_TASK, "pack an order");
      StreamConsumer.Handler<Order> handler =
          message ->
              persistence
                  .transactions()
                  .run(
                      options,
                      transaction -> {
                        if (transaction.firstTime(message)) {
                          pack(message.value()); // and write rows in this transaction
                        }
                        return null;
                      });
      StreamMessage<Order> message =
          new StreamMessage<>(
              "ORDERS",
              "packer",
              "orders.eu.81",
              "order-81",
              1,
              java.time.Instant.now(),
              1,
              Map.of(),
              new Order("pen", 2));

      handle(handler, message);
      handle(handler, message);
      assertThat(packed).hasSize(1);
    }
  }

  private static void handle(StreamConsumer.Handler<Order> handler, StreamMessage<Order> message) {
    try {
      handler.handle(message);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void replaysDeadLetters() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Streams streams = persistence.streams();
      streams.apply(StreamPlan.builder("ORDERS", "orders.>").build());
      ConsumerPlan plan = ConsumerPlan.durable("ORDERS", "packer").maxDeliver(1).build();
      streams.publisher("ORDERS", Order.class).publish("orders.eu.81", new Order("pen", 2));
      StreamConsumer failing =
          streams.consume(
              plan,
              Order.class,
              Options.of(1),
              message -> {
                throw new IllegalStateException("no pens");
              });
      Awaitility.await()
          .atMost(SOON)
          .until(() -> streams.deadLetters("ORDERS", "packer").page(0, 10).size() == 1);
      failing.close();

      DeadLetters letters = streams.deadLetters("ORDERS", "packer");
      for (DeadLetter letter : letters.page(0, 100)) {
        System.out.println(letter.subject() + " " + letter.attempts() + " " + letter.reason());
        letters.replay(letter.sequence());
      }

      StreamConsumer packer =
          streams.consume(plan, Order.class, Options.of(1), message -> pack(message.value()));
      try {
        Awaitility.await().atMost(SOON).until(() -> packed.size() == 1);
      } finally {
        packer.close();
      }
      assertThat(letters.page(0, 10)).isEmpty();
    }
  }
}
