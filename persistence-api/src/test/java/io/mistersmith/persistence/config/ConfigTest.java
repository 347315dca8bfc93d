package io.mistersmith.persistence.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.mistersmith.persistence.config.BucketConfig.Storage;
import io.mistersmith.persistence.config.ConsistencyConfig.OrphanPolicy;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.PostgresRole;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigTest {

  private static final Secret ODD_PASSWORD = Secret.of("odd");
  private static final PostgresConfig POSTGRES =
      PostgresConfig.of("jdbc:postgresql://localhost/agents", "agents");

  @Test
  void theDefaultsAreTheSeeds() {
    FlushConfig flush = FlushConfig.defaults();
    assertThat(flush.dirtyKeys()).isEqualTo(50);
    assertThat(flush.idleTimeToLive()).isEqualTo(Duration.ofMinutes(30));
    RoleConfig primary = POSTGRES.role(PostgresRole.PRIMARY);
    assertThat(primary.minConnections()).isEqualTo(2);
    assertThat(primary.maxConnections()).isEqualTo(10);
    assertThat(POSTGRES.role(PostgresRole.FLUSH).maxConnections()).isEqualTo(2);
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
    CacheConfig some = CacheConfig.builder().excluded(DataType.SESSION_DATA).build();
    assertThat(some.isOn(DataType.AGENT_STATE)).isTrue();
    assertThat(some.toBuilder().statistics(false).build().isOn(DataType.SESSION_DATA)).isFalse();
    assertThat(CacheConfig.off().isOn(DataType.AGENT_STATE)).isFalse();
    assertThat(PersistenceConfig.inMemory().cache(some).build().cache()).isEqualTo(some);
  }

  @Test
  void messagesNameTheFieldAndTheRemedy() {
    refuses(() -> NatsConfig.of(), "nats.servers");
    refuses(() -> NatsConfig.builder("nats://a").replicas(2).build(), "use 1, 3 or 5");
    refuses(() -> NatsConfig.builder("nats://a").namePrefix("a.b").build(), "nats.namePrefix");
    refuses(
        () -> NatsConfig.builder("nats://a").requestTimeout(Duration.ZERO).build(),
        "requestTimeout");
    refuses(() -> NatsConfig.builder("nats://a").maxInFlight(0).build(), "nats.maxInFlight");
    refuses(
        () -> NatsConfig.builder("nats://a").maxInFlightBytes(1).build(),
        "nats.maxInFlightBytes is 1");
    refuses(() -> NatsConfig.builder("nats://a").openTimeout(Duration.ZERO).build(), "openTimeout");
    refuses(() -> PostgresConfig.of("postgres://a", "u"), "jdbc:postgresql:");
    refuses(() -> POSTGRES.toBuilder().connections(2, 1).build(), "maxConnections");
    refuses(
        () -> POSTGRES.toBuilder().migrateOnOpen("Audit").build(),
        "postgres.migrationSets has 'Audit'");
    refuses(
        () -> POSTGRES.toBuilder().partitionUpkeep(Duration.ofSeconds(-1)).build(),
        "partitionUpkeep");
    refuses(
        () -> FlushConfig.builder().dirtyKeys(0).maxAge(Duration.ZERO).maxBytes(1).build(),
        "dirtyKeys");
    refuses(() -> FlushConfig.builder().leaseDuration(Duration.ZERO).build(), "leaseDuration");
    refuses(() -> Bucket.AGENT_STATE.defaults().toBuilder().history(65).build(), "history is 65");
    refuses(() -> CacheConfig.builder().maxWeightBytes(0).build(), "cache.maxWeightBytes is 0");
    refuses(() -> CacheConfig.builder().timeToLive(Duration.ZERO).build(), "cache.timeToLive");
    refuses(
        () -> CacheConfig.builder().negativeTimeToLive(Duration.ofSeconds(-1)).build(),
        "cache.negativeTimeToLive");
    refuses(() -> Bucket.AGENT_STATE.defaults().toBuilder().maxBytes(1L).build(), "maxBytes");
  }

  @Test
  void aWriteBehindBucketMustNotExpireByItself() {
    refuses(
        () ->
            PersistenceConfig.inMemory()
                .bucket(
                    Bucket.AGENT_STATE,
                    Bucket.AGENT_STATE.defaults().toBuilder()
                        .maxAge(Duration.ofMinutes(30))
                        .build())
                .build(),
        "flush.idleTimeToLive");
  }

  @Test
  void theLagOfReplicasAndThePoolerArePrinted() {
    assertThat(
            PostgresConfig.builder("jdbc:postgresql://db/agents", "app")
                .pooler(PostgresConfig.Pooler.TRANSACTION)
                .maxReplicaLag(Duration.ofSeconds(7))
                .build()
                .toString())
        .contains("maxReplicaLag=PT7S", "pooler=TRANSACTION");
  }

  @Test
  void anEmptyNatsServerIsRefused() {
    assertThatThrownBy(() -> NatsConfig.builder("", "nats://a:4222"))
        .hasMessageContaining("nats.servers");
  }

  @Test
  void thePasswordIsNeverPrinted() {
    String secret = "s3cr3t";
    PostgresConfig config =
        PostgresConfig.builder("jdbc:postgresql://h/d?password=" + secret + "&ssl=true", "u")
            .password(secret)
            .build();
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

  static Stream<Arguments> changedConfigs() {
    Duration odd = Duration.ofSeconds(77);
    return Stream.of(
        arguments(
            FlushConfig.builder()
                .dirtyKeys(1)
                .maxAge(odd)
                .maxBytes(77_777)
                .maxEntries(7)
                .leaseDuration(odd)
                .idleTimeToLive(odd)
                .sweepInterval(odd)
                .tombstoneRetention(odd)
                .clockOverlap(odd)
                .closeDeadline(odd)
                .build(),
            FlushConfig.defaults()),
        arguments(
            ConsistencyConfig.builder()
                .window(odd)
                .interval(odd)
                .sampleSize(7)
                .repair(false)
                .orphans(OrphanPolicy.REMOVE)
                .orphanAge(odd)
                .build(),
            ConsistencyConfig.defaults()),
        arguments(
            BackpressureConfig.fail().toBuilder()
                .maxEntries(7)
                .maxBytes(7)
                .maxAge(odd)
                .maxWait(odd)
                .resumeAt(0.7)
                .interval(odd)
                .build(),
            BackpressureConfig.off()),
        arguments(
            CacheConfig.builder()
                .maxWeightBytes(7)
                .timeToLive(odd)
                .negativeTimeToLive(odd)
                .statistics(false)
                .excluded(DataType.AGENT_STATE)
                .build(),
            CacheConfig.defaults()),
        arguments(
            BucketConfig.builder("ODD", "an odd bucket")
                .maxAge(odd)
                .history(7)
                .storage(Storage.MEMORY)
                .replicated(false)
                .compressed(true)
                .maxBytes(7_777)
                .maxValueBytes(777)
                .placementCluster("east")
                .placementTags(List.of("ssd"))
                .build(),
            Bucket.AGENT_CONFIG.defaults()),
        arguments(
            TlsConfig.builder(TlsConfig.Mode.VERIFY_FULL)
                .rootCertificate(Path.of("odd.pem"))
                .clientCertificate(Path.of("odd.pem"), Path.of("odd-key.pem"))
                .build(),
            TlsConfig.of(TlsConfig.Mode.PREFER)),
        arguments(
            NatsConfig.builder("nats://odd")
                .credentialsFile(Path.of("odd.creds"))
                .tls(TlsConfig.of(TlsConfig.Mode.REQUIRE))
                .namePrefix("odd-")
                .replicas(3)
                .requestTimeout(odd)
                .connectTimeout(odd)
                .openTimeout(odd)
                .maxInFlight(7)
                .maxInFlightBytes(7_777)
                .build(),
            NatsConfig.of("nats://a")),
        arguments(
            POSTGRES.role(PostgresRole.PRIMARY).toBuilder()
                .jdbcUrl("jdbc:postgresql://odd/odd")
                .user("odd")
                .password(ODD_PASSWORD)
                .tls(TlsConfig.of(TlsConfig.Mode.REQUIRE))
                .connectTimeout(odd)
                .connections(7, 77)
                .automaticSize(7, 777)
                .acquireTimeout(odd)
                .idleTimeout(odd)
                .maxLifetime(odd.multipliedBy(2))
                .statementTimeout(odd)
                .lockTimeout(odd)
                .idleInTransactionTimeout(odd)
                .applicationName("odd")
                .setting("work_mem", "7MB")
                .pooler(PostgresConfig.Pooler.TRANSACTION)
                .statementCache(7)
                .slowStatement(odd)
                .leakDetection(odd)
                .build(),
            POSTGRES.role(PostgresRole.PRIMARY)),
        arguments(
            PostgresConfig.builder("jdbc:postgresql://odd/odd", "odd")
                .password(ODD_PASSWORD)
                .template(PostgresConfig.Template.PRODUCTION)
                .role(PostgresRole.FLUSH, flush -> flush.connections(7, 77))
                .replica(replica -> replica.host("odd"))
                .maxReplicaLag(odd)
                .acquireTimeout(odd)
                .statementTimeout(odd)
                .migrateOnOpen("audit")
                .partitionUpkeep(odd)
                .build(),
            POSTGRES));
  }

  @ParameterizedTest
  @MethodSource("changedConfigs")
  void aCopyOfEachConfigKeepsEveryValue(Object changed, Object defaults) throws Exception {
    Object builder = changed.getClass().getMethod("toBuilder").invoke(changed);
    Object copy = builder.getClass().getDeclaredMethod("build").invoke(builder);

    for (Method value : changed.getClass().getDeclaredMethods()) {
      if (Modifier.isPublic(value.getModifiers())
          && !Modifier.isStatic(value.getModifiers())
          && value.getParameterCount() == 0
          && !List.of("toString", "toBuilder").contains(value.getName())) {
        assertThat(value.invoke(copy))
            .as(value.getName())
            .isEqualTo(value.invoke(changed))
            .isNotEqualTo(value.invoke(defaults));
      }
    }
  }

  @Test
  void aRoleHasItsOwnUserOrThatOfAll() {
    PostgresConfig config =
        POSTGRES.toBuilder()
            .password("all's")
            .role(PostgresRole.MIGRATION, role -> role.user("owner").password("owner's"))
            .role(PostgresRole.FLUSH, role -> role.user("trusted"))
            .build();

    assertThat(config.role(PostgresRole.PRIMARY).user()).isEqualTo("agents");
    assertThat(config.role(PostgresRole.PRIMARY).password()).map(Secret::reveal).contains("all's");
    assertThat(config.role(PostgresRole.MIGRATION).user()).isEqualTo("owner");
    assertThat(config.role(PostgresRole.MIGRATION).password())
        .map(Secret::reveal)
        .contains("owner's");
    assertThat(config.role(PostgresRole.FLUSH).password()).as("not another user's").isEmpty();
    assertThat(config.password().toString()).doesNotContain("all's");
  }

  private static void refuses(Runnable construction, String reason) {
    assertThatThrownBy(construction::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }
}
