package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.Position;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestoreReport;
import io.mistersmith.persistence.backup.RestoreReport.RestoredBucket;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.backup.RestoreStores.Database;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores one backup: PostgreSQL, the streams, the epochs, and then what PostgreSQL lacks of the
 * streams. Everything is looked at before anything is changed. Each step is whole or not done, and
 * a restore that is begun again does those that are left.
 */
final class Restoration {

  private static final Logger LOG = LoggerFactory.getLogger(Restoration.class);
  private static final Duration REPLAY = Duration.ofHours(2);

  private final BackupManifest manifest;
  private final RestoreOptions options;
  private final PersistenceConfig config;
  private final RestoreStores stores;
  private final PostgresRestore postgres;
  private final BackupReader reader;
  private final ProgressMeter progress;
  private final Clock clock;
  private final Ticker ticker;
  private final Runnable afterDump;
  private final List<RestoreReport.Step> done = new ArrayList<>();
  private final List<String> remaining = new ArrayList<>();
  private long afterDumpNanos;

  /**
   * A restore.
   *
   * @param afterDump is called when the dump is restored, before anything is added to it; its time
   *     does not count
   */
  Restoration(
      BackupManifest manifest,
      RestoreOptions options,
      PersistenceConfig config,
      RestoreStores stores,
      PostgresRestore postgres,
      BackupReader reader,
      ProgressMeter progress,
      Clock clock,
      Ticker ticker,
      Runnable afterDump) {
    this.manifest = manifest;
    this.options = options;
    this.config = config;
    this.stores = stores;
    this.postgres = postgres;
    this.reader = reader;
    this.progress = progress;
    this.clock = clock;
    this.ticker = ticker;
    this.afterDump = afterDump;
  }

  RestoreReport run() {
    long began = ticker.nanos();
    Optional<Path> directory = options.dataDirectory();
    List<RestoredBucket> buckets = List.of();
    if (directory.isPresent() && manifest.streams().isEmpty()) {
      directory(directory.get());
    } else {
      buckets = stores();
    }
    return new RestoreReport(
        manifest.id(),
        done,
        buckets,
        progress.sum(),
        Duration.ofNanos(ticker.nanos() - began - afterDumpNanos),
        remaining);
  }

  /**
   * Restores a data directory. The database that the configuration names may be the one that runs
   * while this is only looked at; once the restored server runs there, a second call reads from
   * NATS the agents that its WAL lacked.
   */
  private void directory(Path directory) {
    if (!options.streams() && new RestoredDirectory(directory).isRestored() && isOwnDatabase()) {
      agents();
    } else {
      postgres();
    }
  }

  private boolean isOwnDatabase() {
    return stores.database() == Database.FILLED
        && manifest.installation().equals(Optional.of(stores.journals().installation().toString()));
  }

  private List<RestoredBucket> stores() {
    RestoreState state = RestoreState.of(manifest, stores);
    if (state.database() == Database.AWAY && options.dataDirectory().isEmpty()) {
      throw RestoreState.away(database());
    }
    if (!options.streams()) {
      requireOwnBucket();
    }
    if (state.database() != Database.FILLED) {
      postgres();
    }
    for (StreamPart part : state.missing()) {
      StreamPart marked = stores.marked(part, manifest.id(), clock.instant());
      step("stream " + part.stream(), size(part), () -> stores.streams().restore(marked, reader));
    }
    if (!options.streams()) {
      agents();
    }
    return manifest.positions().isEmpty() || !isAnswering() ? List.of() : buckets();
  }

  /** Under another name there would be no agents in NATS. */
  private void requireOwnBucket() {
    List<String> streams =
        manifest.installation().map(UUID::fromString).map(stores::streamsOf).orElse(List.of());
    String named = "KV_" + config.nats().namePrefix() + config.bucket(Bucket.AGENT_CONFIG).name();
    if (!streams.isEmpty() && !streams.contains(named)) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "nothing was restored: NATS has the streams "
              + streams
              + " of this installation, and the configuration names "
              + named
              + "; "
              + RestorePlanning.SET_PREFIX);
    }
  }

  private String database() {
    return LibpqAccess.of(config.postgres()).toString();
  }

  private void postgres() {
    Optional<Path> directory = options.dataDirectory();
    if (directory.isPresent()) {
      BasePart base = manifest.postgres().base().orElseThrow();
      step(
          "base backup into " + directory.get(),
          base.allFiles().stream().mapToLong(StoredFile::size).sum(),
          () ->
              postgres.restore(
                  base, reader, directory.get(), RestorePlanning.target(manifest, options)));
      remaining.add(
          "Start PostgreSQL on "
              + directory.get()
              + "; it recovers "
              + PitrPlan.words(options.target())
              + ". Then delete "
              + new RestoredDirectory(directory.get()).beside()
              + ", take archive_mode out of postgresql.auto.conf, and make a base backup.");
      if (!options.streams()) {
        remaining.add(
            "Before you open a runtime, run the same restore again: it writes to PostgreSQL the"
                + " agents that NATS has and the WAL lacked.");
      }
    } else {
      StoredFile dump = manifest.postgres().dump().orElseThrow();
      step("dump into " + database(), dump.size(), () -> dump(dump));
      long began = ticker.nanos();
      afterDump.run();
      afterDumpNanos = ticker.nanos() - began;
    }
  }

  /**
   * The pg_restore of a call that was killed may go on, and commit. The one that is started beside
   * it waits for that commit and then fails, so that the database is looked at once more.
   */
  private void dump(StoredFile dump) {
    try {
      postgres.restoreDump(dump, reader, config.postgres());
    } catch (NonTransientPersistenceException e) {
      if (e.error() != DataError.DUPLICATE_KEY
          || RestoreState.of(manifest, stores).database() != Database.FILLED) {
        throw e;
      }
      LOG.info("Backup {}: an earlier restore has filled the database meanwhile", manifest.id());
    }
  }

  private boolean isAnswering() {
    boolean answering = stores.database() == Database.FILLED;
    if (!answering) {
      remaining.add(
          "Start PostgreSQL on "
              + options.dataDirectory().map(Path::toString).orElse("the restored database")
              + ", then run the same restore again: it begins the new epochs, and replays what"
              + " PostgreSQL lacks. Open no runtime before.");
    }
    return answering;
  }

  private List<RestoredBucket> buckets() {
    List<RestoredBucket> begun = new ArrayList<>();
    step(
        "new epochs",
        0,
        () -> manifest.positions().forEach(position -> begun.add(beginEpoch(position))));
    agents();
    Map<String, Long> replayed = new HashMap<>();
    step("replay from the streams", 0, () -> replayed.putAll(stores.replay(REPLAY)));
    return begun.stream()
        .map(
            bucket ->
                new RestoredBucket(
                    bucket.bucket(),
                    bucket.epoch(),
                    bucket.sequence(),
                    bucket.lastSequence(),
                    replayed.getOrDefault(bucket.bucket(), 0L)))
        .toList();
  }

  private void agents() {
    step("agents that PostgreSQL lacks", 0, () -> remaining.addAll(stores.recoverAgents()));
  }

  /**
   * Begins an epoch behind the last message that was restored, unless that was done before: the
   * stream hands out the sequences from there on a second time. The messages that were restored
   * keep their epochs, and so the revisions of their rows.
   */
  private RestoredBucket beginEpoch(Position saved) {
    String bucket = saved.bucket();
    RestoreStores.FoundStream stream = stores.find("KV_" + bucket).orElseThrow();
    JournalPosition position = stores.journals().position(bucket).orElseThrow();
    if (!stream.restoredFrom().equals(Optional.of(manifest.id()))) {
      remaining.add(
          "The server did not keep the mark of stream KV_"
              + bucket
              + ": start every runtime anew before it writes.");
    }
    JournalPosition next =
        position.epoch() == saved.epoch() ? beginEpoch(position, stream) : position;
    return new RestoredBucket(bucket, next.epoch(), next.sequence(), stream.lastSequence(), 0);
  }

  private JournalPosition beginEpoch(JournalPosition position, RestoreStores.FoundStream stream) {
    String bucket = position.bucket();
    long first = stream.lastSequence() + 1;
    String reason = "restored from backup " + manifest.id();
    return isCopied(bucket)
        ? stores
            .journals()
            .startEpoch(bucket, Optional.of(position), first, stream.created(), reason)
        : stores.journals().startEpochOfRestored(position, first, stream.created(), reason);
  }

  /** Whether the bucket's messages have other sequences than those that were saved. */
  private boolean isCopied(String bucket) {
    return manifest.streams().stream()
        .anyMatch(part -> part.stream().equals("KV_" + bucket) && Streams.isCopied(part));
  }

  private static long size(StreamPart part) {
    return part.files().stream().mapToLong(StoredFile::size).sum();
  }

  private void step(String what, long bytes, Runnable work) {
    progress.begin(what, bytes);
    long began = ticker.nanos();
    work.run();
    progress.end();
    done.add(new RestoreReport.Step(what, Duration.ofNanos(ticker.nanos() - began)));
  }
}
