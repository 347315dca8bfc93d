package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a JDBC URL of PostgreSQL.
 *
 * @param hosts its hosts, without brackets; a directory for a socket file
 * @param ports the port of each
 * @param database the database, where it names one
 * @param parameters what follows the question mark
 */
record JdbcParts(
    List<String> hosts,
    List<String> ports,
    Optional<String> database,
    Map<String, String> parameters) {

  private static final Pattern URL =
      Pattern.compile(
          "jdbc:postgresql:(?://(?<hosts>[^/?]*)(?:/|(?=\\?)|$)|/(?!/))?"
              + "(?<database>[^?]*)(?:\\?(?<parameters>.*))?");
  private static final Pattern HOST =
      Pattern.compile("(?:\\[(?<address>[^\\]]+)]|(?<name>[^:]*))(?::(?<port>\\d{1,5}))?");
  private static final Pattern SOCKET_FILE = Pattern.compile("\\.s\\.PGSQL\\.(\\d{1,5})");
  private static final String STANDARD_PORT = "5432";

  /** Copies the collections. */
  JdbcParts {
    hosts = List.copyOf(hosts);
    ports = List.copyOf(ports);
    parameters = Map.copyOf(parameters);
  }

  /**
   * Takes a URL apart.
   *
   * @throws NonTransientPersistenceException MISCONFIGURED when it has another form
   */
  static JdbcParts of(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw otherForm();
    }
    Map<String, String> parameters = parameters(parts.group("parameters"));
    List<String> hosts = new ArrayList<>();
    List<String> ports = new ArrayList<>();
    String given = parts.group("hosts");
    for (String host : (given == null ? "" : given).split(",", -1)) {
      add(host, hosts, ports);
    }
    String database = decoded(String.valueOf(parts.group("database")));
    return withSocket(
        new JdbcParts(
            hosts,
            ports,
            database.isEmpty() ? Optional.empty() : Optional.of(database),
            parameters));
  }

  private static void add(String host, List<String> hosts, List<String> ports) {
    Matcher parts = HOST.matcher(host);
    if (!parts.matches()) {
      throw otherForm();
    }
    String address = parts.group("address");
    String name = address != null ? address : String.valueOf(parts.group("name"));
    String port = parts.group("port");
    hosts.add(name.isEmpty() ? "localhost" : name);
    ports.add(port == null ? STANDARD_PORT : port);
  }

  private static Map<String, String> parameters(@Nullable String text) {
    Map<String, String> found = new LinkedHashMap<>();
    for (String parameter : (text == null ? "" : text).split("&", -1)) {
      if (!parameter.isEmpty()) {
        int equals = parameter.indexOf('=');
        found.putIfAbsent(
            equals < 0 ? parameter : parameter.substring(0, equals),
            equals < 0 ? "" : decoded(parameter.substring(equals + 1)));
      }
    }
    return found;
  }

  /** A socket's file is given to the driver by its factory; the programs take its directory. */
  private static JdbcParts withSocket(JdbcParts parts) {
    String file = parts.parameters().get("socketFactoryArg");
    Path name = file == null ? null : Path.of(file).getFileName();
    Path directory = file == null ? null : Path.of(file).getParent();
    if (name == null || directory == null) {
      return parts;
    }
    Matcher port = SOCKET_FILE.matcher(name.toString());
    return port.matches()
        ? new JdbcParts(
            List.of(directory.toString()),
            List.of(port.group(1)),
            parts.database(),
            parts.parameters())
        : parts;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static NonTransientPersistenceException otherForm() {
    return new NonTransientPersistenceException(
        DataError.MISCONFIGURED,
        "postgres.jdbcUrl has a form that PostgreSQL's programs cannot be given; use"
            + " jdbc:postgresql://host:port/database");
  }

  /** Returns the value of a parameter. */
  Optional<String> parameter(String name) {
    return Optional.ofNullable(parameters.get(name));
  }
}
