package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.PostgresPart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.WalRange;
import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.testkit.memory.MemoryBackupTarget;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** A target as an installation fills it: backups, increments of them, and the WAL in between. */
final class BackupHistory {

  private static final long SEGMENT = 16L << 20;

  /** What an installation does, or what becomes of it. */
  enum Event {
    DAILY,
    BASE,
    INCREMENT,
    /** A backup that is cut off. */
    UNFINISHED,
    /** A base backup whose manifest is damaged. */
    DAMAGED,
    DAY,
    WEEK,
    MONTH
  }

  private final ManualClock clock = ManualClock.create();
  private final MemoryBackupTarget target = new MemoryBackupTarget(clock);
  private long segment = 1;
  private Optional<BasePart> newest = Optional.empty();

  MemoryBackupTarget target() {
    return target;
  }

  ManualClock clock() {
    return clock;
  }

  Instant now() {
    return clock.instant();
  }

  /** Returns the number of the segment that is written to. */
  long segment() {
    return segment;
  }

  void happen(Event event) {
    switch (event) {
      case DAILY -> {
        String id = begin(BackupKind.DAILY);
        Optional<StoredFile> dump = Optional.of(file(id, "database.dump"));
        store(manifest(id, BackupKind.DAILY, dump, Optional.empty()));
      }
      case BASE -> base(Optional.empty());
      case INCREMENT -> base(newest);
      case UNFINISHED -> file(begin(BackupKind.WEEKLY), "base.tar");
      case DAMAGED -> {
        String id = begin(BackupKind.WEEKLY);
        file(id, "base.tar");
        file(id, "manifest.json");
      }
      case DAY -> pass(Duration.ofDays(1));
      case WEEK -> pass(Duration.ofDays(7));
      case MONTH -> pass(Duration.ofDays(31));
    }
  }

  private void pass(Duration time) {
    clock.advance(time);
    archive();
  }

  private String begin(BackupKind kind) {
    clock.advance(Duration.ofMinutes(10));
    return BackupPaths.id(now(), kind);
  }

  private void base(Optional<BasePart> since) {
    String id = begin(BackupKind.WEEKLY);
    long first = segment;
    StoredFile tar = file(id, "base.tar");
    StoredFile own = file(id, "backup_manifest");
    archive();
    BasePart base =
        new BasePart(
            id,
            new Lsn(first * SEGMENT + 0x28).toString(),
            new Lsn(first * SEGMENT + 0x130).toString(),
            1,
            now(),
            now(),
            List.of(tar),
            own,
            since);
    newest = Optional.of(base);
    store(manifest(id, BackupKind.WEEKLY, Optional.empty(), newest));
  }

  /** Archives the segment that is written to, and begins the next one. */
  private void archive() {
    String path = "wal/00000001/" + segmentName(segment);
    put(path, "segment " + segment);
    put(path + ".sha256", "checksum");
    segment++;
  }

  static String segmentName(long number) {
    return new WalSegment(1, number).name(SEGMENT);
  }

  /** Returns the number of the segment that a base backup begins in. */
  static long firstSegment(BasePart base) {
    return WalSegment.at(1, Lsn.parse(base.startLsn()), SEGMENT).number();
  }

  private StoredFile file(String id, String name) {
    String path = BackupPaths.directory(id) + name;
    byte[] bytes = put(path, "content of " + path);
    return new StoredFile(path, bytes.length, Digests.sha256Hex(bytes));
  }

  private byte[] put(String path, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    target.put(path, bytes.length, new ByteArrayInputStream(bytes));
    return bytes;
  }

  private BackupManifest manifest(
      String id, BackupKind kind, Optional<StoredFile> dump, Optional<BasePart> base) {
    Optional<WalRange> wal =
        base.map(
            part -> {
              String name = segmentName(firstSegment(part));
              return new WalRange(1, name, name, SEGMENT);
            });
    return new BackupManifest(
        BackupManifest.FORMAT,
        id,
        kind,
        now(),
        now(),
        Optional.empty(),
        new TreeMap<>(),
        List.of(),
        new PostgresPart("agents", "17.2", Optional.empty(), dump, base, wal, new TreeMap<>()),
        List.of(),
        List.of());
  }

  private void store(BackupManifest manifest) {
    byte[] bytes = ManifestCodec.encode(manifest);
    target.put(BackupPaths.manifest(manifest.id()), bytes.length, new ByteArrayInputStream(bytes));
  }
}
