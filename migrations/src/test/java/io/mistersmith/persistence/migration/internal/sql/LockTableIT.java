package io.mistersmith.persistence.migration.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.MigratedDatabases;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The locks that are said of a statement are those that the server takes for it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#ends")
class LockTableIT {
  private static final String SETUP =
      """
      CREATE SCHEMA s;
      CREATE TABLE s.u (a BIGINT CONSTRAINT u_pkey PRIMARY KEY, b BIGINT);
      CREATE TABLE s.t (
        a BIGINT CONSTRAINT t_pkey PRIMARY KEY,
        b BIGINT,
        c TEXT,
        d BIGINT NOT NULL DEFAULT 0,
        CONSTRAINT b_there CHECK (b IS NOT NULL) NOT VALID,
        CONSTRAINT t_u FOREIGN KEY (b) REFERENCES s.u (a) NOT VALID
      );
      CREATE UNIQUE INDEX t_d ON s.t (d);
      CREATE INDEX t_c ON s.t (c);
      CREATE TABLE s.p (a BIGINT) PARTITION BY RANGE (a);
      CREATE TABLE s.p1 PARTITION OF s.p FOR VALUES FROM (0) TO (10);
      CREATE TABLE s.p2 (a BIGINT);
      CREATE TABLE s.base (a BIGINT);
      CREATE FUNCTION s.f() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
      CREATE TRIGGER r BEFORE INSERT ON s.u FOR EACH ROW EXECUTE FUNCTION s.f();
      CREATE POLICY w ON s.u USING (true);
      CREATE VIEW s.v AS SELECT a FROM s.u;
      CREATE MATERIALIZED VIEW s.m AS SELECT a FROM s.u;
      CREATE UNIQUE INDEX m_a ON s.m (a);
      """;

  private static final String TABLES =
      """
      SELECT c.oid, n.nspname || '.' || c.relname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 's'
      """;

  private static final String LOCKS =
      "SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'";

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static Connection connection;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  LockTableIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void start(int majorVersion) throws SQLException {
    connection = MigratedDatabases.empty(MigratedDatabases.server(majorVersion)).getConnection();
    execute(SETUP);
    connection.setAutoCommit(false);
  }

  @AfterParameterizedClassInvocation
  static void stop() throws SQLException {
    connection.close();
  }

  /** Each statement, and the tables that it locks besides those that it names. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ALTER TABLE s.t ADD COLUMN e BIGINT |
          ALTER TABLE s.t ADD COLUMN e BIGINT DEFAULT random() |
          ALTER TABLE s.t ADD COLUMN e BIGINT CONSTRAINT e_u REFERENCES s.u (a) |
          ALTER TABLE s.t DROP COLUMN c |
          ALTER TABLE s.t ALTER COLUMN d TYPE NUMERIC |
          ALTER TABLE s.t ALTER COLUMN c SET DEFAULT 'x' |
          ALTER TABLE s.t ALTER COLUMN b SET NOT NULL |
          ALTER TABLE s.t ALTER COLUMN d DROP NOT NULL |
          ALTER TABLE s.t ALTER COLUMN c SET STATISTICS 500 |
          ALTER TABLE s.t ALTER COLUMN c SET (n_distinct = 5) |
          ALTER TABLE s.t ALTER COLUMN c SET STORAGE EXTERNAL |
          ALTER TABLE s.t ADD CONSTRAINT positive CHECK (b > 0) |
          ALTER TABLE s.t ADD CONSTRAINT positive CHECK (b > 0) NOT VALID |
          ALTER TABLE s.t ADD CONSTRAINT other FOREIGN KEY (d) REFERENCES s.u (a) |
          ALTER TABLE s.t ADD CONSTRAINT other FOREIGN KEY (d) REFERENCES s.u (a) NOT VALID |
          ALTER TABLE s.t ADD CONSTRAINT t_c_key UNIQUE (c) |
          ALTER TABLE s.t ADD CONSTRAINT t_d_key UNIQUE USING INDEX t_d |
          ALTER TABLE s.t VALIDATE CONSTRAINT b_there |
          ALTER TABLE s.t VALIDATE CONSTRAINT t_u |
          ALTER TABLE s.t DROP CONSTRAINT b_there |
          ALTER TABLE s.t DROP CONSTRAINT t_u | s.u
          ALTER TABLE s.t RENAME CONSTRAINT b_there TO b_given |
          ALTER TABLE s.u DISABLE TRIGGER r |
          ALTER TABLE s.u ENABLE TRIGGER r |
          ALTER TABLE s.t SET (fillfactor = 80, autovacuum_enabled = true) |
          ALTER TABLE s.t RESET (fillfactor) |
          ALTER TABLE s.t SET UNLOGGED |
          ALTER TABLE s.t CLUSTER ON t_c |
          ALTER TABLE s.t REPLICA IDENTITY FULL |
          ALTER TABLE s.t ENABLE ROW LEVEL SECURITY |
          ALTER TABLE s.t OWNER TO CURRENT_USER |
          ALTER TABLE s.t RENAME TO t3 |
          ALTER TABLE s.t RENAME COLUMN c TO e |
          ALTER TABLE s.t SET SCHEMA public |
          ALTER INDEX s.t_c RENAME TO t_e |
          ALTER VIEW s.v RENAME TO v2 |
          ALTER TABLE s.p ATTACH PARTITION s.p2 FOR VALUES FROM (10) TO (20) |
          ALTER TABLE s.p DETACH PARTITION s.p1 |
          ALTER TABLE s.p2 INHERIT s.base |
          CREATE INDEX x ON s.t (b) |
          CREATE TABLE s.n (a BIGINT CONSTRAINT n_u REFERENCES s.u (a)) |
          CREATE TABLE s.n PARTITION OF s.p FOR VALUES FROM (20) TO (30) |
          CREATE TABLE s.n () INHERITS (s.u) |
          CREATE TRIGGER r2 BEFORE UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION s.f() |
          CREATE CONSTRAINT TRIGGER r2 AFTER UPDATE ON s.t FROM s.u FOR EACH ROW EXECUTE FUNCTION s.f() |
          CREATE POLICY w2 ON s.t USING (true) |
          CREATE RULE n AS ON UPDATE TO s.t DO ALSO NOTHING |
          CREATE STATISTICS s.st ON b, c FROM s.t |
          CREATE OR REPLACE VIEW s.v AS SELECT a FROM s.u WHERE a > 0 |
          CREATE VIEW s.w AS SELECT a FROM s.u |
          COMMENT ON TABLE s.t IS 'x' |
          COMMENT ON COLUMN s.t.c IS 'x' |
          DROP TABLE s.t | s.u
          DROP INDEX s.t_c | s.t
          DROP TRIGGER r ON s.u |
          DROP POLICY w ON s.u |
          DROP VIEW s.v |
          DROP MATERIALIZED VIEW s.m |
          INSERT INTO s.t (a, b) SELECT a, b FROM s.u |
          UPDATE s.t SET b = 1 FROM s.u WHERE s.u.a = s.t.a |
          WITH old AS (SELECT a FROM s.u) DELETE FROM s.t USING old WHERE old.a = s.t.a |
          MERGE INTO s.t USING s.u ON s.t.a = s.u.a WHEN MATCHED THEN DELETE |
          TRUNCATE TABLE ONLY s.t |
          LOCK TABLE s.t IN SHARE ROW EXCLUSIVE MODE |
          LOCK s.t |
          ANALYZE s.t |
          CLUSTER s.t USING t_c |
          REFRESH MATERIALIZED VIEW s.m |
          REFRESH MATERIALIZED VIEW CONCURRENTLY s.m |
          REINDEX TABLE s.t |
          REINDEX INDEX s.t_c | s.t
          GRANT SELECT ON s.t TO PUBLIC |
          """)
  void locksAreTheServers(String sql, String besides) throws SQLException {
    Map<String, LockMode> said = new TreeMap<>();
    for (TableLock lock :
        StatementReader.read(StatementSplitter.split("s.sql", sql).get(0)).locks()) {
      said.merge(lock.relation().toString(), lock.mode(), LockTableIT::stronger);
    }

    Map<String, LockMode> taken = taken(sql);

    List<String> known = besides == null ? List.of() : List.of(besides.split(",", -1));
    Map<String, LockMode> unsaid = new TreeMap<>(taken);
    unsaid.keySet().removeAll(said.keySet());
    unsaid.keySet().removeAll(known);
    unsaid.values().removeIf(mode -> mode.compareTo(LockMode.ROW_EXCLUSIVE) < 0);
    unsaid.keySet().removeIf(name -> name.matches(".*(_pkey|_[acd])"));
    assertThat(unsaid).as("locks that are not said").isEmpty();
    assertThat(taken).containsAllEntriesOf(said);
  }

  private static Map<String, LockMode> taken(String sql) throws SQLException {
    Map<String, LockMode> modes = new TreeMap<>();
    try (Statement statement = connection.createStatement()) {
      Map<Long, String> tables = new HashMap<>();
      try (ResultSet rows = statement.executeQuery(TABLES)) {
        while (rows.next()) {
          tables.put(rows.getLong(1), rows.getString(2));
        }
      }
      connection.rollback();
      statement.execute(sql);
      try (ResultSet rows = statement.executeQuery(LOCKS)) {
        while (rows.next()) {
          String table = tables.get(rows.getLong(1));
          if (table != null) {
            modes.merge(table, mode(rows.getString(2)), LockTableIT::stronger);
          }
        }
      }
    } finally {
      connection.rollback();
    }
    return modes;
  }

  /** The mode that PostgreSQL calls, for one, ShareRowExclusiveLock. */
  private static LockMode mode(String name) {
    String words = name.replace("Lock", "").replaceAll("(?<=[a-z])(?=[A-Z])", "_");
    return LockMode.valueOf(words.toUpperCase(Locale.ROOT));
  }

  private static LockMode stronger(LockMode one, LockMode other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private static void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
