package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.LargeValueStore;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The removal of unnamed contents where the names of some are slow to find. */
@Tag("contract")
class LargeValueSweepsIT {

  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration GRACE = Duration.ofHours(1);

  /** In place of a content with many large checkpoints. */
  private static final String SLOW =
      """
      ALTER FUNCTION agents.is_large_value_named(UUID) RENAME TO is_named_indeed;
      CREATE FUNCTION agents.is_large_value_named(p_content UUID)
      RETURNS BOOLEAN
      LANGUAGE plpgsql STABLE
      AS $$
      BEGIN
        IF p_content = '%s' THEN
          PERFORM pg_sleep(600);
        END IF;
        RETURN agents.is_named_indeed(p_content);
      END;
      $$
      """;

  private final PostgresDatabase database = PostgresDatabase.create();
  private final PostgresStore store =
      PostgresDatabase.open(
          database.config().toBuilder()
              .role(PRIMARY, role -> role.statementTimeout(LIMIT))
              .build());

  @AfterEach
  void close() {
    store.close();
  }

  private LargeValueStore contents() {
    return store.sql().largeValues();
  }

  private void insert(UUID content, String checkedAt) {
    database.execute(
        """
        INSERT INTO agents.large_values (content, written_at, checked_at)
        VALUES ('%s', '2020-01-01', '%s')
        """
            .formatted(content, checkedAt));
  }

  private int note() {
    return contents().noteUnnamed(Instant.parse("2021-01-01T00:00:00Z"), GRACE);
  }

  private String left() {
    return database.query("SELECT count(*) FROM agents.large_values").get(0);
  }

  @Test
  void contentWhoseNamesCannotBeFoundInTimeHoldsUpNoOther() {
    UUID slow = UUID.randomUUID();
    database.execute(SLOW.formatted(slow));
    insert(slow, "-infinity");
    for (int i = 0; i < 50; i++) {
      insert(UUID.randomUUID(), "2020-01-01");
    }

    assertThatThrownBy(this::note).isInstanceOf(PersistenceException.class);
    int looked = 0;
    for (int last = note(); last > 0; last = note()) {
      looked += last;
    }
    assertThat(looked).as("of those behind the page of the slow one").isBetween(25, 50);

    database.execute(
        "UPDATE agents.large_values SET unnamed_since = '2020-01-01', checked_at = '2020-01-01'");
    database.execute(
        "UPDATE agents.large_values SET checked_at = '-infinity' WHERE content = '%s'"
            .formatted(slow));
    assertThatThrownBy(() -> contents().removeUnnamed(GRACE))
        .isInstanceOf(PersistenceException.class);
    int removed = 0;
    for (int last = contents().removeUnnamed(GRACE); last > 0; ) {
      removed += last;
      last = contents().removeUnnamed(GRACE);
    }
    assertThat(removed).isBetween(25, 50);
  }

  @Test
  void theFlushNeedNotWaitForTheLookAtAContent() throws Exception {
    UUID slow = UUID.randomUUID();
    database.execute(SLOW.formatted(slow).replace("600", "0.4"));
    insert(slow, "-infinity");
    CompletableFuture<Integer> look = CompletableFuture.supplyAsync(this::note);
    Awaitility.await()
        .atMost(SOON)
        .until(
            () ->
                database
                    .query(
                        "SELECT count(*) FROM pg_stat_activity"
                            + " WHERE wait_event = 'PgSleep' AND datname = current_database()")
                    .contains("1"));
    try (Connection flush = database.connect();
        Statement statement = flush.createStatement()) {
      statement.execute("SET lock_timeout = '100ms'");
      statement.execute("UPDATE agents.large_values SET unnamed_since = NULL");
    }
    assertThat(look.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void contentThatIsNamedAgainIsKept() {
    UUID content = UUID.randomUUID();
    insert(content, "-infinity");
    assertThat(note()).isEqualTo(1);
    database.execute(
        """
        INSERT INTO agents.dead_letters
               (bucket, subject, agent, state_key, epoch, sequence, operation, value, reason_code,
                reason)
        VALUES ('B', 's', gen_random_uuid(), '_large.x', 1, 8, 'put', '{"content":"%s"}', 'X', 'y')
        """
            .formatted(content));
    database.execute(
        "UPDATE agents.large_values SET unnamed_since = '2020-01-01', checked_at = '2020-01-01'");

    assertThat(contents().removeUnnamed(GRACE)).isZero();
    assertThat(left()).isEqualTo("1");
    assertThat(database.query("SELECT unnamed_since FROM agents.large_values"))
        .containsExactly("null");
  }
}
