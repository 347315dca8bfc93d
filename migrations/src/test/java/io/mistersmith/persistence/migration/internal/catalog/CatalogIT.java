package io.mistersmith.persistence.migration.internal.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.MigratedDatabases;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Every kind of change shows, by its name, and nothing else does. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#ends")
class CatalogIT {

  private static final String SCHEMA =
      """
      CREATE SCHEMA s;
      COMMENT ON SCHEMA s IS 'one';
      CREATE TYPE s.mood AS ENUM ('good', 'bad');
      CREATE DOMAIN s.id AS UUID;
      CREATE TABLE s.t (
        a INT NOT NULL DEFAULT 1, b TEXT, c s.mood, CONSTRAINT t_pkey PRIMARY KEY (a),
        CONSTRAINT t_b CHECK (b <> ''));
      CREATE INDEX t_bc ON s.t (b, c);
      CREATE TABLE s.p (at TIMESTAMPTZ NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE s.p_1 PARTITION OF s.p FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
      CREATE VIEW s.v AS SELECT a, b FROM s.t;
      CREATE SEQUENCE s.q;
      CREATE FUNCTION s.f(x INT) RETURNS INT LANGUAGE sql RETURN x + 1;
      CREATE FUNCTION s.touch() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN
        RETURN NEW;
      END $$;
      CREATE TRIGGER t_touch BEFORE UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION s.touch();
      CREATE POLICY t_all ON s.t USING (a > 0);
      """;

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PGSimpleDataSource dataSource;

  @SuppressWarnings("NullAway.Init")
  private static Connection connection;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  CatalogIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void createDatabase(int majorVersion) throws SQLException {
    dataSource = MigratedDatabases.empty(MigratedDatabases.server(majorVersion));
    connection = dataSource.getConnection();
    try (Statement statement = connection.createStatement()) {
      statement.execute(SCHEMA);
    }
    connection.setAutoCommit(false);
  }

  @AfterParameterizedClassInvocation
  static void close() throws SQLException {
    connection.close();
  }

  @AfterEach
  void rollBack() throws SQLException {
    connection.rollback();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          COMMENT ON SCHEMA s IS 'two' | different schema s: 'comment: one' became 'comment: two'
          CREATE SCHEMA z | additional schema z
          ALTER TABLE s.t SET (fillfactor = 70) | different table s.t: 'replica identity d' became 'options fillfactor=70'
          ALTER TABLE s.t ENABLE ROW LEVEL SECURITY | different table s.t: '(nothing)' became 'row-level security'
          ALTER TABLE s.t FORCE ROW LEVEL SECURITY | different table s.t: '(nothing)' became 'forced row-level security'
          ALTER TABLE s.t SET UNLOGGED | different table s.t: 'persistence p' became 'persistence u'
          ALTER TABLE s.p DETACH PARTITION s.p_1 | different table s.p_1: 'child of s.p' became '(nothing)'
          ALTER TABLE s.t ADD COLUMN d INT | additional column s.t: d
          ALTER TABLE s.t ALTER COLUMN a SET DEFAULT 2 | different column s.t: a: 'integer NOT NULL DEFAULT 1 storage p' became 'integer NOT NULL DEFAULT 2 storage p'
          ALTER TABLE s.t ALTER COLUMN b SET STATISTICS 500 | different column s.t: b: 'text storage x' became 'text storage x statistics 500'
          COMMENT ON COLUMN s.t.b IS 'b' | different column s.t: b: '(nothing)' became 'comment: b'
          ALTER TABLE s.t DROP CONSTRAINT t_b | missing constraint s.t: t_b
          ALTER TABLE s.t ADD CONSTRAINT t_a CHECK (a > 0) NOT VALID | additional constraint s.t: t_a
          DROP INDEX s.t_bc | missing index s.t: t_bc
          UPDATE pg_index SET indisvalid = false WHERE indexrelid = 's.t_bc'::regclass | different index s.t: t_bc: '(nothing)' became 'invalid'
          CREATE STATISTICS s.t_stat ON a, b FROM s.t | additional statistics s.t: t_stat
          CREATE OR REPLACE VIEW s.v AS SELECT a, b FROM s.t WHERE a > 1 | different view s.v: 'FROM s.t;' became 'FROM s.t'
          ALTER SEQUENCE s.q CACHE 5 | different sequence s.q: 'bigint from 1 by 1, 1 to 9223372036854775807, cache 1, cycle f' became 'bigint from 1 by 1, 1 to 9223372036854775807, cache 5, cycle f'
          CREATE OR REPLACE FUNCTION s.f(x INT) RETURNS INT LANGUAGE sql RETURN x + 2 | different routine s.f: (x integer): 'RETURN (x + 1)' became 'RETURN (x + 2)'
          ALTER FUNCTION s.touch() SET search_path = '' | different routine s.touch: (): 'AS $function$' became 'SET search_path TO '''
          COMMENT ON FUNCTION s.f(INT) IS 'f' | different routine s.f: (x integer): '(nothing)' became 'comment: f'
          ALTER TABLE s.t DISABLE TRIGGER t_touch | different trigger s.t: t_touch: 'enabled O' became 'enabled D'
          DROP TRIGGER t_touch ON s.t | missing trigger s.t: t_touch
          CREATE RULE r AS ON DELETE TO s.t DO INSTEAD NOTHING | additional rule s.t: r
          ALTER TYPE s.mood RENAME VALUE 'bad' TO 'ugly' | different type s.mood: ''good', 'bad'' became ''good', 'ugly''
          ALTER DOMAIN s.id SET NOT NULL | different type s.id: 'uuid' became 'uuid NOT NULL'
          ALTER DOMAIN s.id ADD CONSTRAINT id_given CHECK (VALUE IS NOT NULL) | additional domain constraint s.id: id_given
          ALTER POLICY t_all ON s.t USING (a > 1) | different policy s.t: t_all: 'using (a > 0)' became 'using (a > 1)'
          GRANT SELECT ON s.t TO PUBLIC | additional privilege s.t: public SELECT
          GRANT UPDATE (b) ON s.t TO PUBLIC | additional privilege s.t: column b: public UPDATE
          REVOKE EXECUTE ON FUNCTION s.f(INT) FROM PUBLIC | missing privilege s.f: (x integer): public EXECUTE
          ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC | additional default privilege s: of postgres on r public SELECT
          CREATE EXTENSION pgcrypto SCHEMA s | additional extension pgcrypto
          """)
  void namesTheChange(String change, String difference) throws SQLException {
    Catalog before = Catalog.read(connection);
    execute(change);
    assertThat(Catalog.read(connection).differences(Catalog.read(connection))).isEmpty();
    assertThat(before.differences(Catalog.read(connection))).containsExactly(difference);
  }

  @Test
  void ignoresTheOrderOfColumnsAndASequencesValue() throws SQLException {
    Catalog before = Catalog.read(connection);
    execute(
        """
        SELECT nextval('s.q');
        DROP VIEW s.v;
        ALTER TABLE s.t DROP COLUMN b;
        ALTER TABLE s.t ADD COLUMN b TEXT, ADD CONSTRAINT t_b CHECK (b <> '');
        CREATE INDEX t_bc ON s.t (b, c);
        CREATE VIEW s.v AS SELECT a, b FROM s.t;
        GRANT ALL ON s.v TO CURRENT_USER
        """);
    assertThat(before.differences(Catalog.read(connection))).isEmpty();
  }

  @Test
  void readsTheSameWhateverTheSessionHasSet() throws SQLException {
    Catalog before = Catalog.read(connection);
    execute("SET LOCAL search_path = s; SET LOCAL TimeZone = 'Asia/Tokyo'");
    assertThat(before.differences(Catalog.read(connection))).isEmpty();
    assertThat(show("search_path")).isEqualTo("s");
    assertThat(show("TimeZone")).isEqualTo("Asia/Tokyo");
  }

  @Test
  void leavesOutWhatItIsTold() throws SQLException {
    Catalog before = Catalog.read(connection);
    execute("CREATE SCHEMA z CREATE TABLE u (i SERIAL PRIMARY KEY); CREATE INDEX t_c ON s.t (c)");
    Catalog after = Catalog.read(connection);
    assertThat(before.withoutSchemas(List.of("s", "z")).size()).isPositive();
    assertThat(before.differences(after.withoutSchemas(List.of("z"))))
        .containsExactly("additional index s.t: t_c");
    assertThat(
            before.differences(after.withoutSchemas(List.of("z")).withoutRelations(List.of("s.t"))))
        .containsExactly("missing table s.t");
  }

  @Test
  void leavesTheConnectionAsItWas() throws SQLException {
    try (Connection own = dataSource.getConnection()) {
      Catalog mine = Catalog.read(own);
      assertThat(own.getAutoCommit()).isTrue();
      assertThat(mine.differences(Catalog.read(connection))).isEmpty();
      try (Statement statement = own.createStatement();
          ResultSet row = statement.executeQuery("SHOW search_path")) {
        row.next();
        assertThat(row.getString(1)).contains("public");
      }
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private String show(String setting) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW " + setting)) {
      row.next();
      return row.getString(1);
    }
  }
}
