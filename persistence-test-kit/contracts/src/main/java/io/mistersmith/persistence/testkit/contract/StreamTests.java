package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamConsumer.Handler;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams;
import io.mistersmith.persistence.stream.Streams.Publisher;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** The common part of the contracts about streams. */
abstract class StreamTests extends PersistenceContract {

  static final String STREAM = "ORDERS";

  private static final Duration STEP = Duration.ofMillis(50);

  /** What the messages of a test carry. */
  public record Order(String item, int count) {}

  final Streams streams() {
    return persistence().streams();
  }

  final Publisher<Order> orders() {
    var unused =
        streams().apply(StreamPlan.builder(STREAM, "orders.>").maxBytes(4 * 1024 * 1024).build());
    return streams().publisher(STREAM, Order.class);
  }

  static ConsumerPlan.Builder plan() {
    return ConsumerPlan.durable(STREAM, "clerk")
        .ackWait(Duration.ofSeconds(5))
        .maxDeliver(3)
        .backOff(Duration.ofMillis(50));
  }

  final StreamConsumer consume(ConsumerPlan plan, Options options, Handler<Order> handler) {
    return consume(persistence(), plan, options, handler);
  }

  static StreamConsumer consume(
      Persistence runtime, ConsumerPlan plan, Options options, Handler<Order> handler) {
    return runtime.streams().consume(plan, Order.class, options, handler);
  }

  /** Waits until it is so, while the stores' time goes on. */
  final void await(Callable<Boolean> condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(STEP)
        .until(
            () -> {
              elapse(STEP);
              return condition.call();
            });
  }

  /** Waits until the consumer has acknowledged all of the stream. */
  final void awaitAllHandled() {
    await(
        () -> {
          var found = streams().find(STREAM, "clerk").orElseThrow();
          return found.pending() == 0 && found.unacknowledged() == 0;
        });
  }
}
