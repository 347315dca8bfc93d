package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.DeadLetters.Filter;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What can go wrong, which alerts that brings about, and how it is put right: as the alert's advice
 * says, where that is a statement or a call.
 */
@SuppressWarnings(
    "ImmutableEnumChecker") // the sets are unmodifiable, and the functions keep nothing
enum AlertFault {
  POSTGRES_KILLED(
      Set.of("health_status", "breakers_open", "backlog_age_seconds"),
      Also.OF_POSTGRESQL,
      scene -> scene.servers().postgres().kill(),
      scene -> scene.servers().postgres().restart()),

  POSTGRES_FROZEN(
      Set.of("health_status", "breakers_open", "backlog_age_seconds"),
      Also.OF_POSTGRESQL,
      scene -> scene.servers().postgres().pause(),
      scene -> scene.servers().postgres().resume()),

  NATS_KILLED(
      Set.of("health_status", "breakers_open", "backlog_age_seconds", "backlog_bytes"),
      Also.OF_NATS,
      scene -> scene.servers().nats().kill(),
      scene -> scene.servers().nats().restart()),

  NATS_FROZEN(
      Set.of("health_status", "breakers_open", "backlog_age_seconds", "backlog_bytes"),
      Also.OF_NATS,
      scene -> scene.servers().nats().pause(),
      scene -> scene.servers().nats().resume()),

  /** Another session locks the table of the state, so that the flush waits. */
  TABLE_LOCKED(
      Set.of("backlog_age_seconds", "long_running_transactions_minutes"),
      Set.of("consistency_lag_p95_ms", "pool_usage_percent"),
      scene -> scene.hold("LOCK TABLE agents.state IN SHARE MODE"),
      AlertScene::endNamedSession),

  LONG_TRANSACTION(
      Set.of("long_running_transactions_minutes"),
      Set.of(),
      scene -> scene.hold("SELECT 1"),
      AlertScene::endNamedSession),

  PREPARED_TRANSACTION_FORGOTTEN(
      Set.of("long_running_transactions_minutes", "xmin_age_transactions"),
      Set.of(),
      scene -> {
        scene.execute("BEGIN; CREATE TABLE app_limbo (n INT); PREPARE TRANSACTION 'forgotten'");
        scene.execute(
            """
            DO $$ BEGIN
              FOR i IN 1..1100 LOOP PERFORM txid_current(); COMMIT; END LOOP;
            END $$
            """);
      },
      AlertScene::applyRemedy),

  SLOT_LEFT_BEHIND(
      Set.of("replication_lag_seconds"),
      Set.of(),
      scene -> scene.execute("SELECT pg_create_physical_replication_slot('left_behind')"),
      scene -> scene.execute("SELECT pg_drop_replication_slot('left_behind')")),

  CONNECTIONS_TAKEN(
      Set.of("connection_pool_usage_percent"),
      Set.of(),
      scene -> scene.takeConnections(75),
      AlertScene::letGo),

  /** An hour later the deadlocks are over: the samples that they are counted from grow older. */
  DEADLOCKS(
      Set.of("deadlock_count_per_hour"),
      Set.of(),
      scene -> scene.deadlocks(5),
      scene -> scene.execute("DELETE FROM monitoring.database_samples")),

  TABLE_BLOATED(
      Set.of("table_bloat_percent", "index_bloat_percent"),
      Set.of(),
      scene -> {
        scene.execute(
            """
            CREATE TABLE app_bloated (id BIGINT PRIMARY KEY, filler TEXT)
              WITH (autovacuum_enabled = off);
            INSERT INTO app_bloated SELECT i, 'filler of row ' || i FROM generate_series(1, 100000) i;
            DELETE FROM app_bloated WHERE id % 10 <> 0
            """);
        scene.execute("VACUUM ANALYZE app_bloated");
      },
      AlertScene::removeNamedBloat),

  ENTRY_REFUSED(
      Set.of("dead_letters_open"),
      Set.of(),
      AlertScene::writeOfStranger,
      scene -> {
        scene.registerStranger();
        scene.persistence().operations().deadLetters().replayAll(Filter.all());
      }),

  /** An hour later the inconsistency is none of the last hour. */
  ROW_TAMPERED_WITH(
      Set.of("inconsistencies_per_hour"),
      Set.of("health_status"),
      scene -> {
        scene.tamper();
        scene.persistence().operations().consistency().check(CheckScope.everything());
      },
      AlertScene::anHourPasses),

  RELAY_PAUSED(
      Set.of("change_feed_lag_seconds"),
      Set.of(),
      scene -> scene.persistence().changes().pause(),
      scene -> scene.persistence().changes().resume()),

  SAGA_STOPPED(Set.of("sagas_stopped"), Set.of(), AlertScene::stopSaga, AlertScene::giveSagaUp),

  JOB_FAILS(
      Set.of("failed_jobs"),
      Set.of(),
      scene -> {
        scene.execute("ALTER TABLE monitoring.capacity_samples RENAME COLUMN table_bytes TO b");
        scene.runJob("capacity");
      },
      scene -> {
        scene.execute("ALTER TABLE monitoring.capacity_samples RENAME COLUMN b TO table_bytes");
        scene.runJob("capacity");
      }),

  POOL_EXHAUSTED(
      Set.of("pool_usage_percent", "long_running_transactions_minutes"),
      Set.of("pool_acquisition_p95_ms", "breakers_open"),
      AlertScene::exhaustPool,
      AlertScene::freePool);

  /** What several faults bring with them, depending on which call they meet. */
  private static final class Also {

    static final Set<String> OF_POSTGRESQL =
        Set.of(
            "backlog_bytes",
            "change_feed_lag_seconds",
            "consistency_lag_p95_ms",
            "pool_acquisition_p95_ms",
            "pool_usage_percent");

    static final Set<String> OF_NATS = Set.of("change_feed_lag_seconds", "consistency_lag_p95_ms");
  }

  private final Set<String> alerts;
  private final Set<String> also;
  private final Consumer<AlertScene> injection;
  private final Consumer<AlertScene> end;

  AlertFault(
      Set<String> alerts,
      Set<String> also,
      Consumer<AlertScene> injection,
      Consumer<AlertScene> end) {
    this.alerts = alerts;
    this.also = also;
    this.injection = injection;
    this.end = end;
  }

  /** The metrics whose alerts it brings about. */
  Set<String> alerts() {
    return alerts;
  }

  /** The metrics whose alerts may come with it. */
  Set<String> also() {
    return also;
  }

  void inject(AlertScene scene) {
    injection.accept(scene);
  }

  void end(AlertScene scene) {
    end.accept(scene);
  }
}
