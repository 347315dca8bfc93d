package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;

/**
 * A migrated database of each version in which nothing is registered, and for each test an empty
 * table demo.log that is partitioned by time, with a foreign key, a trigger and an index.
 */
abstract class RunsPartitions {
  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  static TestDatabase database;

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server = MigratedDatabases.server(majorVersion);
    database = TestDatabase.migrated(server);
    // A wait without end becomes a failure.
    database.execute(
        """
        DO $$
        BEGIN
          EXECUTE format('ALTER DATABASE %I SET statement_timeout = 30000', current_database());
        END
        $$
        """);
  }

  @BeforeEach
  void createTable() throws SQLException {
    database.execute(
        """
        DELETE FROM partitions.settings;
        DROP SCHEMA IF EXISTS billing CASCADE;
        DROP SCHEMA IF EXISTS demo CASCADE;
        CREATE SCHEMA billing;
        CREATE SCHEMA demo;
        CREATE TABLE demo.deleted (id UUID);
        CREATE TABLE demo.log (
          id UUID NOT NULL DEFAULT gen_random_uuid(),
          agent_id UUID CONSTRAINT log_agent_id_fkey REFERENCES agents.registry (agent_id),
          n INTEGER,
          twice INTEGER GENERATED ALWAYS AS (n * 2) STORED,
          sent_at TIMESTAMPTZ NOT NULL DEFAULT now(),
          CONSTRAINT log_pkey PRIMARY KEY (id, sent_at),
          CONSTRAINT valid_n CHECK (n >= 0)
        ) PARTITION BY RANGE (sent_at);
        CREATE INDEX idx_log_sent_at ON demo.log (sent_at);
        CREATE FUNCTION demo.note_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO demo.deleted VALUES (OLD.id);
          RETURN NULL;
        END
        $$;
        CREATE TRIGGER note_deleted AFTER DELETE ON demo.log
          FOR EACH ROW EXECUTE FUNCTION demo.note_deleted();
        SELECT partitions.register('demo.log', '1 day', 2, '30 days')
        """);
  }

  @AfterEach
  void nothingStaysLocked() throws SQLException {
    if (!database.advisoryLocks().isEmpty()) {
      throw new AssertionError("an advisory lock was left behind");
    }
  }

  /** Rows at these times. */
  static void insert(String... times) throws SQLException {
    for (String time : times) {
      database.execute("INSERT INTO demo.log (n, sent_at) VALUES (1, '%s')".formatted(time));
    }
  }

  /** Each partition of demo.log that has rows, and how many. */
  static List<String> rowsByPartition() throws SQLException {
    return database.query(
        """
        SELECT tableoid::regclass || ' ' || count(*) FROM demo.log GROUP BY tableoid
         ORDER BY tableoid::regclass::text
        """);
  }

  /** Each partition of demo.log but the default one, as its bounds in UTC. */
  static List<String> bounds() throws SQLException {
    return database.query(
        """
        SELECT to_char(from_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' to '
               || to_char(to_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
          FROM partitions.bounds('demo.log') WHERE NOT is_default ORDER BY from_at
        """);
  }

  /**
   * Runs the maintenance and returns a line for each table: the outcome, then how many partitions
   * were created, drained, detached and dropped.
   */
  static List<String> maintain(String now) throws SQLException {
    return database.query(
        """
        SELECT concat_ws(' ', parent_table, outcome, created, drained, detached, dropped, message)
          FROM partitions.maintain('%s')
        """
            .formatted(now));
  }

  /**
   * Runs statements of PL/pgSQL under another time zone and style of dates. In a function, because
   * the driver insists on a session's ISO style.
   */
  static void inZone(String zone, String statements) throws SQLException {
    database.execute(
        """
        CREATE FUNCTION demo.in_zone() RETURNS VOID LANGUAGE plpgsql
        SET timezone = '%s' SET datestyle = 'SQL, DMY' AS $body$
        BEGIN
          %s;
        END
        $body$;
        SELECT demo.in_zone();
        DROP FUNCTION demo.in_zone()
        """
            .formatted(zone, statements));
  }
}
