package io.mistersmith.persistence.core;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Databases on the server that all tests share, each a copy of one that is migrated once. Copying
 * takes a quarter of a second, emptying a few milliseconds: a test that changes only rows borrows a
 * database and gives it back.
 */
public final class MigratedDatabase {

  private static final String RUN = "core_" + ProcessHandle.current().pid();
  private static final AtomicInteger COPIES = new AtomicInteger();
  private static final Queue<String> EMPTY = new ConcurrentLinkedQueue<>();

  /**
   * Kept until the tests end: in a new session, to look at all tables takes a hundred times more.
   */
  private static final Map<String, Connection> CLEANERS = new ConcurrentHashMap<>();

  private static final String END_SESSIONS =
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND NOT (application_name = '%s' AND state = 'idle')
      """
          .formatted(KeptPools.SESSION_NAME);

  /** Deletes all rows except the installation's identity, which the migrations insert. */
  private static final String CLEAR =
      """
      DO $$
      DECLARE
        relation REGCLASS;
        filled BOOLEAN;
      BEGIN
        SET LOCAL session_replication_role = replica;
        FOR relation IN
          SELECT c.oid::regclass
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind = 'r' AND c.oid <> 'agents.installation'::regclass
             AND pg_relation_size(c.oid) > 0
             AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'migrations')
        LOOP
          EXECUTE format('SELECT EXISTS (SELECT FROM %s)', relation) INTO filled;
          IF filled THEN
            EXECUTE format('DELETE FROM %s', relation);
          END IF;
        END LOOP;
        PERFORM setval(c.oid, s.seqstart, false)
           FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
           JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname <> 'migrations';
      END
      $$
      """;

  private static @Nullable String template;

  private MigratedDatabase() {}

  /** Creates one, and returns its URL. */
  public static String create() {
    PostgresServer server = TestServers.postgres();
    return server.copyDatabase(template(server), RUN + "_" + COPIES.incrementAndGet());
  }

  /** Returns the URL of one that nobody else uses until it is given back. */
  public static String borrow() {
    String empty = EMPTY.poll();
    return empty == null ? create() : empty;
  }

  /** Empties a borrowed one for the next. */
  public static void giveBack(String jdbcUrl) {
    Connection connection = CLEANERS.computeIfAbsent(jdbcUrl, MigratedDatabase::connect);
    try (Statement statement = connection.createStatement()) {
      statement.execute(END_SESSIONS);
      statement.execute(CLEAR);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    EMPTY.add(jdbcUrl);
  }

  private static Connection connect(String jdbcUrl) {
    PostgresServer server = TestServers.postgres();
    try {
      return DriverManager.getConnection(jdbcUrl, server.user(), server.password().orElse(""));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static synchronized String template(PostgresServer server) {
    if (template == null) {
      String name = RUN + "_template";
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(server.createDatabase(name));
      source.setUser(server.user());
      server.password().ifPresent(source::setPassword);
      MigrationRunner.of(source).apply();
      template = name;
    }
    return template;
  }
}
