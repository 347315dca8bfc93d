package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Partitions;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Schema;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What upkeep and health ask of a real database: its history, its partitions, its sets. */
class PostgresUpkeepStoreIT {

  private static final Duration NINETY_DAYS = Duration.ofDays(90);

  /** Puts the history back to what it is after the scripts. */
  private static final String AS_APPLIED =
      """
      DELETE FROM migrations.applied_migrations WHERE version = '999.0.0';
      UPDATE migrations.applied_migrations SET status = 'applied' WHERE status <> 'applied'
      """;

  private static final PostgresDatabase DATABASE = PostgresDatabase.create("audit");

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static PostgresStore store;

  @BeforeAll
  static void open() {
    store = DATABASE.open();
  }

  @AfterAll
  static void close() {
    store.close();
  }

  private static UpkeepStore upkeep() {
    return store.sql().upkeep();
  }

  private static Schema schemaAfter(String sql) {
    DATABASE.execute(sql);
    try {
      return upkeep().schema();
    } finally {
      DATABASE.execute(AS_APPLIED);
    }
  }

  @Test
  void theHistoryIsComparedWithTheBundledScripts() {
    Schema same = upkeep().schema();
    assertThat(same).isEqualTo(new Schema(true, List.of(), List.of(), List.of()));

    Schema older =
        schemaAfter(
            "UPDATE migrations.applied_migrations SET status = 'rolled_back'"
                + " WHERE script_set = 'audit' AND version = '1.6.0'");
    assertThat(older.missing()).singleElement().asString().contains("audit").contains("1.6.0");
    assertThat(older.broken()).isEmpty();

    Schema newer =
        schemaAfter(
            """
            INSERT INTO migrations.applied_migrations
                   (script_set, version, name, sql_hash, status, applied_at)
            VALUES ('core', '999.0.0', 'later', 'x', 'applied', now()),
                   ('of_the_user', '999.0.0', 'own', 'x', 'applied', now())
            """);
    assertThat(newer.unknown()).singleElement().asString().contains("999.0.0");
    assertThat(newer.missing()).isEmpty();

    Schema broken =
        schemaAfter(
            "UPDATE migrations.applied_migrations SET status = 'failed'"
                + " WHERE script_set = 'core' AND version = '16.1.0'");
    assertThat(broken.broken()).singleElement().asString().contains("16.1.0");
  }

  @Test
  void aDatabaseThatAnotherToolMadeHasNoHistory() {
    DATABASE.execute("ALTER SCHEMA migrations RENAME TO migrations_away");
    try {
      assertThat(upkeep().schema().known()).isFalse();
    } finally {
      DATABASE.execute("ALTER SCHEMA migrations_away RENAME TO migrations");
    }
  }

  @Test
  void partitionsAreCountedUpToTheFirstGap() {
    assertThat(table("audit.change_log")).isEqualTo(new Partitions("audit.change_log", true, 3, 3));

    detach("from_at > now() + INTERVAL '1 month'");
    assertThat(table("audit.change_log").ahead()).isEqualTo(1);
    detach("from_at > now()");
    assertThat(table("audit.change_log")).isEqualTo(new Partitions("audit.change_log", true, 0, 3));
    detach("from_at <= now() AND now() < to_at");
    assertThat(table("audit.change_log").present()).isFalse();
  }

  private static Partitions table(String name) {
    Predicate<Partitions> named = table -> table.table().equals(name);
    return upkeep().partitions().stream().filter(named).findFirst().orElseThrow();
  }

  private static void detach(String which) {
    DATABASE.execute(
        """
        DO $$
        DECLARE v_name REGCLASS;
        BEGIN
          FOR v_name IN
            SELECT partition_name FROM partitions.bounds('audit.change_log')
             WHERE NOT is_default AND %s
          LOOP
            EXECUTE format('ALTER TABLE audit.change_log DETACH PARTITION %%s', v_name);
          END LOOP;
        END $$
        """
            .formatted(which));
  }

  @Test
  void oldRecordsOfTheAuditLogAreRemovedAndNoOthers() {
    DATABASE.execute(
        """
        INSERT INTO audit.change_log (table_schema, table_name, operation, changed_at)
        VALUES ('s', 'old', 'DELETE', now() - INTERVAL '92 days'),
               ('s', 'new', 'DELETE', now() - INTERVAL '88 days')
        """);
    assertThat(upkeep().purgeAudit(NINETY_DAYS)).hasValue(1);
    assertThat(upkeep().purgeAudit(NINETY_DAYS)).hasValue(0);
    assertThat(DATABASE.query("SELECT table_name FROM audit.change_log WHERE table_schema = 's'"))
        .containsExactly("new");
  }

  @Test
  void withoutTheSetMonitoringNothingIsKept() {
    assertThat(upkeep().keepsRuns()).isFalse();
    assertThat(upkeep().sampleDatabase()).isEmpty();
    assertThat(upkeep().recommendIndexes()).isEmpty();
    assertThat(upkeep().recordCapacity()).isEmpty();
    assertThat(upkeep().removeOld(NINETY_DAYS, 10)).isEmpty();
  }
}
