package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.testkit.memory.RecoveryTables.Drilled;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * The backups and drills, in memory, with the schedule of the scripts, which counts from 1970
 * before the first backup and drill. Every table is consistent.
 */
final class MemoryRecoveryStore implements RecoveryStore {

  private static final String SET = "recovery";
  private static final Duration BACKUP = Duration.ofHours(26);
  private static final Duration DRILL = Duration.ofDays(35);

  private final Session session;

  MemoryRecoveryStore(Session session) {
    this.session = session;
  }

  @Override
  public boolean isInstalled() {
    return session.call(tables -> tables.hasSet(SET));
  }

  @Override
  public void add(KnownBackup backup) {
    boolean unused =
        call(
            "note backup " + backup.id(),
            tables -> {
              boolean known = tables.backups.contains(backup.id());
              if (!known) {
                tables.backups.put(backup.id(), backup);
              }
              return known;
            });
  }

  @Override
  public boolean remove(String id) {
    return call("forget backup " + id, tables -> tables.backups.remove(id));
  }

  @Override
  public List<KnownBackup> backups() {
    return call(
        "list the known backups",
        tables ->
            tables
                .backups
                .all()
                .sorted(
                    Comparator.comparing(KnownBackup::startedAt)
                        .thenComparing(KnownBackup::id)
                        .reversed())
                .toList());
  }

  @Override
  public UUID record(DrillResult result) {
    Instant now = session.now();
    return call(
        "record a drill",
        tables -> {
          UUID id = UUID.randomUUID();
          tables.drills.put(id, new Drilled(result, now));
          return id;
        });
  }

  @Override
  public List<Age> ages() {
    Instant now = session.now();
    return call(
        "ask how old the newest backup is",
        tables ->
            List.of(
                age(
                    "backup",
                    tables.backups.all().map(KnownBackup::startedAt).max(Comparator.naturalOrder()),
                    BACKUP,
                    now),
                age(
                    "drill",
                    tables
                        .drills
                        .all()
                        .filter(drill -> drill.result().passed())
                        .map(Drilled::endedAt)
                        .max(Comparator.naturalOrder()),
                    DRILL,
                    now)));
  }

  private static Age age(String what, Optional<Instant> last, Duration allowed, Instant now) {
    Duration age = Duration.between(last.orElse(Instant.EPOCH), now);
    double ages = Math.max(0, age.toMillis() / (double) allowed.toMillis());
    return new Age(what, last, allowed, Math.round(ages * 100) / 100.0);
  }

  @Override
  public List<TableCheck> verifyConsistency() {
    return call(
        "check the consistency of every table",
        tables ->
            List.of(new TableCheck("agents.registry", tables.agents.all().count(), List.of())));
  }

  private <T> T call(String what, Function<Tables, T> statement) {
    return session.call(
        tables -> {
          tables.requireSet(SET, what);
          return statement.apply(tables);
        });
  }
}
