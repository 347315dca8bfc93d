package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.PoolSizing;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A configuration for production: three replicas, users by role, limits. */
class ConfigurationTest {

  private static final Logger log = LoggerFactory.getLogger(ConfigurationTest.class);

  private static PersistenceConfig production(String password, String ownerPassword) {
    NatsConfig nats =
        NatsConfig.builder("nats://nats-1:4222", "nats://nats-2:4222", "nats://nats-3:4222")
            .credentialsFile(Path.of("/etc/agents/runtime.creds"))
            .replicas(3)
            .build();
    PostgresConfig postgres =
        PostgresConfig.builder("jdbc:postgresql://db:5432/agents", "runtime")
            .password(password)
            .connections(4, 16) // of callers; the flush has a pool of its own
            .role(PostgresRole.MIGRATION, owner -> owner.user("owner").password(ownerPassword))
            .migrateOnOpen("monitoring")
            .build();
    return PersistenceConfig.builder(nats, postgres)
        .bucket(
            Bucket.AGENT_STATE,
            Bucket.AGENT_STATE.defaults().toBuilder().maxBytes(4L << 30).build())
        .backpressure(BackpressureConfig.block(Duration.ofSeconds(5)))
        .build();
  }

  private static PostgresConfig byRoles(UnaryOperator<String> passwords) {
    PoolSizing.Advice size = PoolSizing.of(40, 500, Duration.ofMillis(20)).advise();
    return PostgresConfig.builder("jdbc:postgresql://db:5432/agents", "app_primary")
        .password(passwords.apply("app_primary"))
        .template(PostgresConfig.Template.PRODUCTION)
        .allRoles(role -> role.setting("jit", "off"))
        .role(PostgresRole.PRIMARY, callers -> callers.connections(size))
        .role(
            PostgresRole.BACKGROUND,
            night ->
                night
                    .user("app_background") // owns the tables, or is a member of their owner
                    .password(passwords.apply("app_background"))
                    .setting("work_mem", "64MB"))
        .role(
            PostgresRole.MIGRATION,
            owner ->
                owner
                    .host("db-direct:5432") // past the pooler
                    .user("app_owner")
                    .password(passwords.apply("app_owner")))
        .replica(replica -> replica.host("db-replica-1:5432"))
        .role(
            PostgresRole.ANALYTICS,
            reports -> reports.host("db-reports:5432").database("agents_reports"))
        .migrateOnOpen()
        .build();
  }

  private static PostgresConfig pooled(String password) {
    return PostgresConfig.builder("jdbc:postgresql://pgbouncer:6432/agents", "runtime")
        .password(password)
        .pooler(PostgresConfig.Pooler.TRANSACTION)
        .role(PostgresRole.MIGRATION, owner -> owner.host("db:5432").user("owner"))
        .migrateOnOpen()
        .build();
  }

  @Test
  void migrationsGoPastThePooler() {
    PostgresConfig config = pooled("secret");
    assertThat(config.role(PostgresRole.FLUSH).pooler())
        .isEqualTo(PostgresConfig.Pooler.TRANSACTION);
    assertThat(config.role(PostgresRole.MIGRATION).jdbcUrl())
        .isEqualTo("jdbc:postgresql://db:5432/agents");
    assertThatThrownBy(
            () -> config.toBuilder().jdbcUrl(config.jdbcUrl() + "?options=-cjit%3Doff").build())
        .hasMessageContaining("options")
        .hasMessageContaining("setting(name, value)");
  }

  private static PersistenceConfig byNames(Reader properties) throws IOException {
    Properties file = new Properties();
    file.load(properties);
    PersistenceConfig config =
        PersistenceConfig.fromEnvironment(file) // the environment precedes the file
            .nats(nats -> nats.requestTimeout(Duration.ofSeconds(2))) // the builder precedes both
            .postgres(postgres -> postgres.migrateOnOpen("monitoring"))
            .build();
    log.info("{}", config); // every setting, and no secret
    return config;
  }

  private interface Vault {
    Secret read(String name);
  }

  private static PersistenceConfig encrypted(Vault vault) {
    TlsConfig tls =
        TlsConfig.builder(TlsConfig.Mode.VERIFY_FULL)
            .rootCertificate(Path.of("/etc/agents/ca.pem"))
            .clientCertificate(
                Path.of("/etc/agents/agent.pem"), Path.of("/etc/agents/agent-key.pem"))
            .build();
    NatsConfig nats =
        NatsConfig.builder("nats://nats-1:4222", "nats://nats-2:4222")
            .tls(tls)
            .userPassword("agents", () -> vault.read("nats/agents"))
            .build();
    PostgresConfig postgres =
        PostgresConfig.builder("jdbc:postgresql://db:5432/agents", "agents")
            .tls(tls)
            .password(() -> vault.read("postgres/agents"))
            .build();
    return PersistenceConfig.builder(nats, postgres).build();
  }

  @Test
  void aFileSetsWhatTheEnvironmentLeavesOut() throws IOException {
    PersistenceConfig config =
        byNames(new StringReader("NATS_KV_PREFIX=crew_\nFLUSH_DB_PASSWORD=secret"));
    assertThat(config.nats().namePrefix()).isEqualTo("crew_");
    assertThat(config.nats().requestTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.postgres().migrationSets()).containsExactly("monitoring");
    assertThat(config.toString()).contains("crew_").doesNotContain("secret");
  }

  @Test
  void aPasswordIsAskedForEachTime() {
    AtomicInteger asked = new AtomicInteger();
    PersistenceConfig config = encrypted(name -> Secret.of(name + asked.incrementAndGet()));
    assertThat(asked).hasValue(0);
    RoleConfig flush = config.postgres().role(PostgresRole.FLUSH);
    assertThat(flush.password()).map(Secret::reveal).hasValue("postgres/agents1");
    assertThat(flush.password()).map(Secret::reveal).hasValue("postgres/agents2");
    assertThat(flush.tls()).isEqualTo(config.nats().tls());
  }

  @Test
  void eachRoleHasItsOwnServerAndUser() {
    PostgresConfig config = byRoles(user -> "the password of " + user);
    assertThat(config.role(PostgresRole.PRIMARY).maxConnections()).isEqualTo(10);
    assertThat(config.role(PostgresRole.FLUSH).user()).isEqualTo("app_primary");
    assertThat(config.role(PostgresRole.MIGRATION).jdbcUrl())
        .isEqualTo("jdbc:postgresql://db-direct:5432/agents");
    assertThat(config.role(PostgresRole.ANALYTICS).jdbcUrl())
        .isEqualTo("jdbc:postgresql://db-reports:5432/agents_reports");
    assertThat(config.replica(0).jdbcUrl()).isEqualTo("jdbc:postgresql://db-replica-1:5432/agents");
    assertThat(config.role(PostgresRole.BACKGROUND).settings())
        .containsEntry("jit", "off")
        .containsEntry("work_mem", "64MB");
  }

  @Test
  void namesUsersByRoleAndPrintsNoPassword() {
    PersistenceConfig config = production("first secret", "second secret");
    assertThat(config.postgres().role(PostgresRole.FLUSH).user()).isEqualTo("runtime");
    assertThat(config.postgres().role(PostgresRole.MIGRATION).user()).isEqualTo("owner");
    assertThat(config.postgres().migrationSets()).containsExactly("monitoring");
    assertThat(config.bucket(Bucket.AGENT_STATE).maxBytes()).hasValue(4L << 30);
    assertThat(config.postgres().toString()).doesNotContain("secret");
  }
}
