package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.ReadFrom;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That the permissions which the README names are all a runtime needs, and keep others out. */
class PermissionsIT {

  private static final String AUTHORIZATION =
      """
      authorization {
        users: [
          { user: "runtime", password: "secret", permissions: {
              publish: ["$KV.*.>", "$JS.API.>", "persistence.nudge.*"],
              subscribe: ["_INBOX.>", "persistence.nudge.*"] } },
          { user: "stranger", password: "other", permissions: {
              publish: { deny: ["$KV.>", "$JS.API.STREAM.>", "$JS.API.CONSUMER.>",
                                "$JS.API.DIRECT.>", "persistence.nudge.>", "_INBOX.>"] } } }
        ]
      }
      no_auth_user: "stranger"
      """;

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void keepStrangersOutOfTheBuckets(String line) throws Exception {
    try (NatsServer server =
            NatsServer.start(NatsOptions.defaults().withLine(line).withConfigLine(AUTHORIZATION));
        NatsStore store = NatsStore.connect(asRuntime(server));
        WirePublisher stranger = WirePublisher.connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      AtomicInteger nudges = new AtomicInteger();
      bucket.onNudge(nudges::incrementAndGet);
      StateKey key = StateKey.of("agent", "k");
      byte[] value = "1".getBytes(UTF_8);
      long sequence = bucket.publish(key, Operation.PUT, value, EntryMetadata.NONE, HotBucket.NONE);
      for (ReadFrom from : ReadFrom.values()) {
        assertThat(bucket.get(key, from)).isPresent();
        assertThat(bucket.getAll(List.of(key), from)).containsOnlyKeys(key);
      }
      assertThat(bucket.list("agent", "")).hasSize(1);
      assertThat(bucket.keysAsync("agent").get(10, TimeUnit.SECONDS)).containsExactly(key);
      try (JournalReader reader = bucket.read(JournalRange.from(1))) {
        assertThat(reader.next(Duration.ofSeconds(10)).orElseThrow().key()).contains(key);
      }
      bucket.nudge();
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> nudges.get() == 1);

      String refusal = "Permissions Violation";
      assertThat(stranger.publish(bucket.subject(key), "[", "1")).containsIgnoringCase(refusal);
      assertThat(stranger.publish("$JS.API.STREAM.PURGE.KV_AGENT_STATE", ""))
          .containsIgnoringCase(refusal);
      assertThat(stranger.publish("persistence.nudge.AGENT_STATE", "[", ""))
          .containsIgnoringCase(refusal);
      assertThat(bucket.state().lastSequence()).isEqualTo(sequence);

      bucket.evict(bucket.subject(key), sequence).get(10, TimeUnit.SECONDS);
      assertThat(bucket.state().messages()).isZero();
    }
  }

  private static PersistenceConfig asRuntime(NatsServer server) {
    return PersistenceConfig.builder(
            NatsConfig.of(server.url().replace("://", "://runtime:secret@")),
            PostgresConfig.of("jdbc:postgresql://none.invalid/none", "nobody"))
        .build();
  }
}
