package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.backup.Readiness.Check;
import io.mistersmith.persistence.backup.Readiness.Status;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.core.internal.base.PostgresCluster;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Archiving;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Facts;
import io.mistersmith.persistence.error.PersistenceException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Checks whether PostgreSQL could be recovered to a target now: by the files in the target, and by
 * a walk of the WAL from the base backup on. Thread-safe.
 */
final class PostgresReadiness {

  static final String BASE = "base_backup_exists";
  static final String WAL = "wal_continuity";
  static final String TIME = "target_time_feasible";

  /** A base backup is made each week; a day more is for one that takes long. */
  private static final Duration OLD = Duration.ofDays(8);

  private static final int MOST_SEGMENTS_BEHIND = 2;

  private final BackupTarget target;
  private final WalArchive archive;
  private final PostgresCluster cluster;
  private final Duration retention;
  private final Clock clock;

  /**
   * Checks.
   *
   * @param retention how long every backup is kept
   */
  PostgresReadiness(
      BackupTarget target,
      WalArchive archive,
      PostgresCluster cluster,
      Duration retention,
      Clock clock) {
    this.target = target;
    this.archive = archive;
    this.cluster = cluster;
    this.retention = retention;
    this.clock = clock;
  }

  /**
   * Returns the three checks of PostgreSQL.
   *
   * @param backups the manifests of all backups, newest first
   */
  List<Check> check(List<BackupManifest> backups, RecoveryTarget point) {
    Optional<BasePart> base = choose(backups, point);
    if (base.isEmpty()) {
      String found = "there is no base backup that ended before the point to recover to";
      String action = "make one with backup weekly";
      return List.of(
          new Check(BASE, Status.FAIL, found, action),
          new Check(WAL, Status.FAIL, "without a base backup the WAL is of no use", action),
          new Check(TIME, Status.FAIL, found, "recover to a later time, or from a dump"));
    }
    Walk walk = walk(base.get());
    return List.of(
        base(base.get()), wal(walk, point), time(base.get(), walk, point, clock.instant()));
  }

  /** Returns the newest base backup that ended before the point. */
  static Optional<BasePart> choose(List<BackupManifest> backups, RecoveryTarget point) {
    return backups.stream()
        .flatMap(manifest -> manifest.postgres().base().stream())
        .filter(
            base ->
                !(point instanceof RecoveryTarget.Time time)
                    || !base.stoppedAt().isAfter(time.at()))
        .findFirst();
  }

  /**
   * A chain of the WAL.
   *
   * @param chain the chain; empty when the archive is
   * @param reaches when its last segment was stored
   */
  private record Walk(Optional<WalChain> chain, Optional<Instant> reaches) {}

  private Walk walk(BasePart base) {
    Optional<WalChain> chain =
        archive
            .segmentSize()
            .map(size -> WalChain.of(base, size, archive.segments(), archive.histories()));
    Optional<Instant> reaches =
        chain
            .map(WalChain::last)
            .filter(WalFileName::isSegmentName)
            .flatMap(name -> target.find(new WalFileName(name).path()))
            .map(Stored::storedAt);
    return new Walk(chain, reaches);
  }

  private Check base(BasePart base) {
    for (StoredFile file : base.allFiles()) {
      long size = target.find(file.path()).map(Stored::size).orElse(-1L);
      if (size != file.size()) {
        return new Check(
            BASE,
            Status.FAIL,
            file.path() + (size < 0 ? " does not exist" : " has another size than it had"),
            "run verify, and make a base backup with backup weekly");
      }
    }
    String found = "the base backup " + base.label() + " ended at " + base.stoppedAt();
    return base.stoppedAt().isBefore(clock.instant().minus(OLD))
        ? new Check(
            BASE,
            Status.WARN,
            found + ", so that a recovery replays much WAL",
            "make a base backup each week with backup weekly")
        : new Check(BASE, Status.PASS, found, "");
  }

  private Check wal(Walk walk, RecoveryTarget point) {
    if (walk.chain().isEmpty()) {
      return new Check(
          WAL,
          point instanceof RecoveryTarget.Latest ? Status.WARN : Status.FAIL,
          "the archive of the WAL is empty",
          "set archive_mode = on, and archive_command as the recovery guide says");
    }
    WalChain chain = walk.chain().get();
    if (!chain.consistent() || !chain.gaps().isEmpty()) {
      return new Check(
          WAL,
          isReached(chain, walk, point) ? Status.WARN : Status.FAIL,
          "the archive lacks " + chain.gaps(),
          "make a base backup now; look in the server's pg_wal for the missing segments, and"
              + " archive them");
    }
    return server(chain);
  }

  /** A gap that comes after the point does not matter for it. */
  private static boolean isReached(WalChain chain, Walk walk, RecoveryTarget point) {
    return chain.consistent()
        && point instanceof RecoveryTarget.Time time
        && walk.reaches().map(reaches -> !reaches.isBefore(time.at())).orElse(false);
  }

  private Check server(WalChain chain) {
    String found = chain.present().size() + " segments up to " + chain.last() + " without a gap";
    try {
      return server(found, chain, cluster.facts(), cluster.archiving());
    } catch (PersistenceException e) {
      return new Check(
          WAL,
          Status.WARN,
          found + "; the server did not say how it archives: " + e.getMessage(),
          "run readiness again when the server answers");
    }
  }

  /** Judges a chain without gaps by what the server says of its archiver. */
  static Check server(String found, WalChain chain, Facts facts, Archiving archiving) {
    if (!archiving.isOn()) {
      return new Check(
          WAL,
          Status.WARN,
          found + "; the server archives nothing any more",
          "set archive_mode = on, and archive_command as the recovery guide says");
    }
    if (archiving.isFailing()) {
      return new Check(
          WAL,
          Status.WARN,
          found + "; archiving " + archiving.lastFailed().orElse("a segment") + " failed",
          "look for the reason in the server's log; nothing is lost while pg_wal has room");
    }
    long size = facts.segmentSize();
    long last = WalSegment.parse(chain.last(), size).map(WalSegment::number).orElse(0L);
    long behind = WalSegment.at(facts.timeline(), new Lsn(facts.lsn()), size).number() - last - 1;
    return behind > MOST_SEGMENTS_BEHIND
        ? new Check(
            WAL,
            Status.WARN,
            found + "; the server is " + behind + " segments ahead of the archive",
            "look whether the archive command keeps up; these segments are lost with the server")
        : new Check(WAL, Status.PASS, found, "");
  }

  private Check time(BasePart base, Walk walk, RecoveryTarget point, Instant now) {
    if (!(point instanceof RecoveryTarget.Time time)) {
      return point instanceof RecoveryTarget.Latest
          ? new Check(TIME, Status.PASS, "the recovery goes " + PitrPlan.words(point), "")
          : new Check(
              TIME,
              Status.WARN,
              "only the recovery itself finds out whether it can go " + PitrPlan.words(point),
              "try it in a drill; PostgreSQL stops with an error where the WAL lacks it");
    }
    if (time.at().isAfter(now)) {
      return new Check(TIME, Status.FAIL, time.at() + " is in the future", "give an earlier time");
    }
    Instant reaches = walk.reaches().orElse(base.stoppedAt());
    if (time.at().isAfter(reaches)) {
      return new Check(
          TIME,
          Status.FAIL,
          "the archive ends with what was stored at " + reaches + ", before " + time.at(),
          "run SELECT pg_switch_wal() on the server and check again, or give an earlier time");
    }
    return time.at().isBefore(now.minus(retention))
        ? new Check(
            TIME,
            Status.WARN,
            time.at() + " is older than backups are kept, and the next prune may delete them",
            "copy the backup elsewhere before you prune")
        : new Check(TIME, Status.PASS, "the WAL reaches beyond " + time.at(), "");
  }
}
