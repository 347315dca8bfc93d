package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** An open store keeps the time partitions of a real server. */
class PartitionUpkeepIT {

  private static final Duration HOUR = Duration.ofHours(1);

  private final PostgresDatabase database = PostgresDatabase.create();
  private final ManualClock clock = ManualClock.create();

  @Test
  void anOpenStoreCreatesDrainsAndRetires() {
    registerTable();
    database.execute(
        """
        SELECT partitions.create_time_partition('demo.log', now() - INTERVAL '40 days');
        INSERT INTO demo.log
        VALUES (now() - INTERVAL '40 days'), (now() - INTERVAL '3 days'), (now())
        """);
    try (PostgresStore store = open()) {
      assertThat(store).isNotNull();
      clock.advance(HOUR);
      awaitOutcome("done");
      assertThat(
              database.query(
                  "SELECT count(*) FROM partitions.bounds('demo.log') WHERE NOT is_default"))
          .as("three days ago, today and two ahead")
          .containsExactly("4");
      assertThat(database.query("SELECT count(*) FROM demo.log_default")).containsExactly("0");
      assertThat(database.query("SELECT count(*) FROM demo.log")).containsExactly("2");

      database.execute(
          "INSERT INTO demo.log VALUES (now() - INTERVAL '5 days');"
              + " UPDATE partitions.settings SET last_outcome = NULL");
      clock.advance(HOUR);
      awaitOutcome("done");
      assertThat(database.query("SELECT count(*) FROM demo.log_default")).containsExactly("0");
    }
  }

  @Test
  void aTableThatIsGoneIsLeftAndTheRestIsDone() {
    registerTable();
    database.execute(
        """
        ALTER TABLE demo.log RENAME TO renamed;
        CREATE TABLE demo.other (at TIMESTAMPTZ NOT NULL) PARTITION BY RANGE (at);
        SELECT partitions.register('demo.other', '1 day', 2)
        """);
    try (PostgresStore store = open()) {
      assertThat(store).isNotNull();
      clock.advance(HOUR);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  database
                      .query("SELECT count(*) FROM partitions.bounds('demo.other')")
                      .equals(List.of("4")));
    }
  }

  @Test
  void aSchemaWithoutPartitionFunctionsIsLeftAlone() {
    database.execute("DROP SCHEMA partitions CASCADE");
    assertThatCode(
            () -> {
              try (PostgresStore store = open()) {
                clock.advance(HOUR);
                assertThat(store.sql().agents()).isNotNull();
              }
            })
        .doesNotThrowAnyException();
  }

  private PostgresStore open() {
    return PostgresStore.open(
        PersistenceConfig.builder(
                NatsConfig.of("nats://unused.invalid"),
                database.config().toBuilder().partitionUpkeep(HOUR).build())
            .clock(clock)
            .build());
  }

  private void registerTable() {
    database.execute(
        """
        CREATE SCHEMA demo;
        CREATE TABLE demo.log (at TIMESTAMPTZ NOT NULL) PARTITION BY RANGE (at);
        SELECT partitions.register('demo.log', '1 day', 2, '30 days')
        """);
  }

  private void awaitOutcome(String outcome) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                database
                    .query(
                        "SELECT last_outcome FROM partitions.settings WHERE parent_schema = 'demo'")
                    .contains(outcome));
  }
}
