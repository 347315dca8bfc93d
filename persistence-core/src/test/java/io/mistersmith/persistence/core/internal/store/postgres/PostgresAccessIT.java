package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.config.TlsConfig.Mode;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.testkit.server.CertificateAuthority;
import io.mistersmith.persistence.testkit.server.CertificateAuthority.Issued;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The ways to a real PostgreSQL: each mode of TLS, certificates at both ends, a socket file. */
class PostgresAccessIT {

  private static final String HOW =
      """
      SELECT coalesce(s.ssl::text, '') || ' ' || coalesce(s.client_dn, '-')
             || ' ' || coalesce(host(a.client_addr), 'socket')
        FROM pg_stat_activity a LEFT JOIN pg_stat_ssl s USING (pid)
       WHERE a.pid = pg_backend_pid()
      """;

  @TempDir private static Path directory;
  private static CertificateAuthority ours;
  private static CertificateAuthority others;
  private static PostgresServer server;

  @BeforeAll
  static void start() {
    ours = CertificateAuthority.create(directory.resolve("ours"));
    others = CertificateAuthority.create(directory.resolve("others"));
    server = server(ours.issue("server"));
    execute(server, "CREATE ROLE shown LOGIN; GRANT postgres TO shown");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void encryptsAsTheModeSays(Mode mode) throws SQLException {
    assertThat(how(config(server, trusting(mode, ours))))
        .isEqualTo((mode != Mode.DISABLE) + " - 127.0.0.1");
  }

  @Test
  void aServerOfAnotherAuthorityIsRefusedUnlessNothingIsChecked() throws SQLException {
    refuses(config(server, trusting(Mode.VERIFY_CA, others)), "PKIX path");
    refuses(config(server, TlsConfig.of(Mode.VERIFY_FULL)), "PKIX path");
    assertThat(how(config(server, TlsConfig.of(Mode.REQUIRE)))).startsWith("true");
  }

  @Test
  void aCertificateForAnotherHostIsRefusedByTheFullCheckAlone() throws SQLException {
    try (PostgresServer elsewhere = server(ours.issueForHost("elsewhere.example"))) {
      assertThat(how(config(elsewhere, trusting(Mode.VERIFY_CA, ours)))).startsWith("true");
      refuses(config(elsewhere, trusting(Mode.VERIFY_FULL, ours)), "127.0.0.1");
    }
  }

  @Test
  void aUserIsKnownByItsCertificate() throws SQLException {
    Issued client = ours.issue("shown");
    TlsConfig tls =
        trusting(Mode.VERIFY_FULL, ours).toBuilder()
            .clientCertificate(client.certificate(), client.key())
            .build();
    PostgresConfig config = config(server, tls).toBuilder().user("shown").build();
    assertThat(how(config)).isEqualTo("true /CN=shown 127.0.0.1");

    PostgresConfig without =
        config(server, trusting(Mode.VERIFY_FULL, ours)).toBuilder().user("shown").build();
    refuses(without, "28000");
  }

  @Test
  void filesThatAreMissingAreNamed() {
    Path none = directory.resolve("none");
    TlsConfig tls = TlsConfig.builder(Mode.VERIFY_FULL).rootCertificate(none).build();
    refuses(config(server, tls), "postgres.tls.rootCertificate: " + none);
    Issued client = ours.issue("shown");
    TlsConfig half =
        TlsConfig.builder(Mode.VERIFY_FULL)
            .clientCertificate(client.certificate(), client.key())
            .build();
    refuses(config(server, half), "name the file with the server's authority");
  }

  @Test
  void aSocketFileLeadsToTheServer() throws SQLException {
    PostgresConfig config = config(server, TlsConfig.of(Mode.PREFER));
    PostgresConfig socket =
        PostgresConfig.builder(config.jdbcUrl(), config.user()).unixSocket(directory).build();
    assertThat(how(socket)).isEqualTo("false - socket");
  }

  @Test
  void aSocketFactoryThatIsMissingIsNamed() {
    PostgresConfig config = config(server, TlsConfig.of(Mode.DISABLE));
    refuses(
        config.toBuilder().jdbcUrl(config.jdbcUrl() + "?socketFactory=org.none.Factory").build(),
        "org.none.Factory, which is not on the class path");
  }

  private static PostgresServer server(Issued certificate) {
    return PostgresServer.start(
        PostgresOptions.defaults()
            .withoutSync()
            .withTls(certificate, ours.certificate())
            .withUnixSocket(directory)
            .withAccessRules(
                "hostssl all shown 127.0.0.1/32 cert",
                "host all postgres 127.0.0.1/32 trust",
                "local all postgres trust"));
  }

  private static TlsConfig trusting(Mode mode, CertificateAuthority authority) {
    TlsConfig.Builder tls = TlsConfig.builder(mode);
    return mode.verifies() ? tls.rootCertificate(authority.certificate()).build() : tls.build();
  }

  private static PostgresConfig config(PostgresServer server, TlsConfig tls) {
    return PostgresConfig.builder(server.jdbcUrl(), server.user())
        .tls(tls)
        .allRoles(role -> role.acquireTimeout(Duration.ofSeconds(20)))
        .build();
  }

  /** How a connection of the pool came, as the server sees it. */
  private static String how(PostgresConfig config) throws SQLException {
    try (PoolSet pools =
            PoolSet.open(
                config, ApplicationSources.NONE, "test", new Services(PersistenceListener.NOOP));
        Connection connection = pools.of(PRIMARY).source().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(HOW)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }

  private static void refuses(PostgresConfig config, String reason) {
    PersistenceException refused =
        catchThrowableOfType(
            PersistenceException.class,
            () ->
                PoolSet.open(
                        config,
                        ApplicationSources.NONE,
                        "test",
                        new Services(PersistenceListener.NOOP))
                    .close());
    assertThat(refused).as(reason).isNotNull().hasMessageContaining(reason);
    assertThat(refused.error()).isIn(DataError.MISCONFIGURED, DataError.ACCESS_DENIED);
  }

  private static void execute(PostgresServer server, String sql) {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
