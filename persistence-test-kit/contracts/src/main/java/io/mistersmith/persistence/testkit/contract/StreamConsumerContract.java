package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Content;
import io.mistersmith.persistence.spi.hot.StreamStore.Delivered;
import io.mistersmith.persistence.spi.hot.StreamStore.Fetcher;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.ConsumerPlan.Start;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.StreamPlan.Retention;
import io.mistersmith.persistence.stream.Streams.Difference;
import io.mistersmith.persistence.stream.Streams.RunningConsumer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of consumers: planned, fetched from, acknowledged. */
public abstract class StreamConsumerContract extends StoresContract {

  private static final String STREAM = "WORK";
  private static final Duration LONG = Duration.ofSeconds(10);
  private static final Duration NONE_COMES = Duration.ofMillis(300);
  private static final Duration ACK_WAIT = Duration.ofSeconds(1);

  /** For implementations. */
  protected StreamConsumerContract() {}

  private StreamStore streams() {
    return stores().hot().streams();
  }

  private void applyStream(Retention retention) {
    var unused =
        streams()
            .apply(
                StreamPlan.builder(STREAM, "work.>")
                    .maxBytes(1024 * 1024)
                    .retention(retention)
                    .build());
  }

  private static ConsumerPlan.Builder plan() {
    return ConsumerPlan.durable(STREAM, "worker").ackWait(ACK_WAIT);
  }

  private void publish(int from, int to) {
    IntStream.rangeClosed(from, to)
        .forEach(
            i ->
                streams()
                    .publish(
                        new Outgoing(
                            STREAM,
                            "work." + i % 2,
                            Optional.of("id" + i),
                            Map.of(),
                            ("m" + i).getBytes(UTF_8)))
                    .join());
  }

  /** Fetches so many, which must come. */
  private static List<Delivered> take(Fetcher fetcher, int number) {
    List<Delivered> taken = new ArrayList<>();
    Awaitility.await()
        .atMost(LONG)
        .untilAsserted(
            () -> {
              taken.addAll(fetcher.fetch(number - taken.size(), Duration.ofMillis(200)));
              assertThat(taken).hasSize(number);
            });
    return taken;
  }

  private static List<String> bodies(List<Delivered> delivered) {
    return delivered.stream().map(each -> new String(each.message().body(), UTF_8)).toList();
  }

  private static void acknowledge(List<Delivered> delivered) {
    delivered.forEach(each -> each.acknowledge().join());
  }

  @Test
  void aConsumerIsComparedAppliedAndThenTheSame() {
    assertFails(DataError.NOT_FOUND, () -> streams().apply(plan().build()));
    applyStream(Retention.LIMITS);
    ConsumerPlan plan = plan().description("works").filter("work.1").build();
    assertThat(streams().compare(plan).exists()).isFalse();
    assertThat(streams().findConsumer(STREAM, "worker")).isEmpty();
    assertThat(streams().apply(plan).exists()).isFalse();
    assertThat(streams().apply(plan).isEmpty()).isTrue();
    ConsumerPlan other = plan.toBuilder().ackWait(Duration.ofSeconds(2)).maxAckPending(7).build();
    assertThat(streams().compare(other).differences())
        .extracting(Difference::setting)
        .containsExactlyInAnyOrder("ack_wait", "max_ack_pending");
    assertThat(streams().apply(other).differences()).hasSize(2);
    assertThat(streams().compare(other).isEmpty()).isTrue();
    assertThat(streams().deleteConsumer(STREAM, "worker")).isTrue();
    assertThat(streams().deleteConsumer(STREAM, "worker")).isFalse();
    assertThat(streams().compare(plan).exists()).isFalse();
  }

  @Test
  void messagesAreDeliveredInOrderAndOnceWhereAcknowledged() {
    applyStream(Retention.LIMITS);
    publish(1, 3);
    var unused = streams().apply(plan().build());
    try (Fetcher fetcher = streams().fetcher(plan().build())) {
      List<Delivered> taken = take(fetcher, 3);
      assertThat(bodies(taken)).containsExactly("m1", "m2", "m3");
      assertThat(taken).extracting(Delivered::attempt).containsOnly(1);
      assertThat(taken.get(0).message().subject()).isEqualTo("work.1");
      assertThat(taken.get(0).message().id()).contains("id1");
      assertThat(taken.get(2).pending()).isZero();
      RunningConsumer before = streams().findConsumer(STREAM, "worker").orElseThrow();
      assertThat(before.unacknowledged()).isEqualTo(3);
      assertThat(before.acknowledgedThrough()).isZero();
      acknowledge(taken);
      RunningConsumer after = streams().findConsumer(STREAM, "worker").orElseThrow();
      assertThat(after.unacknowledged()).isZero();
      assertThat(after.delivered()).isEqualTo(3);
      assertThat(after.acknowledgedThrough()).isEqualTo(3);
      elapse(ACK_WAIT.plusMillis(500));
      assertThat(fetcher.fetch(5, NONE_COMES)).isEmpty();
      publish(4, 4);
      assertThat(bodies(take(fetcher, 1))).containsExactly("m4");
    }
  }

  @Test
  void whatIsNotAcknowledgedIsDeliveredAgain() {
    applyStream(Retention.LIMITS);
    publish(1, 2);
    var unused = streams().apply(plan().build());
    try (Fetcher fetcher = streams().fetcher(plan().build())) {
      List<Delivered> taken = take(fetcher, 2);
      acknowledge(taken.subList(1, 2));
      assertThat(fetcher.fetch(5, NONE_COMES)).isEmpty();
      elapse(ACK_WAIT);
      List<Delivered> again = take(fetcher, 1);
      assertThat(bodies(again)).containsExactly("m1");
      assertThat(again.get(0).attempt()).isEqualTo(2);
      acknowledge(again);
    }
  }

  @Test
  void aMessageIsDeliveredAgainAfterTheDelay() {
    applyStream(Retention.LIMITS);
    publish(1, 2);
    ConsumerPlan plan = plan().ackWait(Duration.ofSeconds(30)).build();
    var unused = streams().apply(plan);
    try (Fetcher fetcher = streams().fetcher(plan)) {
      List<Delivered> taken = take(fetcher, 2);
      taken.get(0).retryAfter(Duration.ZERO);
      taken.get(1).retryAfter(Duration.ofSeconds(1));
      List<Delivered> first = take(fetcher, 1);
      assertThat(bodies(first)).containsExactly("m1");
      assertThat(first.get(0).attempt()).isEqualTo(2);
      acknowledge(first);
      assertThat(fetcher.fetch(5, NONE_COMES)).isEmpty();
      elapse(Duration.ofSeconds(1));
      List<Delivered> second = take(fetcher, 1);
      assertThat(bodies(second)).containsExactly("m2");
      acknowledge(second);
    }
  }

  @Test
  void workInProgressIsNotDeliveredAgain() {
    applyStream(Retention.LIMITS);
    publish(1, 1);
    var unused = streams().apply(plan().build());
    try (Fetcher fetcher = streams().fetcher(plan().build())) {
      Delivered taken = take(fetcher, 1).get(0);
      for (int i = 0; i < 4; i++) {
        elapse(ACK_WAIT.dividedBy(2));
        taken.inProgress();
        assertThat(fetcher.fetch(5, Duration.ofMillis(50))).isEmpty();
      }
      taken.acknowledge().join();
      elapse(ACK_WAIT.plusMillis(500));
      assertThat(fetcher.fetch(5, NONE_COMES)).isEmpty();
    }
  }

  @Test
  void noMoreThanTheBoundIsUnderWay() {
    applyStream(Retention.LIMITS);
    publish(1, 5);
    ConsumerPlan plan = plan().ackWait(Duration.ofSeconds(30)).maxAckPending(2).build();
    var unused = streams().apply(plan);
    try (Fetcher fetcher = streams().fetcher(plan)) {
      List<Delivered> taken = take(fetcher, 2);
      assertThat(fetcher.fetch(5, NONE_COMES)).isEmpty();
      acknowledge(taken.subList(0, 1));
      assertThat(bodies(take(fetcher, 1))).containsExactly("m3");
      assertThat(fetcher.fetch(5, NONE_COMES)).isEmpty();
    }
  }

  @Test
  void aFetchIsBoundedAndSeveralShareAConsumer() {
    applyStream(Retention.LIMITS);
    publish(1, 20);
    ConsumerPlan plan = plan().ackWait(Duration.ofSeconds(30)).build();
    var unused = streams().apply(plan);
    StreamStore theirs = open(config().build()).hot().streams();
    try (Fetcher one = streams().fetcher(plan);
        Fetcher other = theirs.fetcher(plan)) {
      List<String> all = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        List<Delivered> ones = take(one, 2);
        List<Delivered> others = take(other, 2);
        all.addAll(bodies(ones));
        all.addAll(bodies(others));
        acknowledge(ones);
        acknowledge(others);
      }
      assertThat(all)
          .containsExactlyInAnyOrderElementsOf(
              IntStream.rangeClosed(1, 20).mapToObj(i -> "m" + i).toList());
    }
  }

  /**
   * At once, with one exception: nats-server 2.9.10 sometimes delivers one of them only when its
   * time is over.
   */
  @Test
  void whatWasFetchedAndNotTakenIsGivenBack() {
    applyStream(Retention.LIMITS);
    Duration time = Duration.ofSeconds(6);
    ConsumerPlan plan = plan().ackWait(time).build();
    var unused = streams().apply(plan);
    Fetcher first = streams().fetcher(plan);
    assertThat(first.fetch(5, NONE_COMES)).isEmpty();
    publish(1, 3);
    long published = System.nanoTime();
    Awaitility.await()
        .atMost(LONG)
        .until(
            () ->
                streams().findConsumer(STREAM, "worker").orElseThrow().pending() == 0
                    || System.nanoTime() - published > NONE_COMES.toNanos());
    first.close();
    long closed = System.nanoTime();
    assertFails(DataError.CLOSED, () -> first.fetch(1, Duration.ZERO));
    try (Fetcher second = streams().fetcher(plan)) {
      Set<String> seen = new HashSet<>(bodies(take(second, 1)));
      assertThat(Duration.ofNanos(System.nanoTime() - closed)).isLessThan(time.dividedBy(2));
      Awaitility.await()
          .atMost(time.plus(LONG))
          .untilAsserted(
              () -> {
                seen.addAll(bodies(second.fetch(3, Duration.ofMillis(100))));
                assertThat(seen).containsExactlyInAnyOrder("m1", "m2", "m3");
              });
    }
  }

  @Test
  void aFilterAndAStartSelect() {
    applyStream(Retention.LIMITS);
    publish(1, 6);
    ConsumerPlan odd = plan().filter("work.1").start(Start.at(2)).build();
    var unused = streams().apply(odd);
    try (Fetcher fetcher = streams().fetcher(odd)) {
      assertThat(bodies(take(fetcher, 2))).containsExactly("m3", "m5");
    }
    ConsumerPlan fresh = ConsumerPlan.durable(STREAM, "fresh").start(Start.newMessages()).build();
    var unusedToo = streams().apply(fresh);
    try (Fetcher fetcher = streams().fetcher(fresh)) {
      assertThat(fetcher.fetch(5, NONE_COMES)).isEmpty();
      publish(7, 7);
      assertThat(bodies(take(fetcher, 1))).containsExactly("m7");
    }
  }

  @Test
  void anEphemeralConsumerBeginsWithTheLastOfEachSubject() {
    applyStream(Retention.LIMITS);
    publish(1, 6);
    ConsumerPlan plan =
        ConsumerPlan.ephemeral(STREAM).filter("work.>").start(Start.lastOfEachSubject()).build();
    try (Fetcher fetcher = streams().fetcher(plan)) {
      List<Delivered> taken = take(fetcher, 2);
      assertThat(bodies(taken)).containsExactly("m5", "m6");
      publish(7, 7);
      assertThat(bodies(take(fetcher, 1))).containsExactly("m7");
      acknowledge(taken);
    }
  }

  @Test
  void aWorkQueueKeepsWhatIsNotAcknowledged() {
    applyStream(Retention.WORK_QUEUE);
    publish(1, 3);
    var unused = streams().apply(plan().build());
    try (Fetcher fetcher = streams().fetcher(plan().build())) {
      acknowledge(take(fetcher, 3).subList(0, 2));
      assertThat(streams().page(STREAM, Optional.empty(), 0, 5, Content.ALL))
          .extracting(found -> new String(found.body(), UTF_8))
          .containsExactly("m3");
    }
  }

  @Test
  void aConsumerThatIsGoneIsNotFound() {
    applyStream(Retention.LIMITS);
    try (Fetcher fetcher = streams().fetcher(plan().build())) {
      assertFails(DataError.NOT_FOUND, () -> fetcher.fetch(1, Duration.ZERO));
      var unused = streams().apply(plan().build());
      assertThat(fetcher.fetch(1, NONE_COMES)).isEmpty();
      assertThat(streams().deleteConsumer(STREAM, "worker")).isTrue();
      Awaitility.await()
          .atMost(LONG)
          .ignoreExceptionsMatching(
              e -> e instanceof PersistenceException failure && failure.isTransient())
          .untilAsserted(
              () ->
                  assertFails(DataError.NOT_FOUND, () -> fetcher.fetch(1, Duration.ofMillis(100))));
    }
  }
}
