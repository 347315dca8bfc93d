package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.BackupManifest.WrappedKey;
import io.mistersmith.persistence.backup.Readiness;
import io.mistersmith.persistence.backup.Readiness.Check;
import io.mistersmith.persistence.backup.Readiness.Status;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.error.PersistenceException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks whether a recovery would succeed: PostgreSQL, the streams, and the keys of both. */
final class RecoveryReadiness {

  private static final String STREAMS = "stream_snapshot";
  private static final String KEYS = "keys";
  private static final Duration OLD = Duration.ofDays(8);

  private final PostgresReadiness postgres;
  private final Optional<FileKeys> keys;
  private final Clock clock;

  RecoveryReadiness(PostgresReadiness postgres, Optional<FileKeys> keys, Clock clock) {
    this.postgres = postgres;
    this.keys = keys;
    this.clock = clock;
  }

  /** Checks by the manifests of all backups, newest first. */
  Readiness check(List<BackupManifest> backups, RecoveryTarget target) {
    List<Check> checks = new ArrayList<>(postgres.check(backups, target));
    checks.add(streams(backups));
    checks.add(keys(backups));
    return new Readiness(checks);
  }

  private Check streams(List<BackupManifest> backups) {
    Optional<BackupManifest> newest =
        backups.stream().filter(made -> !made.streams().isEmpty()).findFirst();
    if (newest.isEmpty()) {
      return new Check(
          STREAMS,
          Status.FAIL,
          "there is no backup of the streams",
          "make one with backup cross-system");
    }
    BackupManifest made = newest.get();
    for (StreamPart part : made.streams()) {
      Optional<String> damage = Streams.gap(part, made.positions()).or(() -> Streams.lack(part));
      if (damage.isPresent()) {
        return new Check(
            STREAMS, Status.FAIL, damage.get(), "make another one with backup cross-system");
      }
    }
    String found =
        "backup "
            + made.id()
            + " has "
            + made.streams().size()
            + " streams, as of "
            + made.completedAt();
    return made.completedAt().plus(OLD).isBefore(clock.instant())
        ? new Check(STREAMS, Status.WARN, found, "make a newer one with backup cross-system")
        : new Check(STREAMS, Status.PASS, found, "");
  }

  /** Of an older backup the keys are known, too: any of them may be the one that is needed. */
  private Check keys(List<BackupManifest> backups) {
    Set<WrappedKey> needed =
        backups.stream().flatMap(made -> made.keys().stream()).collect(Collectors.toSet());
    if (needed.isEmpty()) {
      return new Check(KEYS, Status.PASS, "no backup is encrypted", "");
    }
    for (WrappedKey key : needed) {
      Optional<String> failure = failure(key);
      if (failure.isPresent()) {
        return new Check(
            KEYS,
            Status.FAIL,
            failure.get(),
            "give the backups' encryption a provider that has master key " + key.masterKey());
      }
    }
    long masters = needed.stream().map(WrappedKey::masterKey).distinct().count();
    return new Check(KEYS, Status.PASS, "all " + masters + " master keys are available", "");
  }

  private Optional<String> failure(WrappedKey key) {
    if (keys.isEmpty()) {
      return Optional.of("a backup is encrypted by master key " + key.masterKey());
    }
    try {
      var unused = keys.get().unwrap(key);
      return Optional.empty();
    } catch (PersistenceException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
