package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Delivered;
import io.mistersmith.persistence.spi.hot.StreamStore.Fetcher;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.ConsumerPlan.Start;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.StreamPlan.Storage;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Consumers whose nats-server is killed with SIGKILL and started again. */
class StreamRestartIT {

  private static final String STREAM = "WORK";
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final ConsumerPlan WORKER =
      ConsumerPlan.durable(STREAM, "worker").ackWait(Duration.ofSeconds(3)).build();

  private static StreamPlan.Builder plan() {
    return StreamPlan.builder(STREAM, "work.>").maxBytes(1024 * 1024);
  }

  private static void publish(StreamStore streams, int from, int to) {
    IntStream.rangeClosed(from, to)
        .forEach(
            i ->
                Awaitility.await()
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(
                        () ->
                            streams
                                    .publish(
                                        new Outgoing(
                                            STREAM,
                                            "work." + i,
                                            Optional.of("id" + i),
                                            Map.of(),
                                            ("m" + i).getBytes(UTF_8)))
                                    .get()
                                    .sequence()
                                > 0));
  }

  /** Fetches so many, whatever fails meanwhile; they must come. */
  private static List<Delivered> take(Fetcher fetcher, int number) {
    List<Delivered> taken = new ArrayList<>();
    Awaitility.await()
        .atMost(PATIENCE)
        .ignoreExceptionsMatching(
            e -> e instanceof PersistenceException failure && failure.isTransient())
        .until(
            () -> {
              taken.addAll(fetcher.fetch(number - taken.size(), Duration.ofMillis(200)));
              return taken.size() >= number;
            });
    return taken;
  }

  private static List<String> bodies(List<Delivered> delivered) {
    return delivered.stream().map(each -> new String(each.message().body(), UTF_8)).toList();
  }

  /**
   * What was acknowledged just before may come again, too: the server confirms an acknowledgement
   * before it has written it (2.9.10 and 2.15.1). When it has not written a delivery either, it
   * confirms no acknowledgement of it, and delivers the message as if for the first time.
   */
  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void whatWasNotAcknowledgedComesAgainAndTheConsumerGoesOn(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "p-").build())) {
      StreamStore streams = store.streams();
      var unused = streams.apply(plan().build());
      var unusedToo = streams.apply(WORKER);
      publish(streams, 1, 4);
      try (Fetcher fetcher = streams.fetcher(WORKER)) {
        List<Delivered> taken = take(fetcher, 3);
        taken.get(0).acknowledge().join();
        server.kill();
        server.restart();
        Awaitility.await()
            .atMost(PATIENCE)
            .ignoreExceptions()
            .until(() -> streams.find(STREAM).isPresent());
        CompletableFuture<Void> late = taken.get(1).acknowledge();
        List<String> again = new ArrayList<>();
        Awaitility.await()
            .atMost(PATIENCE)
            .ignoreExceptionsMatching(
                e -> e instanceof PersistenceException failure && failure.isTransient())
            .until(
                () -> {
                  for (Delivered each : fetcher.fetch(5, Duration.ofMillis(200))) {
                    again.add(new String(each.message().body(), UTF_8) + " " + each.attempt());
                    each.acknowledge().join();
                  }
                  var found = streams.findConsumer(STREAM, "worker").orElseThrow();
                  return found.pending() == 0 && found.unacknowledged() == 0;
                });
        assertThat(again)
            .as("not acknowledged, or never delivered")
            .contains("m4 1")
            .containsAnyOf("m3 2", "m3 1");
        Awaitility.await().atMost(PATIENCE).until(late::isDone);
        if (late.isCompletedExceptionally()) {
          assertThat(again).as("not confirmed").anyMatch(each -> each.startsWith("m2 "));
        }
        publish(streams, 5, 5);
        assertThat(bodies(take(fetcher, 1))).as("the consumer goes on").containsExactly("m5");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void anEphemeralConsumerGoesOnBehindItsLastMessage(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "p-").build())) {
      StreamStore streams = store.streams();
      var unused = streams.apply(plan().build());
      publish(streams, 1, 2);
      ConsumerPlan monitor =
          ConsumerPlan.ephemeral(STREAM).filter("work.>").start(Start.lastOfEachSubject()).build();
      try (Fetcher fetcher = streams.fetcher(monitor)) {
        assertThat(bodies(take(fetcher, 2))).containsExactly("m1", "m2");
        server.kill();
        server.restart();
        publish(streams, 3, 3);
        assertThat(bodies(take(fetcher, 1))).containsExactly("m3");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aStreamInMemoryIsGoneAfterARestart(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "p-").build())) {
      StreamStore streams = store.streams();
      StreamPlan plan = plan().storage(Storage.MEMORY).replicated(false).build();
      var unused = streams.apply(plan);
      var unusedToo = streams.apply(WORKER);
      publish(streams, 1, 4);
      try (Fetcher fetcher = streams.fetcher(WORKER)) {
        take(fetcher, 2).forEach(each -> each.acknowledge().join());
        server.kill();
        server.restart();
        Awaitility.await()
            .atMost(PATIENCE)
            .ignoreExceptions()
            .until(() -> streams.find(STREAM).isEmpty());
        Awaitility.await()
            .atMost(PATIENCE)
            .ignoreExceptionsMatching(
                e -> e instanceof PersistenceException failure && failure.isTransient())
            .untilAsserted(
                () ->
                    assertThatExceptionOfType(NonTransientPersistenceException.class)
                        .isThrownBy(() -> fetcher.fetch(1, Duration.ZERO))
                        .matches(failure -> failure.error() == DataError.NOT_FOUND));
        var unusedAgain = streams.apply(plan);
        var unusedAgainToo = streams.apply(WORKER);
        publish(streams, 5, 5);
        assertThat(bodies(take(fetcher, 1))).containsExactly("m5");
      }
    }
  }
}
