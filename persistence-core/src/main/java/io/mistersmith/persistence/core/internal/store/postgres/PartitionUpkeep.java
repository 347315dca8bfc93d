package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.store.postgres.PartitionMaintenance.Outcome;
import io.mistersmith.persistence.core.internal.store.postgres.PartitionMaintenance.Table;
import io.mistersmith.persistence.error.PersistenceException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the time partitions maintained again and again while a runtime is open.
 *
 * <p>Works in the background. Nothing waits for it, and nothing fails with it: rows without a
 * partition go to the default one until it succeeds, so what fails is logged with what to do, and
 * tried again at the next turn. If several runtimes try at once, one works and the others skip the
 * turn.
 */
final class PartitionUpkeep {

  private static final Logger LOG = LoggerFactory.getLogger(PartitionUpkeep.class);

  /** Not at once: a runtime that opens has better use for the database. */
  private static final Duration FIRST = Duration.ofSeconds(30);

  private static final Duration LOOK = Duration.ofMillis(500);

  /** Between two moves of rows out of a default partition, during which its writers wait. */
  private static final Duration BREATH = Duration.ofMillis(200);

  private static final int MOST_PASSES = 200;
  private static final Duration STOP = Duration.ofSeconds(2);

  private final PartitionMaintenance maintenance;
  private final Duration every;
  private final Clock clock;
  private final PeriodicService service;
  private Instant due;
  private boolean saidUnavailable;

  /** Maintains every so often, measured by {@code clock}; never if {@code every} is zero. */
  PartitionUpkeep(
      PartitionMaintenance maintenance, Duration every, Clock clock, Services services) {
    this.maintenance = maintenance;
    this.every = every;
    this.clock = clock;
    this.due = clock.instant().plus(FIRST.compareTo(every) < 0 ? FIRST : every);
    this.service =
        services.every(
            LOOK,
            "persistence-partitions",
            "rows go to the default partitions once the present ones end",
            this::maintainIfDue);
  }

  void start() {
    if (!every.isZero()) {
      service.start();
    }
  }

  /** Stops after the table under way; waits for that, at most two seconds. */
  void close() {
    boolean unused = service.close(STOP);
  }

  private void maintainIfDue() {
    if (clock.instant().isBefore(due)) {
      return;
    }
    due = clock.instant().plus(every);
    try {
      maintainAll();
    } catch (PersistenceException e) {
      if (service.isOpen()) {
        LOG.warn(
            "time partitions were not maintained, the next turn is in {}: {}",
            every,
            e.getMessage());
      }
    }
  }

  private void maintainAll() {
    if (!maintenance.available()) {
      if (!saidUnavailable) {
        saidUnavailable = true;
        LOG.info(
            "time partitions are not maintained: the schema is older than this library;"
                + " apply the bundled migrations");
      }
      return;
    }
    for (Table table : maintenance.tables()) {
      if (!service.isOpen()) {
        return;
      }
      if (table.exists()) {
        maintain(table);
      } else {
        LOG.warn(
            "{} is registered for time partitions and does not exist;"
                + " delete its row of partitions.settings",
            table);
      }
    }
  }

  private void maintain(Table table) {
    try {
      for (int pass = 0; pass < MOST_PASSES; pass++) {
        Optional<Outcome> outcome = maintenance.maintain(table);
        outcome.ifPresent(came -> report(table, came));
        if (!outcome.map(PartitionUpkeep::goesOn).orElse(false) || !service.pause(BREATH)) {
          return;
        }
      }
    } catch (PersistenceException e) {
      if (service.isOpen()) {
        LOG.warn(
            "the time partitions of {} were not maintained, the next turn is in {}: {}",
            table,
            every,
            e.getMessage());
      }
    }
  }

  private static boolean goesOn(Outcome outcome) {
    return outcome.result().equals("incomplete")
        && (outcome.drained() > 0 || outcome.created() > 0);
  }

  private void report(Table table, Outcome outcome) {
    if (outcome.created() > 0 || outcome.drained() > 0 || outcome.retired() > 0) {
      LOG.info(
          "time partitions of {}: {} created, {} rows moved out of the default one, {} retired",
          table,
          outcome.created(),
          outcome.drained(),
          outcome.retired());
    }
    if (outcome.result().equals("busy")) {
      LOG.debug("time partitions of {}: another runtime is at it", table);
    } else if (outcome.result().equals("failed")) {
      LOG.warn(
          "the time partitions of {} are not as they should be, the next turn is in {}: {}{}",
          table,
          every,
          outcome.message(),
          advice(outcome.message()));
    }
  }

  /** Rows are safe in the default partition meanwhile, unless this lasts too long. */
  private static String advice(String message) {
    if (message.contains("(42501)")) {
      return "; connect as the owner of the table, or let its owner call partitions.maintain()"
          + " and set PostgresConfig.Builder.partitionUpkeep(Duration.ZERO)";
    }
    if (message.contains("(55P03)")) {
      return "; a transaction holds the table: if this comes back, look for long ones in"
          + " pg_stat_activity";
    }
    return "";
  }
}
