package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The server keeps its connections and answers late or not at all. The tests only wait, each for a
 * server of its own, so they run at once.
 */
@Execution(ExecutionMode.CONCURRENT)
class SilentServerIT {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");
  private static final byte[] VALUE = {'1'};
  private static final EntryMetadata WRITE_ID =
      new EntryMetadata(Optional.empty(), Optional.empty(), Optional.of("w1"));

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aLateAnswerIsRepairedByTheWriteId(String line) throws Exception {
    answerLate(line, SilentServerIT::conditional);
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aLateAnswerToAWaitingCallerIsRepairedByTheWriteId(String line) throws Exception {
    answerLate(
        line,
        bucket -> {
          CompletableFuture<Long> place = new CompletableFuture<>();
          new Thread(
                  () -> {
                    try {
                      place.complete(
                          bucket
                              .writes()
                              .publish(KEY, Operation.PUT, VALUE, WRITE_ID, HotWrites.NONE));
                    } catch (PersistenceException e) {
                      place.completeExceptionally(e);
                    }
                  },
                  "test-caller")
              .start();
          return place;
        });
  }

  private static void answerLate(
      String line, Function<HotBucket, CompletableFuture<Long>> conditional) throws Exception {
    try (NatsServer server = start(line);
        NatsStore store = connect(server, Duration.ofSeconds(6))) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      server.pause();
      long start = System.nanoTime();
      CompletableFuture<Long> write = conditional.apply(bucket);
      Awaitility.await()
          .pollInterval(Duration.ofMillis(50))
          .atMost(Duration.ofSeconds(60))
          .until(() -> System.nanoTime() - start > Duration.ofMillis(4_700).toNanos());
      assertThat(write).as("its acknowledgement was given up at 4 s").isNotDone();
      server.resume();
      assertThat(write.get(60, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aServerThatDoesNotAnswerEndsEveryCallInTime(String line) {
    try (NatsServer server = start(line);
        NatsStore store = connect(server, Duration.ofSeconds(1))) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      server.pause();
      for (Runnable call :
          List.<Runnable>of(
              () -> conditional(bucket).join(),
              () -> bucket.writes().publish(KEY, Operation.PUT, VALUE, EntryMetadata.NONE, -1),
              () -> bucket.reads().get(KEY, ReadFrom.LEADER),
              () -> bucket.reads().getAll(List.of(KEY), ReadFrom.ANY_REPLICA),
              () -> bucket.reads().list(KEY.agent(), ""),
              bucket.journal()::state)) {
        long start = System.nanoTime();
        Throwable failure = catchThrowable(call::run);
        assertThat(failure instanceof CompletionException ? failure.getCause() : failure)
            .isInstanceOf(TransientPersistenceException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
      }
      server.resume();
    }
  }

  private static CompletableFuture<Long> conditional(HotBucket bucket) {
    return bucket.writes().publishAsync(KEY, Operation.PUT, VALUE, WRITE_ID, HotWrites.NONE);
  }

  private static NatsServer start(String line) {
    return NatsServer.start(NatsOptions.defaults().withLine(line));
  }

  private static NatsStore connect(NatsServer server, Duration requestTimeout) {
    PersistenceConfig config = NatsFixture.config(server, "").build();
    return NatsFixture.connect(
        config.toBuilder()
            .nats(config.nats().toBuilder().requestTimeout(requestTimeout).build())
            .build());
  }
}
