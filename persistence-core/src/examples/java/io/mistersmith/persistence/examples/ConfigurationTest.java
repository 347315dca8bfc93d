package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.PoolSizing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A configuration for production: three replicas, users by role, limits. */
class ConfigurationTest {

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
