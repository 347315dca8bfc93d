package io.mistersmith.persistence.cli;

/**
 * The names of the settings of a connection in the environment and in a properties file, with their
 * defaults: those of the library's configuration, as far as the migrations need them. The time
 * limit of statements is not among them, since a migration may take longer than a caller's
 * statement.
 */
enum ConnectionSetting {
  PG_HOST("localhost"),
  PG_PORT("5432"),
  PG_DATABASE("agent_system"),
  PG_USER("postgres"),
  PG_PASSWORD(""),
  PG_APP_NAME("agent_data_layer"),
  PG_SOCKET_PATH("/var/run/postgresql"),
  PG_USE_SOCKET("false"),
  PG_SSL_MODE(""),
  PG_SSL_ROOT_CERT(""),
  PG_SSL_CERT(""),
  PG_SSL_KEY(""),
  PG_CONNECT_TIMEOUT("10"),
  /** The four of the role that migrates have precedence over those of all. */
  MIGRATION_DB_HOST(""),
  MIGRATION_DB_NAME(""),
  MIGRATION_DB_USER(""),
  MIGRATION_DB_PASSWORD("");

  private final String missing;

  ConnectionSetting(String missing) {
    this.missing = missing;
  }

  /** The default, or empty. */
  String byDefault() {
    return missing;
  }
}
