package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.StepPlace;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.HotWrites.Outgoing;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What becomes of a step whose answer is late or lost, or whose messages did not all arrive. */
@Execution(ExecutionMode.CONCURRENT)
class StepOutcomeIT {

  private static final AgentId AGENT = AgentId.external("agent");
  private static final List<StateKey> KEYS =
      List.of(StateKey.of(AGENT, "a"), StateKey.of(AGENT, "b"), StateKey.of(AGENT, "c"));

  /** The server's bound of batches of one stream that are not committed. */
  private static final int IN_FLIGHT = 50;

  @Test
  void aLateAnswerIsRepairedByTheIdOfTheStep() throws Exception {
    try (NatsServer server = start();
        NatsStore store = connect(server, Duration.ofSeconds(6))) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      server.pause();
      long start = System.nanoTime();
      CompletableFuture<Long> write = new CompletableFuture<>();
      new Thread(
              () -> {
                try {
                  write.complete(bucket.writes().publishTogether(step("late")));
                } catch (PersistenceException e) {
                  write.completeExceptionally(e);
                }
              },
              "test-caller")
          .start();
      Awaitility.await()
          .pollInterval(Duration.ofMillis(50))
          .atMost(Duration.ofSeconds(60))
          .until(() -> System.nanoTime() - start > Duration.ofMillis(4_700).toNanos());
      assertThat(write).as("its acknowledgement was given up at 4 s").isNotDone();
      server.resume();
      assertThat(write.get(60, TimeUnit.SECONDS)).isEqualTo(3);
    }
  }

  @Test
  void anAnswerThatDoesNotComeLeavesAllOrNothing() {
    try (NatsServer server = start();
        NatsStore store = connect(server, Duration.ofSeconds(1))) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      server.pause();
      TransientPersistenceException unknown =
          catchThrowableOfType(
              TransientPersistenceException.class,
              () -> bucket.writes().publishTogether(step("unknown")));
      assertThat(unknown.error()).isEqualTo(DataError.OUTCOME_UNKNOWN);
      server.resume();
      long last = Awaitility.await().until(() -> publish(bucket, step("after")), at -> at > 0);
      assertThat(last).isIn(3L, 6L);
      assertThat(bucket.journal().state().lastSequence()).isEqualTo(last);
    }
  }

  /** As a client leaves them that is killed between two messages. */
  @Test
  void whatAClientLeftUnfinishedIsNotSeenAndHoldsNobodyUpForLong() {
    try (NatsServer server = start();
        NatsStore store = connect(server, Duration.ofSeconds(30));
        RawNats client = RawNats.connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      for (int i = 1; i < IN_FLIGHT; i++) {
        leaveUnfinished(client, bucket);
      }
      assertThat(bucket.writes().publishTogether(step("among them"))).isEqualTo(3);
      leaveUnfinished(client, bucket);
      long start = System.nanoTime();
      assertThat(bucket.writes().publishTogether(step("beyond the bound"))).isEqualTo(6);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as("the server gives an unfinished batch up after 10 s")
          .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(25));
      assertThat(bucket.reads().getAll(KEYS, ReadFrom.ANY_REPLICA).values())
          .allSatisfy(e -> assertThat(e.metadata().writeId()).contains("beyond the bound"));
      assertThat(bucket.journal().state().messages()).isEqualTo(6);
    }
  }

  private static void leaveUnfinished(RawNats client, HotBucket bucket) {
    Headers headers = new Headers();
    headers.put("Nats-Batch-Id", UUID.randomUUID().toString());
    headers.put("Nats-Batch-Sequence", "1");
    assertThat(client.request(bucket.journal().subject(KEYS.get(0)), headers, new byte[] {'1'}))
        .as("the answer to the first message of a batch")
        .isEmpty();
  }

  private static long publish(HotBucket bucket, List<Outgoing> step) {
    try {
      return bucket.writes().publishTogether(step);
    } catch (TransientPersistenceException e) {
      return 0; // the server is not back yet
    }
  }

  private static List<Outgoing> step(String id) {
    return List.of(message(id, 1), message(id, 2), message(id, 3));
  }

  private static Outgoing message(String id, int index) {
    return new Outgoing(
        KEYS.get(index - 1),
        Operation.PUT,
        new byte[] {'1'},
        EntryMetadata.NONE.inStep(id, new StepPlace(index, 3)),
        HotWrites.ANY);
  }

  private static NatsServer start() {
    return NatsServer.start(NatsOptions.defaults().withLine(NatsOptions.NEWEST));
  }

  private static NatsStore connect(NatsServer server, Duration requestTimeout) {
    PersistenceConfig config = NatsFixture.config(server, "").build();
    return NatsFixture.connect(
        config.toBuilder()
            .nats(config.nats().toBuilder().requestTimeout(requestTimeout).build())
            .build());
  }
}
