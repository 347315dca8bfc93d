package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another installation's server answers at the address of the one that was lost. */
class OtherServerIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  @TempDir Path directory;

  private static long write(HotBucket bucket) {
    return bucket
        .writes()
        .publish(KEY, Operation.PUT, "1".getBytes(UTF_8), EntryMetadata.NONE, HotWrites.ANY);
  }

  /** Returns the outcome of the first write that is not lost with the connection. */
  private static PersistenceException firstRefusal(HotBucket bucket) {
    return await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(5))
        .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
        .until(
            () -> {
              try {
                throw new AssertionError("written as " + write(bucket));
              } catch (PersistenceException e) {
                if (e.isTransient()) {
                  throw e;
                }
                return e;
              }
            },
            e -> true);
  }

  private static void swap(NatsServer server, Path store) {
    server.stop();
    server.replaceStore(store);
    server.restart();
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void theFirstWriteOverANewConnectionIsRefusedAlready(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line))) {
      PersistenceConfig config = NatsFixture.config(server, "").build();
      server.stop();
      Path empty = server.copyStore(directory.resolve("empty"));
      server.restart();
      try (NatsStore store = NatsFixture.connect(config, UUID.randomUUID())) {
        HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
        assertThat(write(bucket)).isEqualTo(1);
        server.stop();
        Path own = server.copyStore(directory.resolve("own"));
        server.replaceStore(empty);
        server.restart();
        try (NatsStore others = NatsFixture.connect(config, UUID.randomUUID())) {
          HotBucket theirs = others.bucket(Bucket.AGENT_STATE);
          PersistenceException refusal = firstRefusal(bucket);
          assertThat(OtherInstallationException.isCauseOf(refusal)).isTrue();
          assertThat(theirs.journal().state().lastSequence()).isZero();
        }
        swap(server, own);
        long written =
            await()
                .atMost(SOON)
                .ignoreExceptionsInstanceOf(PersistenceException.class)
                .until(() -> write(bucket), sequence -> true);
        assertThat(written).isEqualTo(2);
      }
    }
  }
}
