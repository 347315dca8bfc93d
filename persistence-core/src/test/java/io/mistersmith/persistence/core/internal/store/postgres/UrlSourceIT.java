package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.model.PostgresRole;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Connects to the server that the driver chooses, as pools of replicas and of reports do. */
class UrlSourceIT {

  private final PostgresDatabase database = PostgresDatabase.create();

  private static UrlSource source(PostgresConfig config) {
    return new UrlSource(config.role(PostgresRole.ANALYTICS), "url-source");
  }

  @Test
  void asksForThePasswordBeforeEachConnection() throws SQLException {
    AtomicInteger asked = new AtomicInteger();
    Secret password = database.config().password().orElseGet(() -> Secret.of("any"));
    PostgresConfig config =
        database.config().toBuilder()
            .password(
                () -> {
                  asked.incrementAndGet();
                  return password;
                })
            .build();
    try (UrlSource source = source(config);
        Connection first = source.getConnection();
        Connection second = source.getConnection()) {
      assertThat(first.isValid(5)).isTrue();
      assertThat(second.isValid(5)).isTrue();
      assertThat(asked).hasValue(2);
    }
  }

  @Test
  void takesTheNextServerOfTheUrlAndItsParameters() throws SQLException {
    String url = database.config().jdbcUrl().replace("//", "//127.0.0.1:1,");
    String named = url + (url.contains("?") ? "&" : "?") + "ApplicationName=by-url";
    PostgresConfig config = database.config().toBuilder().allRoles(r -> r.jdbcUrl(named)).build();
    try (UrlSource source = source(config);
        Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT current_setting('application_name')")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString(1)).isEqualTo("by-url");
    }
  }

  @Test
  void aSourceThatIsClosedCutsItsConnectionsAndMakesNoMore() throws SQLException {
    UrlSource source = source(database.config());
    Connection made = source.getConnection();
    source.close();
    assertThat(made.isClosed()).isTrue();
    assertThatThrownBy(source::getConnection)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("is closed");
  }
}
