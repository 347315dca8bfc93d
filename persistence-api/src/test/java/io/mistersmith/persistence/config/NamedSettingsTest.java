package io.mistersmith.persistence.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.BucketConfig.Storage;
import io.mistersmith.persistence.config.NatsConfig.Authentication;
import io.mistersmith.persistence.config.TlsConfig.Mode;
import io.mistersmith.persistence.model.PostgresRole;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A configuration from the environment and from a file, by the names of the settings. */
class NamedSettingsTest {

  @Test
  void withoutAnyNameTheDefaultsHold() {
    PersistenceConfig config = PersistenceConfig.from(new Properties()).build();
    PostgresConfig postgres = config.postgres();
    assertThat(postgres.jdbcUrl()).isEqualTo("jdbc:postgresql://localhost:5432/agent_system");
    assertThat(postgres.user()).isEqualTo("postgres");
    assertThat(postgres.password()).isEmpty();
    RoleConfig primary = postgres.role(PostgresRole.PRIMARY);
    assertThat(primary.applicationName()).hasValue("agent_data_layer/primary");
    assertThat(primary.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(primary.statementTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(primary.maxConnections()).isEqualTo(10);
    assertThat(primary.minConnections()).isEqualTo(2);
    assertThat(primary.tls()).isEmpty();
    assertThat(postgres.isConfigured(PostgresRole.ANALYTICS)).isFalse();
    assertThat(postgres.role(PostgresRole.ANALYTICS).statementTimeout())
        .isEqualTo(Duration.ofMinutes(5));
    NatsConfig nats = config.nats();
    assertThat(nats.servers()).containsExactly("nats://localhost:4222");
    assertThat(nats.authentication()).isEmpty();
    assertThat(nats.tls()).isEmpty();
    assertThat(nats.namePrefix()).isEqualTo("agent_");
    assertThat(nats.replicas()).isEqualTo(3);
    assertThat(config.flush().idleTimeToLive()).isEqualTo(Duration.ofMinutes(30));
    for (Bucket bucket : Bucket.values()) {
      boolean onDisk = bucket.defaults().storage() == Storage.FILE;
      assertThat(config.bucket(bucket).compressed()).isEqualTo(onDisk);
      assertThat(config.bucket(bucket).maxBytes().isPresent()).isEqualTo(onDisk);
    }
    assertThat(config.bucket(Bucket.AGENT_STATE).maxBytes()).hasValue(1L << 30);
  }

  /** A blank value would be the default, and a runtime that is made in Java has no prefix. */
  @Test
  void thereIsAWordForNoPrefix() {
    Map<String, String> none = Map.of("NATS_KV_PREFIX", "none");
    PersistenceConfig config = NamedSettings.of(none, new Properties()).configure().build();
    assertThat(config.nats().namePrefix()).isEmpty();
  }

  @Test
  void everyNameHasItsEffect() {
    PersistenceConfig defaults = PersistenceConfig.from(new Properties()).build();
    Map<String, String> values = new TreeMap<>();
    values.put("PG_HOST", "db");
    values.put("PG_PORT", "6432");
    values.put("PG_DATABASE", "agents");
    values.put("PG_USER", "someone");
    values.put("PG_APP_NAME", "crew");
    values.put("PG_SSL_MODE", "verify-ca");
    values.put("PG_CONNECT_TIMEOUT", "3");
    values.put("PG_STATEMENT_TIMEOUT", "7");
    values.put("PG_MAX_CONNECTIONS", "4");
    values.put("PG_MIN_CONNECTIONS", "3");
    values.put("PG_USE_SOCKET", "true");
    values.put("PG_SSL_ROOT_CERT", "/pg/root.pem");
    values.put("PRIMARY_DB_USER", "caller");
    values.put("MIGRATION_DB_HOST", "direct:5433");
    values.put("BACKGROUND_DB_NAME", "other");
    values.put("REPLICA_DB_HOST", "r1,r2");
    values.put("ANALYTICS_DB_HOST", "reports");
    values.put("NATS_SERVERS", "tls://a:1, tls://b:2");
    values.put("NATS_CREDS_FILE", "/nats/a.creds");
    values.put("NATS_TLS_MODE", "verify-ca");
    values.put("NATS_CA_CERT", "/nats/ca.pem");
    values.put("NATS_KV_PREFIX", "crew_");
    values.put("NATS_KV_TTL_MINUTES", "5");
    values.put("NATS_KV_REPLICAS", "1");
    values.put("NATS_KV_MAX_SIZE", "2MB");
    values.put("NATS_KV_COMPRESSION", "false");
    values.forEach(
        (name, value) -> {
          PersistenceConfig changed =
              NamedSettings.of(Map.of(name, value), new Properties()).configure().build();
          assertThat(changed.toString()).as(name).isNotEqualTo(defaults.toString());
        });
    PersistenceConfig all = NamedSettings.of(values, new Properties()).configure().build();
    assertThat(all.postgres().role(PostgresRole.MIGRATION).jdbcUrl())
        .isEqualTo("jdbc:postgresql://direct:5433/agents");
    assertThat(all.postgres().replica(1).jdbcUrl()).isEqualTo("jdbc:postgresql://r2/agents");
    assertThat(all.postgres().role(PostgresRole.PRIMARY).jdbcUrl())
        .endsWith("&socketFactoryArg=/var/run/postgresql/.s.PGSQL.6432");
    assertThat(all.postgres().role(PostgresRole.PRIMARY).tls().orElseThrow().mode())
        .isEqualTo(Mode.VERIFY_CA);
    assertThat(all.nats().authentication())
        .hasValue(new Authentication.CredentialsFile(Path.of("/nats/a.creds")));
    assertThat(all.bucket(Bucket.SESSION_DATA).maxBytes()).hasValue(2L << 20);
  }

  @Test
  void theBuilderPrecedesTheEnvironmentWhichPrecedesTheFile() {
    Properties file = properties("PG_HOST", "file", "PG_DATABASE", "file", "PG_USER", "file");
    PersistenceConfig config =
        NamedSettings.of(Map.of("PG_HOST", "environment", "PG_DATABASE", "environment"), file)
            .configure()
            .postgres(postgres -> postgres.jdbcUrl("jdbc:postgresql://builder/builder"))
            .nats(nats -> nats.namePrefix("builder-"))
            .build();
    assertThat(config.postgres().jdbcUrl()).isEqualTo("jdbc:postgresql://builder/builder");
    assertThat(config.postgres().user()).isEqualTo("file");
    assertThat(config.nats().namePrefix()).isEqualTo("builder-");
    assertThat(
            NamedSettings.of(Map.of("PG_HOST", "environment", "PG_DATABASE", " "), file)
                .configure()
                .build()
                .postgres()
                .jdbcUrl())
        .as("a blank name counts as not set")
        .isEqualTo("jdbc:postgresql://environment:5432/file");
  }

  @Test
  void passwordsAreKeptByRoleAndNeverPrinted() {
    PersistenceConfig config =
        PersistenceConfig.from(
                properties(
                    "PG_PASSWORD", "s3cr3t-all",
                    "PRIMARY_DB_PASSWORD", "s3cr3t-primary",
                    "REPLICA_DB_PASSWORD", "s3cr3t-replica",
                    "REPLICA_DB_HOST", "replica",
                    "BACKGROUND_DB_PASSWORD", "s3cr3t-background",
                    "ANALYTICS_DB_PASSWORD", "s3cr3t-analytics",
                    "MIGRATION_DB_USER", "owner",
                    "NATS_SERVERS", "nats://user:s3cr3t-url@host:4222",
                    "NATS_USER", "app",
                    "NATS_PASSWORD", "s3cr3t-nats"))
            .build();
    assertThat(password(config.postgres().role(PostgresRole.PRIMARY))).isEqualTo("s3cr3t-primary");
    assertThat(password(config.postgres().replica(0))).isEqualTo("s3cr3t-replica");
    assertThat(password(config.postgres().role(PostgresRole.BACKGROUND)))
        .isEqualTo("s3cr3t-background");
    assertThat(password(config.postgres().role(PostgresRole.ANALYTICS)))
        .isEqualTo("s3cr3t-analytics");
    assertThat(password(config.postgres().role(PostgresRole.FLUSH))).isEqualTo("s3cr3t-all");
    assertThat(config.postgres().role(PostgresRole.MIGRATION).password())
        .as("another user's password")
        .isEmpty();
    assertThat(config.toString())
        .doesNotContain("s3cr3t")
        .contains("nats://***@host:4222", "UserPassword[user=app]", "user=owner");
  }

  private static String password(RoleConfig role) {
    return role.password().orElseThrow().reveal();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PG_PORT | none | PG_PORT is 'none'; give a whole number from 1 to 65535",
        "PG_PORT | tcp://10.0.0.1:5432 | enableServiceLinks",
        "PG_HOST | db/x | postgres.host is 'db/x:5432'",
        "PG_DATABASE | a?b | postgres.database is 'a?b'",
        "PG_USE_SOCKET | yes | PG_USE_SOCKET is 'yes'; give true or false",
        "PG_CONNECT_TIMEOUT | 10s | PG_CONNECT_TIMEOUT is '10s'",
        "PG_MAX_CONNECTIONS | 0 | PG_MAX_CONNECTIONS is '0'; give a whole number from 1",
        "PG_MIN_CONNECTIONS | 11 | PG_MIN_CONNECTIONS is '11'; give a whole number from 0 to 10",
        "PG_SSL_MODE | on | PG_SSL_MODE is 'on'; use one of [disable",
        "PG_SSL_CERT | /a.pem | of PG_SSL_CERT and PG_SSL_KEY only one is set",
        "PG_HOSTT | db | PG_HOSTT is no setting",
        "OWNER_DB_USER | db | OWNER_DB_USER is no setting",
        "NATS_KV_REPLICAS | 2 | nats.replicas is 2; use 1, 3 or 5",
        "NATS_KV_PREFIX | a.b | nats.namePrefix",
        "NATS_KV_MAX_SIZE | much | NATS_KV_MAX_SIZE is 'much'; give a size such as",
        "NATS_KV_MAX_SIZE | 10 | NATS_KV_MAX_SIZE is 10; give 1024 bytes or more",
        "NATS_KV_TTL_MINUTES | 0 | NATS_KV_TTL_MINUTES is '0'",
        "NATS_USER | app | of NATS_USER and NATS_PASSWORD only one is set",
        "NATS_TLS_MODE | prefer | NATS_TLS_MODE: nats.tls has the mode PREFER"
      })
  void aValueThatIsWrongIsNamedWithTheFix(String name, String value, String message) {
    assertThatThrownBy(() -> PersistenceConfig.from(properties(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void whatContradictsItselfIsRefused() {
    assertThatThrownBy(
            () ->
                PersistenceConfig.from(properties("NATS_CREDS_FILE", "/a", "NATS_NKEY_FILE", "/b")))
        .hasMessageContaining("[NATS_CREDS_FILE, NATS_NKEY_FILE] are set");
    assertThatThrownBy(
            () ->
                PersistenceConfig.from(
                    properties("PG_SSL_MODE", "require", "PG_SSL_ROOT_CERT", "/root.pem")))
        .hasMessageContaining("PG_SSL_MODE, PG_SSL_ROOT_CERT: ")
        .hasMessageContaining("REQUIRE checks no certificate");
    assertThatThrownBy(
            () ->
                PostgresConfig.builder("jdbc:postgresql://db/agents?sslmode=require", "u")
                    .tls(TlsConfig.of(Mode.VERIFY_FULL))
                    .build())
        .hasMessageContaining("take them out of the URL");
    assertThatThrownBy(() -> NatsConfig.builder("tls://db").tls(TlsConfig.of(Mode.DISABLE)).build())
        .hasMessageContaining("use nats://");
  }

  @Test
  void otherNamesInTheEnvironmentAreLeftAlone() {
    assertThat(
            NamedSettings.of(Map.of("PG_VERSION", "18", "NATS_PORT", "tcp://a"), new Properties())
                .configure()
                .build()
                .nats()
                .servers())
        .containsExactly("nats://localhost:4222");
  }

  private static Properties properties(String... namesAndValues) {
    Properties properties = new Properties();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      properties.setProperty(namesAndValues[i], namesAndValues[i + 1]);
    }
    return properties;
  }
}
