package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.model.PostgresRole;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * How PostgreSQL's programs reach the server of a configuration: they know no JDBC URL. They
 * connect as the role MIGRATION, which owns the tables and does not go through a pooler. The
 * password is in their environment, never on their command line.
 */
final class LibpqAccess {

  /** The first version whose programs can trust the authorities of the operating system. */
  private static final int SYSTEM_AUTHORITIES = 16;

  private static final String KEEPALIVE_SECONDS = "30";

  private final RoleConfig role;
  private final JdbcParts url;

  private LibpqAccess(RoleConfig role, JdbcParts url) {
    this.role = role;
    this.url = url;
  }

  /** Returns the access to the server that a configuration's role MIGRATION has. */
  static LibpqAccess of(PostgresConfig config) {
    RoleConfig role = config.role(PostgresRole.MIGRATION);
    return new LibpqAccess(role, JdbcParts.of(role.jdbcUrl()));
  }

  /** Returns the name of the database, which is that of the user where the URL has none. */
  String database() {
    return url.database().orElse(user());
  }

  private String user() {
    return url.parameter("user").orElse(role.user());
  }

  /** Returns the variables that a program gets: the password as it is now. */
  Map<String, String> environment() {
    return url.parameter("password")
        .or(() -> role.password().map(Secret::reveal))
        .map(password -> Map.of("PGPASSWORD", password))
        .orElse(Map.of());
  }

  /**
   * Returns the connection string.
   *
   * @param programVersion the major version of the program
   */
  String conninfo(int programVersion) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("host", String.join(",", url.hosts()));
    settings.put("port", String.join(",", url.ports()));
    settings.put("dbname", database());
    settings.put("user", user());
    settings.put("application_name", role.applicationName().orElse("persistence-backup"));
    settings.put("connect_timeout", Long.toString(Math.max(2, role.connectTimeout().toSeconds())));
    settings.put("keepalives_idle", KEEPALIVE_SECONDS);
    if (url.hosts().size() > 1) {
      settings.put("target_session_attrs", "primary");
    }
    addTls(settings, programVersion);
    StringJoiner text = new StringJoiner(" ");
    settings.forEach((name, value) -> text.add(name + "=" + quoted(value)));
    return text.toString();
  }

  private void addTls(Map<String, String> settings, int programVersion) {
    role.tls().ifPresent(tls -> add(settings, tls, programVersion));
    if (role.tls().isEmpty()) {
      url.parameter("ssl")
          .filter(value -> value.isEmpty() || value.equals("true"))
          .ifPresent(value -> settings.put("sslmode", "verify-full"));
      for (String name : List.of("sslmode", "sslrootcert", "sslcert", "sslkey")) {
        url.parameter(name).ifPresent(value -> settings.put(name, value));
      }
    }
  }

  private static void add(Map<String, String> settings, TlsConfig tls, int programVersion) {
    settings.put("sslmode", tls.mode().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    tls.rootCertificate().ifPresent(file -> settings.put("sslrootcert", file.toString()));
    if (tls.mode() == TlsConfig.Mode.VERIFY_FULL
        && tls.rootCertificate().isEmpty()
        && programVersion >= SYSTEM_AUTHORITIES) {
      settings.put("sslrootcert", "system");
    }
    tls.clientCertificate().ifPresent(file -> settings.put("sslcert", file.toString()));
    tls.clientKey().ifPresent(file -> settings.put("sslkey", file.toString()));
  }

  /** Quotes a value of a connection string. */
  static String quoted(String value) {
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }

  /** Returns the database and its servers, for a message. */
  @Override
  public String toString() {
    Optional<String> name = url.database();
    return String.join(",", url.hosts()) + name.map(database -> "/" + database).orElse("");
  }
}
