package io.mistersmith.persistence.config;

import static io.mistersmith.persistence.model.PostgresRole.ANALYTICS;
import static io.mistersmith.persistence.model.PostgresRole.BACKGROUND;
import static io.mistersmith.persistence.model.PostgresRole.FLUSH;
import static io.mistersmith.persistence.model.PostgresRole.MIGRATION;
import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static io.mistersmith.persistence.model.PostgresRole.REPLICA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PostgresConfig.Template;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.PoolSizing;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each role connects with: the template, then what all roles have, then its own. */
class RoleConfigTest {

  private static final PostgresConfig CONFIG =
      PostgresConfig.builder("jdbc:postgresql://db-1:5433,db-2/agents?ssl=true", "runtime")
          .password("all's")
          .build();

  @ParameterizedTest
  @CsvSource({
    "STANDARD, PRIMARY, 2, 10, 30, 10, 120",
    "STANDARD, REPLICA, 3, 15, 2, 5, 30",
    "STANDARD, BACKGROUND, 0, 5, 60, 30, 120",
    "STANDARD, ANALYTICS, 2, 10, 45, 15, 60",
    "STANDARD, FLUSH, 1, 2, 30, 10, 120",
    "DEVELOPMENT, PRIMARY, 1, 5, 10, 10, 60",
    "DEVELOPMENT, REPLICA, 1, 4, 2, 5, 30",
    "DEVELOPMENT, BACKGROUND, 0, 2, 10, 30, 120",
    "DEVELOPMENT, ANALYTICS, 1, 3, 10, 15, 60",
    "DEVELOPMENT, FLUSH, 1, 2, 10, 10, 120",
    "STAGING, PRIMARY, 2, 10, 20, 10, 60",
    "STAGING, REPLICA, 2, 8, 2, 5, 30",
    "STAGING, BACKGROUND, 0, 3, 20, 30, 120",
    "STAGING, ANALYTICS, 1, 5, 20, 15, 60",
    "STAGING, FLUSH, 1, 2, 20, 10, 120",
    "PRODUCTION, PRIMARY, 5, 20, 30, 10, 60",
    "PRODUCTION, REPLICA, 3, 15, 2, 5, 30",
    "PRODUCTION, BACKGROUND, 0, 5, 60, 30, 120",
    "PRODUCTION, ANALYTICS, 2, 10, 45, 15, 60",
    "PRODUCTION, FLUSH, 1, 2, 30, 10, 120",
  })
  void templatesGiveSizesAndTimes(
      Template template, PostgresRole role, int min, int max, int acquire, int idle, int lifetime) {
    RoleConfig pool = CONFIG.toBuilder().template(template).build().role(role);

    assertThat(pool.minConnections()).isEqualTo(min);
    assertThat(pool.maxConnections()).isEqualTo(max);
    assertThat(pool.acquireTimeout()).isEqualTo(Duration.ofSeconds(acquire));
    assertThat(pool.idleTimeout()).isEqualTo(Duration.ofMinutes(idle));
    assertThat(pool.maxLifetime()).isEqualTo(Duration.ofMinutes(lifetime));
  }

  @ParameterizedTest
  @CsvSource({
    "PRIMARY, 30, 10, 10, 60",
    "REPLICA, 30, 10, 60, 60",
    "BACKGROUND, 30, 10, 10, 60",
    "ANALYTICS, 300, 10, 60, 600",
    "FLUSH, 30, 5, 10, 60",
  })
  void sessionsHaveDeadlines(PostgresRole role, int statement, int lock, int idle, int leak) {
    RoleConfig pool = CONFIG.role(role);

    assertThat(pool.statementTimeout()).isEqualTo(Duration.ofSeconds(statement));
    assertThat(pool.lockTimeout()).isEqualTo(Duration.ofSeconds(lock));
    assertThat(pool.idleInTransactionTimeout()).isEqualTo(Duration.ofSeconds(idle));
    assertThat(pool.leakDetection()).isEqualTo(Duration.ofSeconds(leak));
    assertThat(pool.slowStatement()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void aShortStatementShortensWhatTheFlushWaitsForAndWhatStaysIdle() {
    PostgresConfig quick = CONFIG.toBuilder().statementTimeout(Duration.ofSeconds(2)).build();

    assertThat(quick.role(FLUSH).lockTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(quick.role(PRIMARY).lockTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(quick.role(PRIMARY).idleInTransactionTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(quick.role(PRIMARY).leakDetection()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void aRolesOwnValuePrecedesThatOfAllWhicheverWasGivenFirst() {
    PostgresConfig config =
        CONFIG.toBuilder()
            .role(BACKGROUND, role -> role.acquireTimeout(Duration.ofSeconds(7)))
            .acquireTimeout(Duration.ofSeconds(3))
            .template(Template.PRODUCTION)
            .role(BACKGROUND, role -> role.setting("work_mem", "64MB"))
            .allRoles(role -> role.setting("work_mem", "8MB").setting("jit", "off"))
            .build()
            .toBuilder()
            .build();

    assertThat(config.role(BACKGROUND).acquireTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(config.role(FLUSH).acquireTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.role(PRIMARY).maxConnections()).isEqualTo(20);
    assertThat(config.role(BACKGROUND).settings())
        .containsEntry("work_mem", "64MB")
        .containsEntry("jit", "off");
    assertThat(config.role(PRIMARY).settings()).containsEntry("work_mem", "8MB");
  }

  @Test
  void aReplicaIsOneServerOfAnyKind() {
    PostgresConfig config =
        PostgresConfig.builder(
                "jdbc:postgresql://a,b/agents?targetServerType=primary&ssl=true", "u")
            .replica(replica -> replica.host("replica-1"))
            .role(ANALYTICS, reports -> reports.host("reports"))
            .build();

    assertThat(config.replica(0).jdbcUrl())
        .isEqualTo("jdbc:postgresql://replica-1/agents?ssl=true");
    assertThat(config.role(ANALYTICS).jdbcUrl())
        .isEqualTo("jdbc:postgresql://reports/agents?ssl=true");
    assertThat(config.role(PRIMARY).jdbcUrl()).contains("targetServerType=primary");
    assertThat(config.maxReplicaLag()).isEqualTo(Duration.ofSeconds(5));
    assertThatThrownBy(() -> config.toBuilder().replica(replica -> replica.host("c,d")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("several hosts");
    assertThatThrownBy(() -> config.toBuilder().maxReplicaLag(Duration.ofMillis(499)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 500 ms");
  }

  @Test
  void aRoleHasItsOwnHostDatabaseUserAndPassword() {
    PostgresConfig config =
        CONFIG.toBuilder()
            .role(REPLICA, replica -> replica.user("reader").password("reader's"))
            .replica(replica -> replica.host("replica-1:5434"))
            .replica(replica -> replica.host("replica-2").connections(0, 4))
            .role(ANALYTICS, reports -> reports.host("reports").database("agents_analytics"))
            .role(MIGRATION, owner -> owner.password("owner's").user("owner"))
            .role(FLUSH, flush -> flush.user("trusted"))
            .build();

    assertThat(config.replicas()).isEqualTo(2);
    assertThat(config.replica(0).jdbcUrl())
        .isEqualTo("jdbc:postgresql://replica-1:5434/agents?ssl=true");
    assertThat(config.replica(1).jdbcUrl())
        .isEqualTo("jdbc:postgresql://replica-2/agents?ssl=true");
    assertThat(config.replica(1).maxConnections()).isEqualTo(4);
    assertThat(config.replica(1).user()).isEqualTo("reader");
    assertThat(config.replica(1).password()).map(Secret::reveal).contains("reader's");
    assertThat(config.role(ANALYTICS).jdbcUrl())
        .isEqualTo("jdbc:postgresql://reports/agents_analytics?ssl=true");
    assertThat(config.role(ANALYTICS).password()).map(Secret::reveal).contains("all's");
    assertThat(config.role(MIGRATION).password()).map(Secret::reveal).contains("owner's");
    assertThat(config.role(FLUSH).password()).as("not another user's").isEmpty();
    assertThat(config.isConfigured(ANALYTICS)).isTrue();
    assertThat(config.isConfigured(BACKGROUND)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql:agents, jdbc:postgresql://h/agents, jdbc:postgresql:other",
    "jdbc:postgresql://a/agents, jdbc:postgresql://h/agents, jdbc:postgresql://a/other",
    "jdbc:postgresql://a:1, jdbc:postgresql://h/, jdbc:postgresql://a:1/other",
    "jdbc:postgresql://a?ssl=true, jdbc:postgresql://h/?ssl=true, jdbc:postgresql://a/other?ssl=true",
    "jdbc:postgresql://[::1]:1/d, jdbc:postgresql://h/d, jdbc:postgresql://[::1]:1/other",
  })
  void aHostOrDatabaseIsPutIntoTheUrl(String url, String withHost, String withDatabase) {
    assertThat(JdbcUrl.withHosts(url, "h")).isEqualTo(withHost);
    assertThat(JdbcUrl.withDatabase(url, "other")).isEqualTo(withDatabase);
  }

  @Test
  void aValueIsRefusedWhereItIsGiven() {
    refuses(role -> role.host("a b"), "postgres.host is 'a b'");
    refuses(role -> role.host("a/b"), "postgres.host is 'a/b'");
    refuses(role -> role.database("a?ssl=off"), "postgres.database is 'a?ssl=off'");
    refuses(role -> role.setting("statement_timeout", "1s"), "use statementTimeout instead");
    refuses(role -> role.setting("LOCK_TIMEOUT", "1s"), "use lockTimeout instead");
    refuses(role -> role.setting("client_encoding", "LATIN1"), "the library needs its own");
    refuses(role -> role.setting("synchronous_commit", "off"), "must be durable");
    refuses(role -> role.setting("work mem", "1MB"), "is no setting's name");
    refuses(role -> role.applicationName("x".repeat(64)), "postgres.applicationName");
    refuses(role -> role.leakDetection(Duration.ofSeconds(1)), "postgres.leakDetection is PT1S");
    refuses(role -> role.idleTimeout(Duration.ofSeconds(9)), "postgres.idleTimeout is PT9S");
    refuses(role -> role.maxLifetime(Duration.ofSeconds(9)), "postgres.maxLifetime is PT9S");
    refuses(role -> role.slowStatement(Duration.ofSeconds(-1)), "postgres.slowStatement");
    refuses(role -> role.statementCache(-1), "postgres.statementCache is -1");
    refuses(role -> role.lockTimeout(Duration.ZERO), "postgres.lockTimeout");
    refuses(role -> role.automaticSize(0, 1), "the bounds are 0 to 1");
  }

  @Test
  void valuesThatContradictEachOtherAreRefused() {
    assertThatThrownBy(
            () ->
                CONFIG.toBuilder()
                    .role(PRIMARY, role -> role.idleTimeout(Duration.ofHours(3)))
                    .build())
        .hasMessageContaining("postgres.idleTimeout is PT3H; give less than maxLifetime");
    assertThatThrownBy(
            () -> CONFIG.toBuilder().role(PRIMARY, role -> role.automaticSize(1, 5)).build())
        .hasMessageContaining("postgres.maxConnections is 10; within automaticSize");
  }

  @ParameterizedTest
  @EnumSource(PostgresRole.class)
  void noRolePrintsAPassword(PostgresRole role) {
    PostgresConfig config =
        CONFIG.toBuilder()
            .role(role, own -> own.jdbcUrl("jdbc:postgresql://h/d?sslpassword=s3cr3t&ssl=true"))
            .build();

    assertThat(config.role(role).toString()).contains("ssl=true").doesNotContain("s3cr3t", "all's");
  }

  @ParameterizedTest
  @ValueSource(strings = {"on", "remote_write", "remote_apply"})
  void aDurableCommitMayBeChosen(String value) {
    assertThat(
            CONFIG.toBuilder()
                .allRoles(role -> role.setting("Synchronous_Commit", value))
                .build()
                .role(PRIMARY)
                .settings())
        .containsEntry("synchronous_commit", value);
  }

  @Test
  void aSizeIsTakenFromAnAdvice() {
    PoolSizing.Advice advice = PoolSizing.of(40, 500, Duration.ofMillis(20)).advise();

    RoleConfig primary =
        CONFIG.toBuilder().role(PRIMARY, role -> role.connections(advice)).build().role(PRIMARY);

    assertThat(primary.maxConnections()).isEqualTo(advice.maxConnections());
    assertThat(primary.minConnections()).isEqualTo(advice.minConnections());
  }

  private static void refuses(UnaryOperator<RoleConfig.Builder> change, String reason) {
    assertThatThrownBy(() -> CONFIG.toBuilder().role(PRIMARY, change))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }
}
