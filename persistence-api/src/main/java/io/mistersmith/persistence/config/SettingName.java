package io.mistersmith.persistence.config;

import io.mistersmith.persistence.model.PostgresRole;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The names of the settings in the environment and in a properties file, with their defaults. The
 * command line of the migrations reads the same ones, as far as they concern it.
 */
enum SettingName {
  PG_HOST("localhost"),
  PG_PORT("5432"),
  PG_DATABASE("agent_system"),
  PG_USER("postgres"),
  PG_PASSWORD(""),
  PG_APP_NAME("agent_data_layer"),
  PG_SOCKET_PATH("/var/run/postgresql"),
  PG_USE_SOCKET("false"),
  /** Without it a root certificate makes it verify-full; else the driver decides: prefer. */
  PG_SSL_MODE(""),
  PG_SSL_ROOT_CERT(""),
  PG_SSL_CERT(""),
  PG_SSL_KEY(""),
  PG_CONNECT_TIMEOUT("10"),
  PG_STATEMENT_TIMEOUT("30"),
  PG_MAX_CONNECTIONS("10"),
  PG_MIN_CONNECTIONS("2"),
  NATS_SERVERS("nats://localhost:4222"),
  NATS_CREDS_FILE(""),
  NATS_NKEY_FILE(""),
  NATS_USER(""),
  NATS_PASSWORD(""),
  NATS_TOKEN(""),
  /** Without it a file of the three below makes it verify-full; else the URLs decide. */
  NATS_TLS_MODE(""),
  NATS_TLS_CERT(""),
  NATS_TLS_KEY(""),
  NATS_CA_CERT(""),
  NATS_KV_PREFIX("agent_"),
  NATS_KV_TTL_MINUTES("30"),
  NATS_KV_REPLICAS("3"),
  NATS_KV_MAX_SIZE("1GB"),
  NATS_KV_COMPRESSION("true");

  /** What a role can have for itself, after its name and an underscore. */
  enum OfRole {
    DB_HOST,
    DB_NAME,
    DB_USER,
    DB_PASSWORD;

    String of(PostgresRole role) {
      return role + "_" + name();
    }
  }

  private final String missing;

  SettingName(String missing) {
    this.missing = missing;
  }

  /** Returns the default; empty where there is none. */
  Optional<String> byDefault() {
    return missing.isEmpty() ? Optional.empty() : Optional.of(missing);
  }

  /** Returns all names, with their defaults. */
  static SortedMap<String, String> all() {
    SortedMap<String, String> all = new TreeMap<>();
    for (SettingName name : values()) {
      all.put(name.name(), name.missing);
    }
    for (PostgresRole role : PostgresRole.values()) {
      for (OfRole own : OfRole.values()) {
        all.put(own.of(role), "");
      }
    }
    return all;
  }
}
