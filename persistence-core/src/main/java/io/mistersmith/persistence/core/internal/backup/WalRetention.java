package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.WalRange;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Which files of the WAL archive nothing needs: those before the begin of every kept base backup,
 * and older than the oldest of these by the time that the WAL is kept beyond it. Files that
 * describe timelines are always kept; they are small, and every later recovery may ask for them.
 *
 * @param first the position that the earliest recovery begins at
 * @param segmentSize the size of a segment
 * @param before when a file must have been stored to be deleted
 */
record WalRetention(Lsn first, long segmentSize, Instant before) {

  private static final int SEGMENT_NAME = 24;

  /**
   * Returns what may be deleted; empty when nothing may: there is no base backup, or one that does
   * not say which WAL it needs.
   *
   * @param kept the manifests of all kept backups
   * @param beyond how long the WAL is kept beyond the oldest base backup
   */
  static Optional<WalRetention> of(Collection<BackupManifest> kept, Duration beyond) {
    Optional<WalRetention> all = Optional.empty();
    for (BackupManifest manifest : kept) {
      Optional<BasePart> base = manifest.postgres().base();
      if (base.isEmpty()) {
        continue;
      }
      Optional<WalRetention> one =
          manifest.postgres().wal().map(wal -> of(base.get(), wal, beyond));
      if (one.isEmpty()
          || (all.isPresent() && all.get().segmentSize() != one.get().segmentSize())) {
        return Optional.empty();
      }
      all = all.map(earlier -> earlier.and(one.get())).or(() -> one);
    }
    return all;
  }

  private static WalRetention of(BasePart base, WalRange wal, Duration beyond) {
    Lsn first = Lsn.parse(base.startLsn());
    Instant oldest = base.startedAt();
    for (Optional<BasePart> part = base.since(); part.isPresent(); part = part.get().since()) {
      Lsn earlier = Lsn.parse(part.get().startLsn());
      first = earlier.isBefore(first) ? earlier : first;
      oldest = part.get().startedAt().isBefore(oldest) ? part.get().startedAt() : oldest;
    }
    return new WalRetention(first, wal.segmentSize(), oldest.minus(beyond));
  }

  private WalRetention and(WalRetention other) {
    return new WalRetention(
        other.first().isBefore(first) ? other.first() : first,
        segmentSize,
        other.before().isBefore(before) ? other.before() : before);
  }

  /** Returns the files that may be deleted, of all files of the archive. */
  List<Stored> unneeded(List<Stored> archive) {
    return archive.stream().filter(this::isUnneeded).toList();
  }

  private boolean isUnneeded(Stored file) {
    String name = name(file);
    return name.length() >= SEGMENT_NAME
        && file.storedAt().isBefore(before)
        && WalSegment.parse(name.substring(0, SEGMENT_NAME), segmentSize)
            .filter(segment -> !first.isBefore(segment.end(segmentSize)))
            .isPresent();
  }

  private static String name(Stored file) {
    return file.path().substring(file.path().lastIndexOf('/') + 1);
  }

  /** Returns whether a file is a segment itself, and not what belongs to one. */
  static boolean isSegment(Stored file) {
    return name(file).length() == SEGMENT_NAME;
  }
}
