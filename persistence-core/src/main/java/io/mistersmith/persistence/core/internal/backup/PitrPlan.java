package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.PostgresPart;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.backup.RestorePlan;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says how a base backup would be recovered to a target, without doing it. */
final class PitrPlan {

  private final ProgramSearch programs;
  private final WalStaging staging;

  PitrPlan(ProgramSearch programs, WalArchive archive) {
    this.programs = programs;
    this.staging = new WalStaging(archive);
  }

  /**
   * Returns the steps, the settings of the recovery, and what is missing for it.
   *
   * @param id the backup
   * @param part its part of PostgreSQL
   */
  RestorePlan of(String id, PostgresPart part, Path dataDirectory, RecoveryTarget target) {
    BasePart base = part.base().orElse(null);
    if (base == null) {
      return new RestorePlan(
          id,
          List.of(),
          List.of(),
          List.of(
              "The backup has no base backup, and a dump cannot be recovered to a point in time;"
                  + " choose a backup of the kind weekly or cross-system-base."));
    }
    List<String> missing = new ArrayList<>();
    Optional<WalChain> chain = chain(base, target, missing);
    addProgram(base, part, missing);
    addTime(base, target, missing);
    RestoredDirectory directory = new RestoredDirectory(dataDirectory);
    int timeline = chain.map(found -> found.history().timeline()).orElse(base.timeline());
    List<String> settings = new RecoverySettings(directory.wal(), timeline, target).lines();
    return new RestorePlan(id, steps(part, base, chain, target, directory), settings, missing);
  }

  private Optional<WalChain> chain(BasePart base, RecoveryTarget target, List<String> missing) {
    try {
      return staging.chain(base, target);
    } catch (NonTransientPersistenceException e) {
      missing.add(sentence(String.valueOf(e.getMessage())));
      return Optional.empty();
    }
  }

  private void addProgram(BasePart base, PostgresPart part, List<String> missing) {
    int version = majorVersion(part);
    if (base.since().isPresent()
        && programs.find(ClientProgram.PG_COMBINEBACKUP, version).isEmpty()) {
      missing.add(
          "pg_combinebackup of version "
              + version
              + " is missing, which puts increments together: "
              + ClientProgram.packages(version)
              + ".");
    }
  }

  private static int majorVersion(PostgresPart part) {
    return Integer.parseInt(part.serverVersion().split("\\D", 2)[0]);
  }

  private static void addTime(BasePart base, RecoveryTarget target, List<String> missing) {
    if (target instanceof RecoveryTarget.Time time && time.at().isBefore(base.stoppedAt())) {
      missing.add(
          "The base backup ended at "
              + base.stoppedAt()
              + ", after the time to recover to; choose an earlier one.");
    }
  }

  private List<String> steps(
      PostgresPart part,
      BasePart base,
      Optional<WalChain> chain,
      RecoveryTarget target,
      RestoredDirectory directory) {
    List<String> steps = new ArrayList<>();
    steps.add(
        "Check that "
            + directory.data()
            + " is empty, and that no server of PostgreSQL "
            + majorVersion(part)
            + " runs on it.");
    chain.ifPresent(found -> steps.add(wal(found, target, directory)));
    steps.add(unpacking(base, directory));
    steps.add(
        "Write the settings of the recovery and recovery.signal into " + directory.data() + ".");
    steps.add(
        "You then start the server, which replays the WAL "
            + words(target)
            + " and opens for writes; when it has, delete "
            + directory.beside()
            + ", turn archive_mode on again, and make a base backup.");
    return steps;
  }

  private String wal(WalChain chain, RecoveryTarget target, RestoredDirectory directory) {
    List<String> names = staging.needed(chain, target);
    return "Bring "
        + names.size()
        + " segments of the WAL, up to "
        + names.get(names.size() - 1)
        + " on the timeline "
        + chain.history().timeline()
        + ", to "
        + directory.wal()
        + ".";
  }

  private static String unpacking(BasePart base, RestoredDirectory directory) {
    int increments = -1;
    for (Optional<BasePart> part = Optional.of(base); part.isPresent(); part = part.get().since()) {
      increments++;
    }
    return "Unpack the base backup "
        + base.label()
        + (increments > 0 ? " with " + increments + " increments" : "")
        + " into "
        + directory.data()
        + ".";
  }

  /** Says where the recovery stops. */
  static String words(RecoveryTarget target) {
    if (target instanceof RecoveryTarget.Time time) {
      return "up to " + time.at();
    }
    if (target instanceof RecoveryTarget.RestorePoint point) {
      return "up to the restore point " + point.name();
    }
    if (target instanceof RecoveryTarget.BeforeTransaction transaction) {
      return "up to just before the transaction " + transaction.transactionId();
    }
    return target instanceof RecoveryTarget.BackupEnd
        ? "up to the end of the base backup"
        : "up to the end of the archive";
  }

  private static String sentence(String message) {
    return Character.toUpperCase(message.charAt(0)) + message.substring(1) + ".";
  }
}
