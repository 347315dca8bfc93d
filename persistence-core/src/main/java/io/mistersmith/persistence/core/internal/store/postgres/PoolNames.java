package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.model.PostgresRole;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The names of pools and servers in messages, in the log and in the server's views. */
final class PoolNames {

  private PoolNames() {}

  /** Returns the name of a role's pool. */
  static String name(PostgresRole role) {
    return role.name().toLowerCase(Locale.ROOT);
  }

  /** The server cuts what is over 63 bytes, and the role is what must not be cut. */
  static String application(RoleConfig config, String runtimeName, String name) {
    String role = "/" + name;
    String runtime = runtimeName.replaceAll("[^ -~]", "?");
    return config
        .applicationName()
        .orElseGet(
            () -> runtime.substring(0, Math.min(runtime.length(), 63 - role.length())) + role);
  }

  /** Hosts, ports and database, for messages. Nothing else of the URL: it may hold secrets. */
  static String server(RoleConfig config) {
    return server(config.jdbcUrl(), config.user());
  }

  /** Returns the server of a URL, whose database has the name of the user where it names none. */
  static String server(String jdbcUrl, String user) {
    List<HostAddress> hosts = HostAddress.of(jdbcUrl);
    return hosts.isEmpty()
        ? "at the configured URL"
        : hosts.stream().map(HostAddress::toString).collect(Collectors.joining(","))
            + "/"
            + HostAddress.database(jdbcUrl, user);
  }
}
