package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Servers that all test classes of this process share, and migrated databases, each a copy of one
 * that is migrated once a server.
 */
@SuppressWarnings("exports") // a test class in a package that the module exports
public final class MigratedDatabases {
  private static final AtomicInteger COUNTER = new AtomicInteger();

  private static final Map<Integer, PostgresServer> SHARED = new HashMap<>();

  private static final Map<PostgresServer, Map<List<String>, String>> TEMPLATES =
      new WeakHashMap<>();

  private MigratedDatabases() {}

  /**
   * A server without durability, which runs until this process ends. Only for classes that neither
   * stop it nor change its settings.
   */
  public static PostgresServer server(int majorVersion) {
    synchronized (SHARED) {
      return SHARED.computeIfAbsent(
          majorVersion,
          version ->
              PostgresServer.start(
                  PostgresOptions.defaults().withoutSync().withMajorVersion(version)));
    }
  }

  /** Creates an empty database. */
  public static PGSimpleDataSource empty(PostgresServer server) {
    return source(server, server.createDatabase("migrations_" + COUNTER.incrementAndGet()));
  }

  /** Creates a database with the core set and others. */
  public static PGSimpleDataSource migrated(PostgresServer server, String... sets)
      throws SQLException {
    return copy(server, template(server, List.of(sets)));
  }

  private static PGSimpleDataSource copy(PostgresServer server, String template)
      throws SQLException {
    String name = "migrations_" + COUNTER.incrementAndGet();
    try (Connection connection = source(server, server.jdbcUrl()).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE %s TEMPLATE %s".formatted(name, template));
    }
    return source(server, server.jdbcUrl().replaceFirst("/[^/]*$", "/" + name));
  }

  private static String template(PostgresServer server, List<String> sets) throws SQLException {
    synchronized (TEMPLATES) {
      Map<List<String>, String> templates = TEMPLATES.computeIfAbsent(server, s -> new HashMap<>());
      String template = templates.get(sets);
      if (template == null) {
        PGSimpleDataSource made =
            sets.isEmpty() ? empty(server) : copy(server, template(server, List.of()));
        MigrationRunner.builder()
            .dataSource(made)
            .sets(sets.toArray(String[]::new))
            .build()
            .apply();
        template = String.valueOf(made.getDatabaseName());
        templates.put(sets, template);
      }
      return template;
    }
  }

  private static PGSimpleDataSource source(PostgresServer server, String url) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setURL(url);
    source.setAssumeMinServerVersion(
        "15"); // its settings begin with the session, and outlive RESET
    source.setUser(server.user());
    server.password().ifPresent(source::setPassword);
    return source;
  }
}
