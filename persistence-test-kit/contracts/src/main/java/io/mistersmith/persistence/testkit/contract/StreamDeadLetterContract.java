package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.StreamMessage;
import io.mistersmith.persistence.stream.Streams.DeadLetter;
import io.mistersmith.persistence.stream.Streams.DeadLetters;
import io.mistersmith.persistence.stream.Streams.Publisher;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The contract of messages that a consumer gives up. */
public abstract class StreamDeadLetterContract extends StreamTests {

  /** For implementations. */
  protected StreamDeadLetterContract() {}

  private DeadLetters letters() {
    return streams().deadLetters(STREAM, "clerk");
  }

  @Test
  void aMessageThatFailsTooOftenIsKeptWithItsReason() {
    assertThat(letters().page(0, 10)).isEmpty();
    long sequence =
        orders()
            .publishAsync(
                "orders.1", Optional.of("o-1"), Map.of("Region", "eu"), new Order("pen", 1))
            .join()
            .sequence();
    orders().publish("orders.2", new Order("ink", 1));
    AtomicInteger pens = new AtomicInteger();
    AtomicInteger inks = new AtomicInteger();
    StreamConsumer consumer =
        consume(
            plan().build(),
            Options.of(2),
            message -> {
              if (message.value().item().equals("pen")) {
                pens.incrementAndGet();
                throw new IllegalStateException("no pens, caf\u00e9\nclosed");
              }
              inks.incrementAndGet();
            });
    try {
      await(() -> letters().page(0, 10).size() == 1);
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    assertThat(pens.get()).isEqualTo(3);
    assertThat(inks.get()).as("its neighbour is handled").isEqualTo(1);
    DeadLetter letter = letters().page(0, 10).get(0);
    assertThat(letter.reason()).contains("IllegalStateException", "no pens, caf");
    assertThat(letter.attempts()).isEqualTo(3);
    assertThat(letter.subject()).isEqualTo("orders.1");
    assertThat(letter.id()).isEqualTo("o-1");
    assertThat(letter.originalSequence()).isEqualTo(sequence);
    assertThat(letter.headers()).isEqualTo(Map.of("Region", "eu"));
    assertThat(new String(letter.body(), StandardCharsets.UTF_8)).contains("pen");
    assertThat(streams().deadLetters(STREAM, "other").page(0, 10)).isEmpty();
  }

  @Test
  void whatCannotBeReadOrIsHopelessIsGivenUpAtOnce() {
    var unused = orders();
    streams().publisher(STREAM, new TextCodec()).publish("orders.1", "[\"no order\"]");
    orders().publish("orders.2", new Order("pen", 1));
    AtomicInteger attempts = new AtomicInteger();
    StreamConsumer consumer =
        consume(
            plan().build(),
            Options.of(1).hopelessAfter(UnsupportedOperationException.class),
            message -> {
              attempts.incrementAndGet();
              throw new UnsupportedOperationException("no such item");
            });
    try {
      await(() -> letters().page(0, 10).size() == 2);
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    assertThat(attempts.get()).isEqualTo(1);
    assertThat(letters().page(0, 10)).extracting(DeadLetter::attempts).containsOnly(1);
    assertThat(letters().page(0, 10).get(0).reason()).contains("cannot be read");
    assertThat(letters().page(0, 10).get(1).reason()).contains("no such item");
  }

  @Test
  void deadLettersAreListedInPages() {
    Publisher<Order> orders = orders();
    IntStream.range(0, 7).forEach(i -> orders.publish("orders." + i, new Order("pen", i)));
    ConsumerPlan once = plan().maxDeliver(1).build();
    StreamConsumer consumer =
        consume(
            once,
            Options.of(1),
            message -> {
              throw new IllegalStateException("no");
            });
    try {
      await(() -> letters().page(0, 100).size() == 7);
    } finally {
      consumer.close();
    }
    List<String> subjects = new ArrayList<>();
    long after = 0;
    List<DeadLetter> page = letters().page(after, 3);
    while (!page.isEmpty()) {
      assertThat(page.size()).isLessThanOrEqualTo(3);
      page.forEach(letter -> subjects.add(letter.subject()));
      after = page.get(page.size() - 1).sequence();
      page = letters().page(after, 3);
    }
    assertThat(subjects)
        .containsExactlyElementsOf(IntStream.range(0, 7).mapToObj(i -> "orders." + i).toList());
    assertThatThrownBy(() -> letters().page(0, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> letters().page(0, 1_001)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aReplayedMessageIsHandledByItsConsumerAlone() {
    orders()
        .publishAsync("orders.1", Optional.of("o-1"), Map.of("Region", "eu"), new Order("pen", 1))
        .join();
    ConsumerPlan once = plan().maxDeliver(1).build();
    StreamConsumer consumer =
        consume(
            once,
            Options.of(1),
            message -> {
              throw new IllegalStateException("no");
            });
    try {
      await(() -> letters().page(0, 10).size() == 1);
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    long sequence = letters().page(0, 10).get(0).sequence();
    List<StreamMessage<Order>> others = Collections.synchronizedList(new ArrayList<>());
    List<StreamMessage<Order>> handled = Collections.synchronizedList(new ArrayList<>());
    ConsumerPlan other = ConsumerPlan.durable(STREAM, "other").build();
    StreamConsumer later = consume(once, Options.of(1), handled::add);
    StreamConsumer watcher = consume(other, Options.of(1), others::add);
    try {
      await(() -> others.size() == 1);
      assertThat(letters().replay(sequence)).isTrue();
      await(() -> handled.size() == 1);
      assertThat(letters().replay(sequence)).isFalse();
      await(() -> streams().find(STREAM, "other").orElseThrow().acknowledgedThrough() == 2);
    } finally {
      later.close();
      watcher.close();
    }
    assertThat(letters().page(0, 10)).isEmpty();
    assertThat(others).as("the other one had handled it before").hasSize(1);
    StreamMessage<Order> again = handled.get(0);
    assertThat(again.id()).isEqualTo("o-1");
    assertThat(again.subject()).isEqualTo("orders.1");
    assertThat(again.attempt()).isEqualTo(1);
    assertThat(again.headers()).isEqualTo(Map.of("Region", "eu"));
    assertThat(again.value()).isEqualTo(new Order("pen", 1));
  }

  @Test
  void aDeadLetterIsRemoved() {
    orders().publish("orders.1", new Order("pen", 1));
    StreamConsumer consumer =
        consume(
            plan().maxDeliver(1).build(),
            Options.of(1),
            message -> {
              throw new IllegalStateException("no");
            });
    try {
      await(() -> letters().page(0, 10).size() == 1);
    } finally {
      consumer.close();
    }
    long sequence = letters().page(0, 10).get(0).sequence();
    assertThat(streams().deadLetters(STREAM, "other").remove(sequence)).isFalse();
    assertThat(letters().remove(sequence)).isTrue();
    assertThat(letters().remove(sequence)).isFalse();
    assertThat(letters().page(0, 10)).isEmpty();
  }

  @Test
  void aMessageTooLargeToBeKeptWithItsReasonIsReplayedFromItsStream() {
    int most = stores().hot().streams().maxPayload();
    String item = "x".repeat(most - 300);
    orders().publish("orders.1", new Order(item, 1));
    ConsumerPlan once = plan().maxDeliver(1).build();
    String reason = "y".repeat(900);
    StreamConsumer consumer =
        consume(
            once,
            Options.of(1),
            message -> {
              throw new IllegalStateException(reason);
            });
    try {
      await(() -> letters().page(0, 10).size() == 1);
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    DeadLetter letter = letters().page(0, 10).get(0);
    assertThat(letter.body()).isEmpty();
    List<String> handled = Collections.synchronizedList(new ArrayList<>());
    StreamConsumer later =
        consume(once, Options.of(1), message -> handled.add(message.value().item()));
    try {
      assertThat(letters().replay(letter.sequence())).isTrue();
      await(() -> handled.size() == 1);
    } finally {
      later.close();
    }
    assertThat(handled.get(0)).isEqualTo(item);
  }

  @Test
  void whereTheOrderIsKeptLaterMessagesFollowTheOneThatIsGivenUp() {
    Publisher<Order> orders = orders();
    IntStream.range(0, 5).forEach(i -> orders.publish("orders.1", new Order("pen", i)));
    List<Integer> handled = Collections.synchronizedList(new ArrayList<>());
    StreamConsumer consumer =
        consume(
            plan().build(),
            Options.of(2).inOrder(),
            message -> {
              if (message.value().count() == 2) {
                throw new IllegalStateException("no");
              }
              handled.add(message.value().count());
            });
    try {
      awaitAllHandled();
    } finally {
      consumer.close();
    }
    assertThat(handled).containsExactly(0, 1, 3, 4);
    assertThat(letters().page(0, 10)).hasSize(1);
    assertThat(letters().page(0, 10).get(0).attempts()).isEqualTo(3);
  }
}
