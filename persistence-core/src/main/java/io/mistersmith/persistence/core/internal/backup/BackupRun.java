package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.Position;
import io.mistersmith.persistence.backup.BackupManifest.PostgresPart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.BackupManifest.WalRange;
import io.mistersmith.persistence.backup.BackupManifest.WrappedKey;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Makes one backup while writers run.
 *
 * <p>A backup of both stores is consistent by its order. First the leases: from then on nothing is
 * evicted. Then the positions of the journals are read, PostgreSQL is saved, and the positions are
 * read again: what PostgreSQL has applied in its backup lies between the two. Then the streams are
 * saved, which have everything since the first position, as nothing was evicted, and reach the
 * second one, as they only grow. So the two backups overlap, and a restore applies to PostgreSQL
 * what the stream has beyond it.
 */
final class BackupRun {

  private final BackupKind kind;
  private final BackupStores stores;
  private final PostgresBackup postgres;
  private final BackupLeases leases;
  private final BackupWriter writer;
  private final ProgressMeter progress;
  private final Clock clock;

  BackupRun(
      BackupKind kind,
      BackupStores stores,
      PostgresBackup postgres,
      BackupLeases leases,
      BackupWriter writer,
      ProgressMeter progress,
      Clock clock) {
    this.kind = kind;
    this.stores = stores;
    this.postgres = postgres;
    this.leases = leases;
    this.writer = writer;
    this.progress = progress;
    this.clock = clock;
  }

  /**
   * What is saved.
   *
   * @param database the name of the database
   * @param systemIdentifier the identifier of PostgreSQL's cluster
   * @param versions see {@code BackupManifest.versions}
   */
  record Origin(String database, String systemIdentifier, SortedMap<String, String> versions) {}

  /**
   * Saves everything, and returns the manifest, which is not stored yet.
   *
   * @param since the base backup that one of this kind may be an increment of
   * @param keys what the files are encrypted under
   */
  BackupManifest make(
      String id,
      Instant startedAt,
      Origin origin,
      Optional<BasePart> since,
      List<WrappedKey> keys) {
    List<String> names = kind.streams() ? stores.streamNames() : List.of();
    List<JournalPosition> begin = hold(names);
    PostgresPart saved = postgres(origin, since);
    List<Position> positions = begin.stream().map(this::reached).toList();
    List<StreamPart> streams = new ArrayList<>();
    for (String name : names) {
      streams.add(stream(name, positions));
    }
    leases.confirm();
    return new BackupManifest(
        BackupManifest.FORMAT,
        id,
        kind,
        startedAt,
        clock.instant(),
        Optional.of(stores.installation().toString()),
        origin.versions(),
        keys,
        saved,
        positions,
        streams);
  }

  /** Keeps what is in the buckets, and returns how far PostgreSQL has applied them by now. */
  private List<JournalPosition> hold(List<String> streams) {
    List<JournalPosition> positions = new ArrayList<>();
    for (String stream : streams) {
      Optional<String> bucket = Streams.bucket(stream);
      if (bucket.flatMap(stores.journals()::position).isPresent()) {
        leases.holdEvictions(bucket.get());
        positions.add(position(bucket.get()));
      }
    }
    return positions;
  }

  private JournalPosition position(String bucket) {
    return stores
        .journals()
        .position(bucket)
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.CONSISTENCY_VIOLATION,
                    "the position of journal " + bucket + " is gone; find out who deleted it"));
  }

  private PostgresPart postgres(Origin origin, Optional<BasePart> since) {
    Optional<BasePart> base = Optional.empty();
    Optional<StoredFile> dump = Optional.empty();
    if (kind.base()) {
      progress.begin("base backup", 0);
      base = Optional.of(postgres.base(writer, since));
      progress.end();
    }
    if (kind.dump()) {
      progress.begin("dump", 0);
      dump = Optional.of(postgres.dump(writer));
      progress.end();
    }
    Optional<WalRange> wal = base.map(postgres::wal);
    return new PostgresPart(
        origin.database(),
        origin.versions().getOrDefault("postgresql", ""),
        Optional.of(origin.systemIdentifier()),
        dump,
        base,
        wal,
        postgres.tables());
  }

  private Position reached(JournalPosition begin) {
    JournalPosition end = position(begin.bucket());
    if (end.epoch() != begin.epoch() || end.sequence() < begin.sequence()) {
      throw new TransientPersistenceException(
          DataError.CONSISTENCY_VIOLATION,
          "bucket "
              + begin.bucket()
              + " or PostgreSQL went back while it was saved: epoch "
              + begin.epoch()
              + " became "
              + end.epoch()
              + "; begin a new backup");
    }
    return new Position(begin.bucket(), begin.epoch(), begin.sequence(), end.sequence());
  }

  private StreamPart stream(String name, List<Position> positions) {
    progress.begin("stream " + name, 0);
    StreamPart part = stores.streams().snapshot(name, writer);
    progress.end();
    Streams.gap(part, positions)
        .or(() -> Streams.lack(part))
        .ifPresent(
            damage -> {
              throw new NonTransientPersistenceException(DataError.CONSISTENCY_VIOLATION, damage);
            });
    return part;
  }
}
