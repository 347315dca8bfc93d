package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Creating single partitions: what they cover, what they are like, what moves into them. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class TimePartitionsIT extends RunsPartitions {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  TimePartitionsIT(int majorVersion) {}

  @ParameterizedTest
  @CsvSource({
    "1 hour, log_2026_03_29_01, 2026-03-29 01:00 to 2026-03-29 02:00",
    "1 day, log_2026_03_29, 2026-03-29 00:00 to 2026-03-30 00:00",
    "24:00:00, log_2026_03_29, 2026-03-29 00:00 to 2026-03-30 00:00",
    "7 days, log_2026_w13, 2026-03-23 00:00 to 2026-03-30 00:00",
    "1 month, log_2026_03, 2026-03-01 00:00 to 2026-04-01 00:00",
  })
  void partitionCoversThePeriodThatTheTimeLiesIn(String interval, String name, String bounds)
      throws SQLException {
    assertThat(
            database.query(
                "SELECT partitions.create_time_partition('demo.log', '2026-03-29 01:30Z', '%s')"
                    .formatted(interval)))
        .containsExactly("demo." + name);
    assertThat(bounds()).containsExactly(bounds);
  }

  /** The days on which clocks change there, and an offset that is no whole hour. */
  @ParameterizedTest
  @CsvSource({
    "UTC, 2026-11-21",
    "Asia/Kolkata, 2026-11-21",
    "America/Los_Angeles, 2026-03-08",
    "America/Los_Angeles, 2026-11-01",
    "Europe/Berlin, 2026-03-29",
    "Australia/Lord_Howe, 2026-10-04"
  })
  void daysAreThoseOfUtcWhateverTheSessionsTimeZone(String zone, String day) throws SQLException {
    inZone(
        zone,
        """
        PERFORM partitions.create_time_partition('demo.log', DATE '%1$s' - 1);
        PERFORM partitions.create_time_partition('demo.log', DATE '%1$s');
        PERFORM partitions.create_time_partition('demo.log', TIMESTAMPTZ '%1$s 23:59:59.999999Z' + '1 us');
        INSERT INTO demo.log (sent_at) VALUES
          (TIMESTAMPTZ '%1$s 00:00Z' - INTERVAL '1 us'), ('%1$s 00:00Z'), ('%1$s 23:59:59.999999Z'),
          (TIMESTAMPTZ '%1$s 00:00Z' + INTERVAL '24 hours')
        """
            .formatted(day));
    assertThat(
            database.query(
                """
                SELECT (d - DATE '%1$s')::text || ' ' || count(*)
                  FROM demo.log,
                       to_date(right(tableoid::regclass::text, 10), 'YYYY_MM_DD') AS d
                 GROUP BY d ORDER BY d
                """
                    .formatted(day)))
        .containsExactly("-1 1", "0 2", "1 1");
    assertThat(bounds()).hasSize(3).allMatch(bounds -> bounds.matches(".* 00:00 to .* 00:00"));
  }

  @Test
  void createdAgainItIsTheSame() throws SQLException {
    String sql = "SELECT partitions.create_time_partition('demo.log', '2030-01-01'::date)::oid";
    assertThat(database.query(sql)).isEqualTo(database.query(sql));
    assertThat(bounds()).hasSize(1);
  }

  @Test
  void periodThatIsPartlyCoveredIsCompleted() throws SQLException {
    database.execute(
        """
        CREATE TABLE demo.own PARTITION OF demo.log
          FOR VALUES FROM ('2030-01-10Z') TO ('2030-01-11Z');
        SELECT partitions.create_time_partition('demo.log', '2030-01-01Z', '1 month');
        INSERT INTO demo.log (sent_at) VALUES ('2030-01-01Z'), ('2030-01-10Z'), ('2030-01-31Z')
        """);
    assertThat(bounds())
        .containsExactly(
            "2030-01-01 00:00 to 2030-01-10 00:00",
            "2030-01-10 00:00 to 2030-01-11 00:00",
            "2030-01-11 00:00 to 2030-02-01 00:00");
    assertThat(rowsByPartition()).noneMatch(row -> row.contains("default"));
  }

  @Test
  void rowsOfTheRangeMoveInAndNoTriggerHearsOfIt() throws SQLException {
    insert("2026-01-01Z", "2026-01-01 23:59:59.999999Z", "2026-01-02Z", "2025-12-31 23:59:59Z");
    database.execute("ALTER TABLE demo.log_default DISABLE TRIGGER note_deleted");
    database.execute("ALTER TABLE demo.log_default ENABLE ALWAYS TRIGGER note_deleted");

    database.execute("SELECT partitions.create_time_partition('demo.log', '2026-01-01 12:00Z')");

    assertThat(rowsByPartition()).containsExactly("demo.log_2026_01_01 2", "demo.log_default 2");
    assertThat(database.query("SELECT DISTINCT twice FROM demo.log")).containsExactly("2");
    assertThat(database.query("SELECT id FROM demo.deleted")).isEmpty();
    database.execute("DELETE FROM demo.log");
    assertThat(database.query("SELECT id FROM demo.deleted")).as("triggers are back").hasSize(4);
    assertThat(
            database.query(
                "SELECT DISTINCT tgenabled FROM pg_trigger"
                    + " WHERE tgrelid = 'demo.log_default'::regclass AND tgname = 'note_deleted'"))
        .containsExactly("A");
  }

  @Test
  void partitionIsLikeItsParentAndGrantsNothing() throws SQLException {
    database.execute(
        """
        DO $$
        BEGIN
          IF to_regrole('demo_reader') IS NULL THEN
            CREATE ROLE demo_reader;
          END IF;
          IF to_regrole('demo_owner') IS NULL THEN
            CREATE ROLE demo_owner;
          END IF;
        END
        $$;
        ALTER DEFAULT PRIVILEGES IN SCHEMA demo GRANT SELECT ON TABLES TO demo_reader, PUBLIC;
        GRANT SELECT ON demo.log TO demo_reader;
        GRANT ALL ON SCHEMA demo TO demo_owner;
        ALTER TABLE demo.log OWNER TO demo_owner;
        UPDATE partitions.settings
           SET storage_parameters =
               '{"fillfactor": 80, "autovacuum_enabled": true, "toast.autovacuum_enabled": false}';
        SELECT partitions.create_time_partition('demo.log', '2030-01-01Z')
        """);
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', relowner::regrole, array_length(relacl, 1), reloptions,
                                 (SELECT count(*) FROM pg_index WHERE indrelid = c.oid),
                                 (SELECT string_agg(conname, ',' ORDER BY conname)
                                    FROM pg_constraint WHERE conrelid = c.oid AND contype IN ('c', 'f')),
                                 (SELECT count(*) FROM pg_trigger
                                   WHERE tgrelid = c.oid AND tgname = 'note_deleted'),
                                 (SELECT reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid))
                  FROM pg_class c WHERE oid = 'demo.log_2030_01_01'::regclass
                """))
        .containsExactly(
            "demo_owner 1 {fillfactor=80,autovacuum_enabled=true} 2 log_agent_id_fkey,valid_n 1");
    assertThat(
            database.query(
                "SELECT has_table_privilege('demo_reader', 'demo.log_2030_01_01', 'SELECT')"))
        .containsExactly("f");
    database.execute(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA demo REVOKE ALL ON TABLES FROM PUBLIC, demo_reader");
  }

  @Test
  void nameThatIsTakenOrTooLongIsAvoided() throws SQLException {
    String longest =
        "a_table_whose_name_has_sixty_three_bytes_\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4";
    database.execute(
        """
        CREATE TABLE demo.log_2030_01_01 (a INT);
        CREATE TABLE demo."%1$s" (at TIMESTAMPTZ) PARTITION BY RANGE (at);
        SELECT partitions.create_time_partition('demo."%1$s"', day)
          FROM generate_series('2030-01-01Z'::timestamptz, '2030-01-02Z', '1 day') AS day
        """
            .formatted(longest));
    assertThat(
            database.query(
                "SELECT partitions.create_time_partition('demo.log', '2030-01-01Z')::text"))
        .containsExactly("demo.log_2030_01_01x2");
    assertThat(
            database.query(
                """
                SELECT octet_length(relname) || ' ' || right(relname, 18) FROM pg_class
                 WHERE relname LIKE 'a_table_whose%' AND relkind = 'r' AND relname ~ '\\d$'
                """))
        .hasSize(2)
        .allMatch(name -> name.matches("6[23] _[0-9a-f]{6}_2030_01_0\\d"));
  }

  /** Readers and writers of the parent go on while a partition is made for the future. */
  @Test
  void locksAreThoseThatTheScriptNames() throws SQLException {
    assertThat(locksOf("partitions.create_time_partition('demo.log', '2090-01-01Z')"))
        .contains("demo.log ShareUpdateExclusiveLock", "demo.log_default AccessExclusiveLock")
        .contains("agents.registry ShareRowExclusiveLock")
        .doesNotContain("demo.log ShareRowExclusiveLock", "demo.log AccessExclusiveLock")
        .doesNotContain("agents.registry AccessExclusiveLock");
    insert("2026-01-01Z");
    assertThat(locksOf("partitions.create_time_partition('demo.log', '2026-01-01Z')"))
        .contains("demo.log ShareRowExclusiveLock")
        .doesNotContain("demo.log AccessExclusiveLock", "agents.registry AccessExclusiveLock");
    database.execute("SELECT partitions.create_time_partition('demo.log', '2026-01-01Z')");
    assertThat(locksOf("partitions.retire('demo.log', '2026-01-02Z', false)"))
        .contains("demo.log AccessExclusiveLock")
        .noneMatch(lock -> lock.startsWith("agents.registry"));
  }

  private static List<String> locksOf(String call) throws SQLException {
    return database.query(
        """
        WITH called AS MATERIALIZED (SELECT %s AS c)
        SELECT DISTINCT l.relation::regclass || ' ' || l.mode
          FROM called, LATERAL (SELECT * FROM pg_locks WHERE c IS NOT NULL) AS l
         WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation'
        """
            .formatted(call));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          22023 | SELECT partitions.create_time_partition('demo.log', now(), '2 days')
          22023 | SELECT partitions.create_time_partition('demo.log', now(), '30 days')
          22023 | SELECT partitions.create_time_partition('demo.log', now(), '0')
          22023 | SELECT partitions.create_time_partition('demo.log', now(), NULL)
          22023 | SELECT partitions.create_time_partition('demo.log', 'infinity'::timestamptz)
          22023 | SELECT partitions.create_time_partition('demo.log', NULL::timestamptz)
          42809 | SELECT partitions.create_time_partition('demo.deleted', now())
          42809 | SELECT partitions.create_time_partition('agents.state', now())
          42809 | SELECT partitions.register('demo.deleted', '1 day', 7)
          22023 | SELECT partitions.register('demo.log', '1 year', 7)
          22023 | SELECT partitions.manage_time_partitions('demo.log', '0', 1)
          22023 | SELECT partitions.manage_time_partitions('demo.log', '-1 day', 1)
          22023 | SELECT partitions.manage_time_partitions('demo.log', NULL, -1)
          22023 | SELECT partitions.manage_time_partitions('demo.log', NULL, 1, 'infinity')
          55000 | CREATE TABLE demo.refers (id UUID, at TIMESTAMPTZ, FOREIGN KEY (id, at) REFERENCES demo.log); INSERT INTO demo.log (sent_at) VALUES ('2026-01-01Z'); SELECT partitions.create_time_partition('demo.log', '2026-01-01Z')
          """)
  void whatMakesNoSenseIsRefused(String state, String sql) {
    assertThatExceptionOfType(SQLException.class)
        .isThrownBy(() -> database.execute(sql))
        .satisfies(e -> assertThat(e.getSQLState()).isEqualTo(state));
  }

  @ParameterizedTest
  @CsvSource({
    "valid_period, period = 'year'",
    "valid_ahead, ahead = 1001",
    "valid_ahead, ahead = -1",
    "valid_retain, retain = INTERVAL '0'",
    "valid_storage_parameters, storage_parameters = '[]'",
    "valid_drain_limit, drain_limit = 0",
    "valid_last_outcome, last_outcome = 'busy'",
  })
  void settingsRefuse(String constraint, String assignment) {
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> database.execute("UPDATE partitions.settings SET " + assignment))
        .satisfies(
            e -> {
              ServerErrorMessage message = e.getServerErrorMessage();
              assertThat(message == null ? null : message.getConstraint()).isEqualTo(constraint);
            });
  }

  @Test
  void registeringAgainChangesTheSettingsAndUnregisteringEndsThem() throws SQLException {
    database.execute("SELECT partitions.register('demo.log', '1 month', 3)");
    assertThat(
            database.query(
                "SELECT concat_ws(' ', parent_schema, parent_table, period, ahead, retain)"
                    + " FROM partitions.settings"))
        .containsExactly("demo log month 3");
    assertThat(
            database.query(
                "SELECT partitions.unregister('demo.log') || ' ' ||"
                    + " partitions.unregister('demo.log')"))
        .containsExactly("true false");
    assertThat(maintain("2026-01-01Z")).isEmpty();
  }

  @Test
  void dissolvedTableHasAllItsRowsInTheDefaultPartition() throws SQLException {
    database.execute(
        """
        CREATE TRIGGER note_inserted AFTER INSERT ON demo.log
          FOR EACH ROW EXECUTE FUNCTION demo.note_deleted();
        CREATE TABLE billing.own PARTITION OF demo.log
          FOR VALUES FROM ('2019-01-02Z') TO ('2019-01-03Z');
        SELECT partitions.manage_time_partitions('demo.log', NULL, 3, '2030-01-01Z');
        ALTER TABLE demo.log DISABLE TRIGGER note_inserted;
        """);
    insert("2030-01-01Z", "2030-01-02Z", "2030-01-04 23:59Z", "2030-01-05Z", "2019-01-02Z");
    database.execute("ALTER TABLE demo.log ENABLE TRIGGER note_inserted");

    assertThat(database.query("SELECT partitions.dissolve('demo.log')")).containsExactly("3");

    assertThat(rowsByPartition()).containsExactly("billing.own 1", "demo.log_default 4");
    assertThat(database.query("SELECT * FROM demo.deleted")).isEmpty();
  }

  @Test
  void overviewShowsWhatThereIs() throws SQLException {
    insert("2026-01-01Z");
    database.execute(
        "SELECT partitions.create_time_partition('demo.log', '2026-01-01Z'); ANALYZE demo.log");
    inZone("Asia/Kolkata", "CREATE TABLE demo.seen AS SELECT * FROM partitions.overview");
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', parent_schema, parent_table, partition_schema, partition_name,
                                 is_default, from_at AT TIME ZONE 'UTC', to_at AT TIME ZONE 'UTC',
                                 estimated_rows, total_bytes > 0)
                  FROM demo.seen ORDER BY partition_name
                """))
        .containsExactly(
            "demo log demo log_2026_01_01 f 2026-01-01 00:00:00 2026-01-02 00:00:00 1 t",
            "demo log demo log_default t 0 t");
  }
}
