package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore.Age;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Whether a backup or a drill is overdue. That stops nobody from working, so it is never worse than
 * degraded.
 */
final class BackupCheck implements ComponentCheck {

  private final RecoveryStore store;

  BackupCheck(RecoveryStore store) {
    this.store = store;
  }

  @Override
  public String name() {
    return "backups";
  }

  @Override
  public List<Component> check() {
    if (!store.isInstalled()) {
      return List.of(
          component(
              Status.HEALTHY,
              "nobody knows of backups: the set of migrations recovery, as of 1.4.0, is not"
                  + " applied"));
    }
    List<Age> ages = store.ages();
    List<Age> overdue = ages.stream().filter(age -> age.allowedAges() >= 1).toList();
    if (!overdue.isEmpty()) {
      return List.of(
          component(
              Status.DEGRADED,
              overdue.stream().map(BackupCheck::text).collect(Collectors.joining("; "))
                  + ": make it now, and look why it was not made"));
    }
    return List.of(
        component(
            Status.HEALTHY,
            ages.isEmpty()
                ? "recovery.schedule expects neither backups nor drills"
                : ages.stream().map(BackupCheck::text).collect(Collectors.joining("; "))));
  }

  private static String text(Age age) {
    return "the last %s was %s, %d h are allowed"
        .formatted(
            age.what(),
            age.lastAt().map(at -> "at " + at).orElse("never made"),
            age.allowed().toHours());
  }

  private Component component(Status status, String reason) {
    return new Component(name(), status, Optional.empty(), reason);
  }
}
