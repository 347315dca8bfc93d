package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Brings the WAL that a recovery reads from the archive to the disk of the server. Each file is
 * checked on its way, so that the recovery meets no damaged one, and needs neither the target nor
 * its keys while it runs.
 */
final class WalStaging {

  /** How far the clocks of the target and of the server may be apart. */
  private static final Duration CLOCKS = Duration.ofHours(1);

  private final WalArchive archive;

  WalStaging(WalArchive archive) {
    this.archive = archive;
  }

  /**
   * Returns the chain of a base backup; empty when the archive has no segment at all.
   *
   * @throws NonTransientPersistenceException DATA_CORRUPTION when segments are missing that the
   *     recovery needs
   */
  Optional<WalChain> chain(BasePart base, RecoveryTarget target) {
    Optional<WalChain> found =
        archive
            .segmentSize()
            .map(size -> WalChain.of(base, size, archive.segments(), archive.histories()));
    boolean withoutArchive =
        target instanceof RecoveryTarget.Latest || target instanceof RecoveryTarget.BackupEnd;
    if (found.isEmpty() && !withoutArchive) {
      throw missing(
          "the archive of the WAL is empty; without it only the base backup itself can be restored:"
              + " recover to the latest state");
    }
    found.ifPresent(chain -> requireWhole(chain, target));
    return found;
  }

  private static void requireWhole(WalChain chain, RecoveryTarget target) {
    if (!chain.consistent()) {
      throw missing(
          "segments of the WAL are missing that the base backup needs: "
              + chain.gaps()
              + "; use another base backup");
    }
    if (target instanceof RecoveryTarget.Latest && !chain.gaps().isEmpty()) {
      throw missing(
          "segments of the WAL are missing: "
              + chain.gaps()
              + ". What follows them cannot be recovered: recover to a time before the segment "
              + chain.gaps().get(0).first()
              + ", or use a base backup from after the last of them");
    }
  }

  private static NonTransientPersistenceException missing(String message) {
    return new NonTransientPersistenceException(DataError.DATA_CORRUPTION, message);
  }

  /** Brings the segments up to the target, and the histories of their timelines. */
  void bring(WalChain chain, RecoveryTarget target, Path directory) {
    for (String name : needed(chain, target)) {
      require(name, directory);
    }
    if (!chain.history().ancestors().isEmpty()) {
      require(WalFileName.history(chain.history().timeline()).name(), directory);
      for (TimelineHistory.Ancestor ancestor : chain.history().ancestors()) {
        String name = WalFileName.history(ancestor.timeline()).name();
        boolean unused = archive.fetch(name, directory.resolve(name)); // the first has none
      }
    }
  }

  private void require(String name, Path directory) {
    if (!archive.fetch(name, directory.resolve(name))) {
      throw missing("the file " + name + " of the WAL was deleted from the archive meanwhile");
    }
  }

  /** Returns the segments that can have what was committed up to the target. */
  List<String> needed(WalChain chain, RecoveryTarget target) {
    if (!(target instanceof RecoveryTarget.Time time)) {
      return chain.present();
    }
    Map<String, Instant> stored =
        archive.files().stream()
            .collect(Collectors.toMap(WalArchive::nameOf, Stored::storedAt, (one, other) -> one));
    return upTo(chain.present(), stored, time.at().plus(CLOCKS));
  }

  /** A segment that was stored after the time may begin before it; the next one cannot. */
  private static List<String> upTo(List<String> names, Map<String, Instant> stored, Instant time) {
    List<String> needed = new ArrayList<>();
    for (String name : names) {
      needed.add(name);
      Instant at = stored.get(name);
      if (at != null && at.isAfter(time)) {
        return needed;
      }
    }
    return needed;
  }
}
