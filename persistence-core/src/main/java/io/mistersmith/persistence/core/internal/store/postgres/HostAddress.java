package io.mistersmith.persistence.core.internal.store.postgres;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.regex.Pattern;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * One server of a JDBC URL, which may name several.
 *
 * @param host its name or address
 * @param port its port
 */
record HostAddress(String host, String port) {

  private static final Pattern COMMA = Pattern.compile(",");

  /** Returns the servers of a URL in its order; none where it is no URL of PostgreSQL. */
  static List<HostAddress> of(String jdbcUrl) {
    Properties url = Driver.parseURL(jdbcUrl, null);
    if (url == null) {
      return List.of();
    }
    String[] hosts = COMMA.split(valueOf(PGProperty.PG_HOST, url, "localhost"), -1);
    String[] ports = COMMA.split(valueOf(PGProperty.PG_PORT, url, "5432"), -1);
    List<HostAddress> addresses = new ArrayList<>();
    for (int i = 0; i < hosts.length; i++) {
      addresses.add(new HostAddress(hosts[i], ports[Math.min(i, ports.length - 1)]));
    }
    return addresses;
  }

  /** Returns the database of a URL, which is that of the user's name where it has none. */
  static String database(String jdbcUrl, String user) {
    Properties url = Driver.parseURL(jdbcUrl, null);
    return url == null ? user : valueOf(PGProperty.PG_DBNAME, url, user);
  }

  private static String valueOf(PGProperty property, Properties url, String missing) {
    return Objects.requireNonNullElse(property.getOrDefault(url), missing);
  }

  /** Returns the URL of a database on this server alone, without parameters. */
  String url(String database) {
    return "jdbc:postgresql://" + this + "/" + URLEncoder.encode(database, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
