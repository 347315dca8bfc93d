package io.mistersmith.persistence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

class ConnectionSettingsTest {

  @TempDir private Path directory;

  @Test
  void theEnvironmentPrecedesTheFile() {
    Properties file = new Properties();
    file.setProperty("PG_HOST", "file");
    file.setProperty("PG_DATABASE", "file");
    file.setProperty("NATS_SERVERS", "nats://unused");
    ConnectionSettings settings =
        new ConnectionSettings(Map.of("PG_HOST", "environment", "PG_DATABASE", " "), file);
    assertThat(settings.url()).isEqualTo("jdbc:postgresql://environment:5432/file");
    assertThat(settings.nameDatabase()).isTrue();
  }

  @Test
  void withoutAnyNameNoDatabaseIsMeant() {
    ConnectionSettings settings = settings(Map.of("PG_PORT", "5433"));
    assertThat(settings.nameDatabase()).isFalse();
    assertThat(settings.url()).isEqualTo("jdbc:postgresql://localhost:5433/agent_system");
    assertThat(settings.user()).isEmpty();
  }

  @Test
  void theMigratingRolePrecedesAll() {
    Map<String, String> all =
        Map.of("PG_HOST", "pooler", "PG_USER", "caller", "PG_PASSWORD", "all's");
    assertThat(settings(all).password()).hasValue("all's");
    ConnectionSettings own =
        settings(
            Map.of(
                "PG_HOST", "pooler",
                "PG_PASSWORD", "all's",
                "MIGRATION_DB_HOST", "direct:5433",
                "MIGRATION_DB_NAME", "agents",
                "MIGRATION_DB_USER", "owner"));
    assertThat(own.url()).isEqualTo("jdbc:postgresql://direct:5433/agents");
    assertThat(own.user()).hasValue("owner");
    assertThat(own.password()).as("another user's").isEmpty();
  }

  @Test
  void aSocketFileTakesThePlaceOfTheHost() {
    assertThat(settings(Map.of("PG_USE_SOCKET", "true", "PG_PORT", "5433")).url())
        .startsWith("jdbc:postgresql://localhost:5433/agent_system?socketFactory=org.newsclub")
        .endsWith("&socketFactoryArg=/var/run/postgresql/.s.PGSQL.5433");
  }

  @Test
  void filesOfCertificatesMakeItCheckTheServer() {
    PGSimpleDataSource source =
        applied(Map.of("PG_SSL_ROOT_CERT", "/root.pem", "PG_CONNECT_TIMEOUT", "3"), "");
    assertThat(source.getSslMode()).isEqualTo("verify-full");
    assertThat(source.getSslRootCert()).isEqualTo("/root.pem");
    assertThat(source.getConnectTimeout()).isEqualTo(3);
    assertThat(source.getApplicationName()).isEqualTo("agent_data_layer/migration");
    assertThat(applied(Map.of("PG_SSL_MODE", "verify-full"), "").getSslfactory())
        .endsWith("DefaultJavaSSLFactory");
    assertThat(applied(Map.of("PG_SSL_MODE", "verify-full"), "?sslmode=disable").getSslMode())
        .as("the URL's")
        .isNotEqualTo("verify-full");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PG_PORT | x | PG_PORT is 'x'; give a whole number",
        "PG_USE_SOCKET | 1 | PG_USE_SOCKET is '1'; give true or false",
        "PG_CONNECT_TIMEOUT | 0 | PG_CONNECT_TIMEOUT is '0'",
        "PG_SSL_MODE | on | use one of [disable",
        "PG_SSL_KEY | /key.pem | of PG_SSL_CERT and PG_SSL_KEY only one is set"
      })
  void aValueThatIsWrongIsNamedWithTheFix(String name, String value, String message) {
    assertThatThrownBy(
            () -> {
              ConnectionSettings settings = settings(Map.of(name, value));
              settings.apply(new PGSimpleDataSource(), settings.url());
            })
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aFileThatIsNoCertificateIsNamed() throws Exception {
    Path file = Files.writeString(directory.resolve("cert.pem"), "nothing of the kind");
    assertThatThrownBy(
            () -> applied(Map.of("PG_SSL_CERT", file.toString(), "PG_SSL_KEY", "/key.pem"), ""))
        .hasMessageContaining("PG_SSL_CERT: " + file);
  }

  private static ConnectionSettings settings(Map<String, String> environment) {
    return new ConnectionSettings(environment, new Properties());
  }

  private static PGSimpleDataSource applied(Map<String, String> environment, String parameters) {
    ConnectionSettings settings = settings(environment);
    PGSimpleDataSource source = new PGSimpleDataSource();
    settings.apply(source, settings.url() + parameters);
    return source;
  }
}
