package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.StreamMessage;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams.Published;
import io.mistersmith.persistence.stream.Streams.Publisher;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The contract of streams and their consumers. */
public abstract class StreamContract extends StreamTests {

  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.AGENT_TASK, "handle a message");

  /** For implementations. */
  protected StreamContract() {}

  @Test
  void thePlansOfTheSystemAreAppliedOnce() {
    for (StreamPlan plan :
        List.of(StreamPlan.agentState(), StreamPlan.taskExecution(), StreamPlan.agentMessages())) {
      assertThat(streams().compare(plan).exists()).isFalse();
      assertThat(streams().apply(plan).exists()).isFalse();
      assertThat(streams().apply(plan).isEmpty()).as(plan.toString()).isTrue();
    }
    for (ConsumerPlan plan :
        List.of(ConsumerPlan.taskProcessor(), ConsumerPlan.messageBatchProcessor())) {
      assertThat(streams().apply(plan).exists()).isFalse();
      assertThat(streams().apply(plan).isEmpty()).as(plan.toString()).isTrue();
    }
    Publisher<Order> tasks = streams().publisher("TASK_EXECUTION", Order.class);
    List.of("created", "started", "completed", "failed", "cancelled", "updated", "deleted")
        .forEach(event -> tasks.publish("tasks." + event + ".1", new Order(event, 1)));
    assertThat(streams().find("TASK_EXECUTION").orElseThrow().messages())
        .as("whether a consumer reads them or not")
        .isEqualTo(7);
    assertThat(streams().find("TASK_EXECUTION", "task-processor").orElseThrow().pending())
        .isEqualTo(1);
  }

  @Test
  void aMessageIsHandledAsItWasPublished() {
    Published published =
        orders()
            .publishAsync(
                "orders.eu.1", Optional.of("o-1"), Map.of("Region", "eu"), new Order("pen", 2))
            .join();
    List<StreamMessage<Order>> handled = Collections.synchronizedList(new ArrayList<>());
    StreamConsumer consumer = consume(plan().build(), Options.of(1), handled::add);
    try {
      await(() -> handled.size() == 1);
      awaitAllHandled();
      assertThat(consumer.running()).isZero();
    } finally {
      consumer.close();
    }
    StreamMessage<Order> message = handled.get(0);
    assertThat(message.value()).isEqualTo(new Order("pen", 2));
    assertThat(message.stream()).isEqualTo(STREAM);
    assertThat(message.consumer()).isEqualTo("clerk");
    assertThat(message.subject()).isEqualTo("orders.eu.1");
    assertThat(message.id()).isEqualTo("o-1");
    assertThat(message.sequence()).isEqualTo(published.sequence());
    assertThat(message.attempt()).isEqualTo(1);
    assertThat(message.headers()).isEqualTo(Map.of("Region", "eu"));
  }

  @Test
  void whatCannotBePublishedIsRefused() {
    Publisher<Order> orders = orders();
    Order order = new Order("pen", 1);
    for (String subject :
        List.of("", "orders.*", "orders.>", "orders..a", "orders. a", "orders.\u00e9")) {
      assertFails(DataError.INVALID_KEY, () -> orders.publish(subject, order));
    }
    assertFails(DataError.INVALID_KEY, () -> orders.publish("orders.a", "", order));
    assertFails(DataError.INVALID_KEY, () -> orders.publish("orders.a", "a b", order));
    for (String name : List.of("Nats-Msg-Id", "Persistence-Consumer", "a:b", "", "\u00e9")) {
      assertThat(orders.publishAsync("orders.a", Optional.empty(), Map.of(name, "x"), order))
          .isCompletedExceptionally();
    }
    assertThat(orders.publishAsync("orders.a", Optional.empty(), Map.of("A", "b\r\nc"), order))
        .isCompletedExceptionally();
    assertFails(DataError.NOT_FOUND, () -> orders.publish("others.a", order));
    assertThat(streams().find(STREAM).orElseThrow().messages()).isZero();
    assertFails(
        DataError.NOT_FOUND,
        () -> consume(ConsumerPlan.durable("NONE", "clerk").build(), Options.of(1), message -> {}));
    assertFails(
        DataError.NOT_FOUND,
        () -> consume(ConsumerPlan.ephemeral("NONE").build(), Options.of(1), message -> {}));
  }

  @Test
  void aFailedMessageIsHandledAgainAfterItsBackOff() {
    orders().publish("orders.1", new Order("pen", 1));
    List<Integer> attempts = Collections.synchronizedList(new ArrayList<>());
    Set<String> ids = ConcurrentHashMap.newKeySet();
    StreamConsumer consumer =
        consume(
            plan().build(),
            Options.of(2),
            message -> {
              attempts.add(message.attempt());
              ids.add(message.id());
              if (message.attempt() < 3) {
                throw new IllegalStateException("not yet");
              }
            });
    try {
      await(() -> attempts.size() == 3);
      awaitAllHandled();
      assertThat(attempts).containsExactly(1, 2, 3);
      assertThat(ids).as("a message without an id has the same one each time").hasSize(1);
    } finally {
      consumer.close();
    }
    assertThat(streams().deadLetters(STREAM, "clerk").page(0, 10)).isEmpty();
  }

  @Test
  void messagesAreHandledSoManyAtATime() {
    Publisher<Order> orders = orders();
    IntStream.range(0, 30).forEach(i -> orders.publish("orders." + i, new Order("pen", i)));
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger handled = new AtomicInteger();
    CountDownLatch three = new CountDownLatch(3);
    StreamConsumer consumer =
        consume(
            plan().build(),
            Options.of(3),
            message -> {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              three.countDown();
              three.await();
              running.decrementAndGet();
              handled.incrementAndGet();
            });
    try {
      await(() -> handled.get() == 30);
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    assertThat(most.get()).isEqualTo(3);
  }

  @Test
  void aMessageThatIsBeingHandledIsNotDeliveredAgain() {
    orders().publish("orders.1", new Order("pen", 1));
    AtomicInteger begun = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    ConsumerPlan plan = plan().ackWait(Duration.ofMillis(900)).build();
    StreamConsumer consumer =
        consume(
            plan,
            Options.of(2),
            message -> {
              begun.incrementAndGet();
              go.await();
            });
    try {
      await(() -> begun.get() == 1);
      assertThat(consumer.running()).isEqualTo(1);
      long end = System.nanoTime() + Duration.ofMillis(2_500).toNanos();
      await(() -> System.nanoTime() > end);
      assertThat(streams().find(STREAM, "clerk").orElseThrow().redelivered()).isZero();
      go.countDown();
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    assertThat(begun.get()).isEqualTo(1);
  }

  @Test
  void closingWaitsForWhatIsHandledAndLeavesTheRestToOthers() {
    Publisher<Order> orders = orders();
    IntStream.range(0, 6).forEach(i -> orders.publish("orders." + i, new Order("pen", i)));
    CountDownLatch begun = new CountDownLatch(2);
    CountDownLatch go = new CountDownLatch(1);
    Set<Integer> first = ConcurrentHashMap.newKeySet();
    StreamConsumer closing =
        consume(
            plan().ackWait(Duration.ofSeconds(20)).build(),
            Options.of(2),
            message -> {
              begun.countDown();
              go.await();
              first.add(message.value().count());
            });
    await(() -> begun.getCount() == 0);
    new Thread(go::countDown).start();
    assertThat(closing.close(SOON)).isZero();
    assertThat(first).contains(0, 1);
    assertThat(streams().find(STREAM, "clerk").orElseThrow().unacknowledged())
        .as("what was not begun was given back, what was begun is acknowledged")
        .isLessThanOrEqualTo(4);
    Set<Integer> second = ConcurrentHashMap.newKeySet();
    StreamConsumer other =
        consume(
            plan().ackWait(Duration.ofSeconds(20)).build(),
            Options.of(2),
            message -> second.add(message.value().count()));
    try {
      await(() -> first.size() + second.size() == 6);
    } finally {
      other.close();
    }
    assertThat(second).doesNotContainAnyElementsOf(first);
  }

  @Test
  void aHandlerThatDoesNotEndIsInterruptedAndItsMessageComesAgain() {
    orders().publish("orders.1", new Order("pen", 1));
    AtomicInteger attempts = new AtomicInteger();
    CountDownLatch never = new CountDownLatch(1);
    StreamConsumer stuck =
        consume(
            plan().build(),
            Options.of(1),
            message -> {
              attempts.incrementAndGet();
              never.await();
            });
    await(() -> attempts.get() == 1);
    assertThat(stuck.close(Duration.ofMillis(100))).isEqualTo(1);
    AtomicInteger attempt = new AtomicInteger();
    StreamConsumer other =
        consume(plan().build(), Options.of(1), message -> attempt.set(message.attempt()));
    try {
      await(() -> attempt.get() == 2);
      awaitAllHandled();
    } finally {
      other.close();
    }
  }

  @Test
  void aMonitorStartsWithTheLastOfEachSubject() {
    Publisher<Order> orders = orders();
    orders.publish("orders.a", new Order("a", 1));
    orders.publish("orders.a", new Order("a", 2));
    orders.publish("orders.b", new Order("b", 1));
    List<Order> seen = Collections.synchronizedList(new ArrayList<>());
    StreamConsumer monitor =
        consume(
            ConsumerPlan.ephemeral(STREAM)
                .filter("orders.>")
                .start(ConsumerPlan.Start.lastOfEachSubject())
                .build(),
            Options.of(1),
            message -> {
              seen.add(message.value());
              throw new IllegalStateException("nobody asks again");
            });
    try {
      await(() -> seen.size() == 2);
      orders.publish("orders.b", new Order("b", 2));
      await(() -> seen.size() == 3);
    } finally {
      monitor.close();
    }
    assertThat(seen).containsExactly(new Order("a", 2), new Order("b", 1), new Order("b", 2));
  }

  @Test
  void aMessageThatIsDeliveredTwiceWorksOnce() {
    orders().publish("orders.1", "o-1", new Order("pen", 1));
    AtomicInteger delivered = new AtomicInteger();
    List<Boolean> first = Collections.synchronizedList(new ArrayList<>());
    StreamConsumer consumer =
        consume(
            plan().build(),
            Options.of(1),
            message -> {
              boolean works =
                  persistence()
                      .transactions()
                      .run(OPTIONS, transaction -> transaction.firstTime(message));
              first.add(works);
              if (delivered.incrementAndGet() == 1) {
                throw new IllegalStateException("its acknowledgement is lost");
              }
            });
    try {
      await(() -> delivered.get() == 2);
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    assertThat(first).containsExactly(true, false);
  }

  @Test
  void aNoteIsGoneWithItsTransactionAndIsTheConsumersOwn() {
    var transactions = persistence().transactions();
    assertThat(
            catchThrowable(
                () ->
                    transactions.run(
                        OPTIONS,
                        transaction -> {
                          assertThat(transaction.firstTime("clerk", "m")).isTrue();
                          throw new IllegalStateException("rolled back");
                        })))
        .isInstanceOf(IllegalStateException.class);
    assertThat(
            transactions.<List<Boolean>>run(
                OPTIONS,
                transaction ->
                    List.of(
                        transaction.firstTime("clerk", "m"),
                        transaction.firstTime("clerk", "m"),
                        transaction.firstTime("other", "m"),
                        transaction.firstTime("clerk", "n"))))
        .containsExactly(true, false, true, true);
    assertThat(
            transactions.<Boolean>run(OPTIONS, transaction -> transaction.firstTime("clerk", "m")))
        .isFalse();
  }

  @Test
  void aCodecOfTheApplicationIsUsed() {
    JsonCodec<String> codec = new TextCodec();
    var unused = orders();
    streams().publisher(STREAM, codec).publish("orders.1", "{\"a\":1}");
    List<String> handled = Collections.synchronizedList(new ArrayList<>());
    StreamConsumer consumer =
        streams()
            .consume(plan().build(), codec, Options.of(1), message -> handled.add(message.value()));
    try {
      await(() -> handled.size() == 1);
    } finally {
      consumer.close();
    }
    assertThat(handled).containsExactly("{\"a\":1}");
  }

  @Test
  void aClosedRuntimeConsumesNoMore() {
    Publisher<Order> orders = orders();
    Persistence closing = open(config().build());
    AtomicInteger handled = new AtomicInteger();
    StreamConsumer consumer =
        consume(closing, plan().build(), Options.of(1), message -> handled.incrementAndGet());
    orders.publish("orders.1", new Order("pen", 1));
    await(() -> handled.get() == 1);
    closing.close(SOON);
    orders.publish("orders.1", new Order("pen", 2));
    assertThat(streams().find(STREAM, "clerk").orElseThrow().pending()).isEqualTo(1);
    assertThat(consumer.running()).isZero();
    assertThat(handled.get()).isEqualTo(1);
  }
}
