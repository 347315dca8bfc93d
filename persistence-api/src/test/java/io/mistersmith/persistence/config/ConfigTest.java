package io.mistersmith.persistence.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.model.DataType;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfigTest {

  private static final PostgresConfig POSTGRES =
      PostgresConfig.of("jdbc:postgresql://localhost/agents", "agents");

  @Test
  void theDefaultsAreTheSeeds() {
    FlushConfig flush = FlushConfig.defaults();
    assertThat(flush.dirtyKeys()).isEqualTo(50);
    assertThat(flush.idleTimeToLive()).isEqualTo(Duration.ofMinutes(30));
    assertThat(POSTGRES.maxConnections()).isEqualTo(10);
    assertThat(POSTGRES.minConnections()).isEqualTo(2);
    assertThat(POSTGRES.acquireTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(Bucket.SESSION_DATA.defaults().maxAge()).isEqualTo(Duration.ofHours(1));
    assertThat(Bucket.AGENT_STATE.defaults().maxAge()).isZero();
    assertThat(Bucket.AGENT_STATE.defaults().history()).isEqualTo(5);
    assertThat(Bucket.AGENT_STATE.defaults().compressed()).isTrue();
    assertThat(Bucket.AGENT_CONFIG.defaults().history()).isEqualTo(10);
    assertThat(Bucket.QUERY_CACHE.defaults().maxAge()).isEqualTo(Duration.ofMinutes(5));
    assertThat(Bucket.QUERY_CACHE.defaults().storage()).isEqualTo(Storage.MEMORY);
    assertThat(Bucket.QUERY_CACHE.defaults().replicated()).isFalse();
  }

  @Test
  void theCacheIsOnUnlessATypeOfDataIsLeftOut() {
    CacheConfig some = CacheConfig.defaults().without(DataType.SESSION_DATA);
    assertThat(some.isOn(DataType.AGENT_STATE)).isTrue();
    assertThat(some.withStatistics(false).isOn(DataType.SESSION_DATA)).isFalse();
    assertThat(CacheConfig.off().isOn(DataType.AGENT_STATE)).isFalse();
    assertThat(PersistenceConfig.inMemory().cache(some).build().toBuilder().build().cache())
        .isEqualTo(some);
  }

  @Test
  void messagesNameTheFieldAndTheMend() {
    refuses(() -> NatsConfig.of(), "nats.servers");
    refuses(() -> NatsConfig.of("nats://a").withReplicas(2), "use 1, 3 or 5");
    refuses(() -> NatsConfig.of("nats://a").withNamePrefix("a.b"), "nats.namePrefix");
    refuses(() -> NatsConfig.of("nats://a").withRequestTimeout(Duration.ZERO), "requestTimeout");
    refuses(() -> NatsConfig.of("nats://a").withMaxInFlight(0), "nats.maxInFlight");
    refuses(() -> NatsConfig.of("nats://a").withMaxInFlightBytes(1), "nats.maxInFlightBytes is 1");
    refuses(() -> NatsConfig.of("nats://a").withOpenTimeout(Duration.ZERO), "openTimeout");
    refuses(() -> PostgresConfig.of("postgres://a", "u"), "jdbc:postgresql:");
    refuses(() -> POSTGRES.withConnections(2, 1), "maxConnections");
    refuses(() -> POSTGRES.withPartitionUpkeep(Duration.ofSeconds(-1)), "partitionUpkeep");
    refuses(() -> FlushConfig.defaults().withTriggers(0, Duration.ZERO, 1), "dirtyKeys");
    refuses(() -> FlushConfig.defaults().withLeaseDuration(Duration.ZERO), "leaseDuration");
    refuses(() -> Bucket.AGENT_STATE.defaults().withHistory(65), "history is 65");
    refuses(() -> CacheConfig.defaults().withMaxWeightBytes(0), "cache.maxWeightBytes is 0");
    refuses(() -> CacheConfig.defaults().withTimeToLive(Duration.ZERO), "cache.timeToLive");
    refuses(
        () -> CacheConfig.defaults().withNegativeTimeToLive(Duration.ofSeconds(-1)),
        "cache.negativeTimeToLive");
    refuses(
        () -> Bucket.AGENT_STATE.defaults().withLimits(Optional.of(1L), Optional.empty()),
        "maxBytes");
  }

  @Test
  void aWriteBehindBucketMustNotExpireByItself() {
    refuses(
        () ->
            PersistenceConfig.inMemory()
                .bucket(
                    Bucket.AGENT_STATE,
                    Bucket.AGENT_STATE.defaults().withMaxAge(Duration.ofMinutes(30)))
                .build(),
        "flush.idleTimeToLive");
  }

  @Test
  void thePasswordIsNeverPrinted() {
    String secret = "s3cr3t";
    PostgresConfig config =
        PostgresConfig.of("jdbc:postgresql://h/d?password=" + secret + "&ssl=true", "u")
            .withPassword(secret);
    assertThat(config.toString()).doesNotContain(secret).contains("ssl=true");
  }

  @Test
  void aCopyKeepsTheRest() {
    PersistenceConfig config =
        PersistenceConfig.builder(NatsConfig.of("nats://a"), POSTGRES)
            .runtimeName("one")
            .knownRevisions(7)
            .build();
    PersistenceConfig copy = config.toBuilder().runtimeName("two").build();
    assertThat(copy.runtimeName()).isEqualTo("two");
    assertThat(copy.knownRevisions()).isEqualTo(7);
    assertThat(config.runtimeName()).isEqualTo("one");
  }

  private static void refuses(Runnable construction, String reason) {
    assertThatThrownBy(construction::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }
}
