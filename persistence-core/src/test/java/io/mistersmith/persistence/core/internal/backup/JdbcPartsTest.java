package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JdbcPartsTest {

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://db:5433/agents, db, 5433, agents",
    "jdbc:postgresql://db/agents?a=b, db, 5432, agents",
    "jdbc:postgresql:agents, localhost, 5432, agents",
    "jdbc:postgresql:///agents, localhost, 5432, agents",
    "jdbc:postgresql://[::1]:5433/a%20b, ::1, 5433, a b"
  })
  void aUrlIsTakenApart(String url, String host, String port, String database) {
    JdbcParts parts = JdbcParts.of(url);
    assertThat(parts.hosts()).containsExactly(host);
    assertThat(parts.ports()).containsExactly(port);
    assertThat(parts.database()).contains(database);
  }

  @Test
  void theDatabaseMayBeLeftOut() {
    assertThat(JdbcParts.of("jdbc:postgresql://db:5433").database()).isEmpty();
    assertThat(JdbcParts.of("jdbc:postgresql://db/?ssl=true").database()).isEmpty();
    assertThat(JdbcParts.of("jdbc:postgresql:/").hosts()).containsExactly("localhost");
  }

  @Test
  void severalHostsLeadToThePrimary() {
    PostgresConfig config = PostgresConfig.of("jdbc:postgresql://a,b:5433/agents", "me");
    assertThat(LibpqAccess.of(config).conninfo(15))
        .startsWith("host='a,b' port='5432,5433' dbname='agents' user='me'")
        .contains("target_session_attrs='primary'");
  }

  @Test
  void aSocketIsReachedByItsDirectory() {
    PostgresConfig config =
        PostgresConfig.builder("jdbc:postgresql://localhost:5433/agents", "me")
            .unixSocket(Path.of("/var/run/postgresql"))
            .build();
    assertThat(LibpqAccess.of(config).conninfo(15))
        .startsWith("host='/var/run/postgresql' port='5433' dbname='agents'");
  }

  @Test
  void thePasswordIsInTheEnvironmentAlone() {
    LibpqAccess access =
        LibpqAccess.of(
            PostgresConfig.builder("jdbc:postgresql://db/agents", "me")
                .password("pass'word")
                .build());
    assertThat(access.environment()).isEqualTo(Map.of("PGPASSWORD", "pass'word"));
    assertThat(access.conninfo(15)).doesNotContain("pass");
    assertThat(access).hasToString("db/agents");
  }

  @Test
  void valuesAreQuoted() {
    assertThat(LibpqAccess.quoted("it's a \\ name")).isEqualTo("'it\\'s a \\\\ name'");
  }

  @Test
  void tlsIsGivenOn() {
    PostgresConfig config =
        PostgresConfig.builder("jdbc:postgresql://db/agents", "me")
            .tls(
                TlsConfig.builder(TlsConfig.Mode.VERIFY_FULL)
                    .rootCertificate(Path.of("/tls/root.pem"))
                    .clientCertificate(Path.of("/tls/me.pem"), Path.of("/tls/me.key"))
                    .build())
            .build();
    assertThat(LibpqAccess.of(config).conninfo(15))
        .contains("sslmode='verify-full'", "sslrootcert='/tls/root.pem'")
        .contains("sslcert='/tls/me.pem'", "sslkey='/tls/me.key'");
  }

  @Test
  void theAuthoritiesOfTheSystemAreNamedToProgramsThatKnowThem() {
    PostgresConfig config =
        PostgresConfig.builder("jdbc:postgresql://db/agents", "me")
            .tls(TlsConfig.of(TlsConfig.Mode.VERIFY_FULL))
            .build();
    assertThat(LibpqAccess.of(config).conninfo(16)).contains("sslrootcert='system'");
    assertThat(LibpqAccess.of(config).conninfo(15)).doesNotContain("sslrootcert");
  }

  @Test
  void whatTheUrlSaysOfTlsIsGivenOn() {
    PostgresConfig config =
        PostgresConfig.of("jdbc:postgresql://db/agents?sslmode=require&sslcert=%2Fme.pem", "me");
    assertThat(LibpqAccess.of(config).conninfo(15))
        .contains("sslmode='require'", "sslcert='/me.pem'");
  }

  @Test
  void anotherFormIsRefused() {
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> JdbcParts.of("jdbc:postgresql://a:b:c/d"))
        .withMessageContaining("jdbc:postgresql://host:port/database");
  }
}
