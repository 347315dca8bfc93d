package io.mistersmith.persistence.config;

import static io.mistersmith.persistence.config.SettingName.OfRole.DB_HOST;
import static io.mistersmith.persistence.config.SettingName.OfRole.DB_NAME;
import static io.mistersmith.persistence.config.SettingName.OfRole.DB_PASSWORD;
import static io.mistersmith.persistence.config.SettingName.OfRole.DB_USER;
import static io.mistersmith.persistence.config.SettingName.PG_APP_NAME;
import static io.mistersmith.persistence.config.SettingName.PG_CONNECT_TIMEOUT;
import static io.mistersmith.persistence.config.SettingName.PG_DATABASE;
import static io.mistersmith.persistence.config.SettingName.PG_HOST;
import static io.mistersmith.persistence.config.SettingName.PG_MAX_CONNECTIONS;
import static io.mistersmith.persistence.config.SettingName.PG_MIN_CONNECTIONS;
import static io.mistersmith.persistence.config.SettingName.PG_PASSWORD;
import static io.mistersmith.persistence.config.SettingName.PG_PORT;
import static io.mistersmith.persistence.config.SettingName.PG_SOCKET_PATH;
import static io.mistersmith.persistence.config.SettingName.PG_SSL_CERT;
import static io.mistersmith.persistence.config.SettingName.PG_SSL_KEY;
import static io.mistersmith.persistence.config.SettingName.PG_SSL_MODE;
import static io.mistersmith.persistence.config.SettingName.PG_SSL_ROOT_CERT;
import static io.mistersmith.persistence.config.SettingName.PG_STATEMENT_TIMEOUT;
import static io.mistersmith.persistence.config.SettingName.PG_USER;
import static io.mistersmith.persistence.config.SettingName.PG_USE_SOCKET;
import static io.mistersmith.persistence.model.PostgresRole.ANALYTICS;
import static io.mistersmith.persistence.model.PostgresRole.REPLICA;

import io.mistersmith.persistence.model.PostgresRole;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** How to reach PostgreSQL, by names. */
final class PostgresSettings {

  private final NamedSettings settings;

  PostgresSettings(NamedSettings settings) {
    this.settings = settings;
  }

  PostgresConfig configure() {
    PostgresConfig.Builder postgres =
        PostgresConfig.builder("jdbc:postgresql:", settings.text(PG_USER));
    postgres.jdbcUrl(url());
    settings.secret(PG_PASSWORD.name()).ifPresent(postgres::password);
    if (settings.flag(PG_USE_SOCKET)) {
      postgres.unixSocket(Path.of(settings.text(PG_SOCKET_PATH)));
    }
    settings.tls(PG_SSL_MODE, PG_SSL_ROOT_CERT, PG_SSL_CERT, PG_SSL_KEY).ifPresent(postgres::tls);
    Duration connect = settings.seconds(PG_CONNECT_TIMEOUT);
    Duration statement = settings.seconds(PG_STATEMENT_TIMEOUT);
    postgres.allRoles(role -> role.connectTimeout(connect));
    int most = settings.number(PG_MAX_CONNECTIONS, 1, 10_000);
    int least =
        settings.given(PG_MIN_CONNECTIONS).isPresent()
            ? settings.number(PG_MIN_CONNECTIONS, 0, most)
            : Math.min(most, settings.number(PG_MIN_CONNECTIONS, 0, 10_000));
    postgres.connections(least, most);
    for (PostgresRole role : PostgresRole.values()) {
      apply(postgres, role, statement);
    }
    return postgres.build();
  }

  private String url() {
    int port = settings.number(PG_PORT, 1, 65_535);
    String hosts =
        settings.list(PG_HOST).stream()
            .map(host -> host.matches(".*[^:]:\\d+|\\[.*]:\\d+") ? host : host + ":" + port)
            .collect(Collectors.joining(","));
    String url = JdbcUrl.withHosts("jdbc:postgresql:", hosts);
    return JdbcUrl.withDatabase(url, settings.text(PG_DATABASE));
  }

  /** A role differs from the others by what is set for it; reports may take their own time. */
  private void apply(PostgresConfig.Builder postgres, PostgresRole role, Duration statement) {
    String name = settings.text(PG_APP_NAME) + "/" + role.name().toLowerCase(Locale.ROOT);
    UnaryOperator<RoleConfig.Builder> change = own -> own.applicationName(name);
    if (role != ANALYTICS || settings.given(PG_STATEMENT_TIMEOUT).isPresent()) {
      change = then(change, own -> own.statementTimeout(statement));
    }
    Optional<String> database = settings.given(DB_NAME.of(role));
    Optional<String> user = settings.given(DB_USER.of(role));
    if (database.isPresent()) {
      change = then(change, own -> own.database(database.get()));
    }
    if (user.isPresent()) {
      change = then(change, own -> own.user(user.get()));
    }
    Optional<Supplier<Secret>> password = settings.secret(DB_PASSWORD.of(role));
    if (password.isPresent()) {
      change = then(change, own -> own.password(password.get()));
    }
    Optional<String> host = settings.given(DB_HOST.of(role));
    if (host.isPresent() && role != REPLICA) {
      change = then(change, own -> own.host(host.get()));
    }
    if (role != ANALYTICS || isSet(role)) {
      postgres.role(role, change);
    }
    if (role == REPLICA) {
      hosts(host).forEach(one -> postgres.replica(replica -> replica.host(one)));
    }
  }

  /** Whether anything is set for the role, without which reports have no pool. */
  private boolean isSet(PostgresRole role) {
    return Arrays.stream(SettingName.OfRole.values())
        .anyMatch(own -> settings.given(own.of(role)).isPresent());
  }

  private static List<String> hosts(Optional<String> hosts) {
    return hosts.stream()
        .flatMap(list -> Arrays.stream(list.split(",")))
        .map(String::strip)
        .toList();
  }

  private static UnaryOperator<RoleConfig.Builder> then(
      UnaryOperator<RoleConfig.Builder> first, UnaryOperator<RoleConfig.Builder> next) {
    return own -> next.apply(first.apply(own));
  }
}
