package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Which indexes are advised against, and by which statement. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#ends")
class IndexFindingsIT {
  private static final String TABLES =
      """
      CREATE TABLE app.parents (id INT CONSTRAINT parents_pkey PRIMARY KEY);
      CREATE TABLE app.t (
        a INT, b INT, c TEXT, d JSONB,
        parent INT CONSTRAINT t_parent_fkey REFERENCES app.parents)
      """;

  /** Two indexes, and which of them is a duplicate of which. */
  private static final String PAIRS =
      """
      CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (a) -> y by x
      CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (a, b) -> x by y
      CREATE INDEX x ON app.t (a, b); CREATE INDEX y ON app.t (a) INCLUDE (b) -> y by x
      CREATE INDEX x ON app.t (a) INCLUDE (b); CREATE INDEX y ON app.t (a) -> y by x
      CREATE INDEX x ON app.t (lower(c)); CREATE INDEX y ON app.t (lower(c)) -> y by x
      CREATE INDEX x ON app.t (a) WHERE b > 1; CREATE INDEX y ON app.t (a) WHERE b > 1 -> y by x
      CREATE INDEX x ON app.t USING gin (d); CREATE INDEX y ON app.t USING gin (d) -> y by x
      CREATE INDEX x ON app.t (a); ALTER TABLE app.t ADD CONSTRAINT y UNIQUE (a) -> x by y
      CREATE INDEX x ON app.t (parent); CREATE INDEX y ON app.t (parent) -> y by x
      CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (b) -> none
      CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (b, a) -> none
      CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (a) WHERE b > 1 -> none
      CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t USING hash (a) -> none
      CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (a DESC, b) -> none
      CREATE INDEX x ON app.t (c); CREATE INDEX y ON app.t (c text_pattern_ops) -> none
      CREATE INDEX x ON app.t (c); CREATE INDEX y ON app.t (c COLLATE "C") -> none
      CREATE INDEX x ON app.t (lower(c)); CREATE INDEX y ON app.t (upper(c)) -> none
      CREATE INDEX x ON app.t USING gin (d); CREATE INDEX y ON app.t USING gin (d jsonb_path_ops) -> none
      CREATE UNIQUE INDEX x ON app.t (a); CREATE UNIQUE INDEX y ON app.t (a) -> none
      CREATE UNIQUE INDEX x ON app.t (a); CREATE INDEX y ON app.t (a, b) -> none
      """;

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  IndexFindingsIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    database = TestDatabase.migrated(MigratedDatabases.server(majorVersion), "monitoring");
  }

  @BeforeEach
  void createTables() throws SQLException {
    database.execute("DROP SCHEMA IF EXISTS app CASCADE; CREATE SCHEMA app;" + TABLES);
  }

  private static List<String> findings() throws SQLException {
    return database.query(
        """
        SELECT concat_ws(' | ', index_name, trouble, statement)
          FROM monitoring.index_findings('0', 0)
         WHERE schema_name = 'app' ORDER BY index_name
        """);
  }

  private static List<String> duplicates() throws SQLException {
    return database.query(
        """
        SELECT index_oid::regclass || ' by ' || covered_by::regclass
          FROM monitoring.duplicate_indexes()
         WHERE index_oid::regclass::text LIKE 'app.%' ORDER BY 1
        """);
  }

  /** Each pair has a schema of its own. */
  @Test
  void onlyWhatAnotherIndexDoesAsWellIsADuplicate() throws SQLException {
    Map<String, String> expected = new LinkedHashMap<>();
    for (String pair : PAIRS.lines().toList()) {
      String schema = "pair_" + expected.size();
      String[] parts = pair.split(" -> ", -1);
      database.execute(("CREATE SCHEMA app;" + TABLES + ";" + parts[0]).replace("app", schema));
      expected.put(schema, parts[0] + " -> " + parts[1]);
    }
    List<String> found =
        database.query(
            """
            SELECT regexp_replace(index_oid::regclass || ' by ' || covered_by::regclass,
                     '^(pair_[0-9]+)[.](.) by .*[.](.)$', '\\1 \\2 by \\3')
              FROM monitoring.duplicate_indexes() WHERE index_oid::regclass::text LIKE 'pair%'
            """);
    expected.replaceAll(
        (schema, pair) ->
            pair.replaceFirst(
                " -> .*",
                " -> "
                    + found.stream()
                        .filter(row -> row.startsWith(schema + " "))
                        .map(row -> row.substring(schema.length() + 1))
                        .findFirst()
                        .orElse("none")));
    assertThat(expected.values()).containsExactlyElementsOf(PAIRS.lines().toList());
  }

  @Test
  void ofManyThatAreTheSameOneStays() throws SQLException {
    database.execute(
        """
        CREATE INDEX x ON app.t (a);
        CREATE INDEX y ON app.t (a);
        CREATE INDEX z ON app.t (a);
        CREATE INDEX longer ON app.t (a, b)
        """);
    assertThat(duplicates())
        .containsExactly("app.x by app.longer", "app.y by app.longer", "app.z by app.longer");
  }

  @Test
  void whatADuplicateLeavesItsWorkToIsNotUnused() throws SQLException {
    database.execute("CREATE INDEX x ON app.t (a); CREATE INDEX y ON app.t (a)");
    assertThat(findings()).containsExactly("y | duplicate | DROP INDEX CONCURRENTLY app.y;");
    database.execute("DROP INDEX CONCURRENTLY app.y");
    assertThat(findings()).containsExactly("x | unused | DROP INDEX CONCURRENTLY app.x;");
  }

  @Test
  void whatAKeyOrAForeignKeyNeedsIsNeverToBeDropped() throws SQLException {
    database.execute(
        """
        CREATE INDEX serves_key ON app.t (parent);
        CREATE UNIQUE INDEX is_unique ON app.t (a, b);
        ALTER TABLE app.t ADD CONSTRAINT constrained UNIQUE (b);
        ALTER TABLE app.t ADD CONSTRAINT excluded EXCLUDE (a WITH =);
        """);
    assertThat(findings()).isEmpty();
  }

  @Test
  void aFailedBuildIsRepeatedAndItsLeftOverDropped() throws SQLException {
    database.execute("INSERT INTO app.t (a) VALUES (1), (1)");
    try {
      database.execute("CREATE UNIQUE INDEX CONCURRENTLY twice ON app.t (a)");
    } catch (SQLException e) {
      assertThat(e.getSQLState()).isEqualTo("23505");
    }
    assertThat(findings())
        .containsExactly("twice | invalid | REINDEX INDEX CONCURRENTLY app.twice;");
    try {
      database.execute("REINDEX INDEX CONCURRENTLY app.twice");
    } catch (SQLException e) {
      assertThat(e.getSQLState()).isEqualTo("23505");
    }
    assertThat(findings())
        .containsExactly(
            "twice | invalid | REINDEX INDEX CONCURRENTLY app.twice;",
            "twice_ccnew | invalid | DROP INDEX CONCURRENTLY app.twice_ccnew;");
  }

  @Test
  void aPartitionedIndexIsDroppedAsAWhole() throws SQLException {
    database.execute(
        """
        CREATE TABLE app.p (a INT, b INT) PARTITION BY HASH (a);
        CREATE TABLE app.p_0 PARTITION OF app.p FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        INSERT INTO app.p SELECT n, n FROM generate_series(1, 1000) n;
        CREATE INDEX whole ON app.p (b);
        CREATE INDEX own ON app.p_0 (b)
        """);
    assertThat(findings()).containsExactly("own | duplicate | DROP INDEX CONCURRENTLY app.own;");
    database.execute("DROP INDEX app.own");
    assertThat(findings()).containsExactly("whole | unused | DROP INDEX app.whole;");
    assertThat(
            database.query(
                "SELECT index_bytes >= 16384 FROM monitoring.index_findings('0', 0)"
                    + " WHERE index_name = 'whole'"))
        .as("the partitions' sum")
        .containsExactly("t");
  }

  @Test
  void aBloatedIndexIsBuiltAgainAlsoThatOfAKey() throws SQLException {
    database.execute(
        """
        INSERT INTO app.parents SELECT n FROM generate_series(1, 100000) n;
        DELETE FROM app.parents WHERE id % 10 > 0;
        """);
    database.execute("VACUUM ANALYZE app.parents");
    assertThat(findings())
        .containsExactly("parents_pkey | bloated | REINDEX INDEX CONCURRENTLY app.parents_pkey;");
    database.execute("REINDEX INDEX CONCURRENTLY app.parents_pkey");
    assertThat(findings()).isEmpty();
  }

  @Test
  void youngStatisticsCondemnNothing() throws SQLException {
    database.execute("CREATE INDEX x ON app.t (a)");
    assertThat(
            database.query(
                "SELECT index_name FROM monitoring.index_findings() WHERE schema_name = 'app'"))
        .isEmpty();
  }
}
