package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.WalRange;
import io.mistersmith.persistence.core.internal.backup.ClientProgram.Found;
import io.mistersmith.persistence.core.internal.base.PostgresCluster;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Facts;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Held;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves PostgreSQL by its own programs, {@code pg_dump} and {@code pg_basebackup}. What they write
 * goes to the target as it comes, so that no disk here has to hold a backup. Thread-safe.
 */
final class PostgresPrograms implements PostgresBackup {

  private static final Logger LOG = LoggerFactory.getLogger(PostgresPrograms.class);

  static final String DUMP = "postgresql/database.dump";
  static final String BASE = "postgresql/base.tar.gz";
  static final String MANIFEST = "postgresql/" + BaseTar.MANIFEST;

  /** The checkpoint of a busy server, or a wait for a lock, is silent for long. */
  private static final Duration LONGEST_SILENCE = Duration.ofMinutes(15);

  private static final int FIRST_WITH_INCREMENTS = 17;
  private static final int BUFFER = 1 << 16;

  private final PostgresCluster cluster;
  private final LibpqAccess access;
  private final ProgramSearch programs;
  private final WalArchive archive;
  private final BackupReader reader;

  /**
   * Backups of a server.
   *
   * @param archive where the WAL of a base backup goes
   * @param reader reads the manifests of earlier base backups
   */
  PostgresPrograms(
      PostgresCluster cluster,
      LibpqAccess access,
      ProgramSearch programs,
      WalArchive archive,
      BackupReader reader) {
    this.cluster = cluster;
    this.access = access;
    this.programs = programs;
    this.archive = archive;
    this.reader = reader;
  }

  /** Compresses little and fast: a base backup is restored in a hurry. */
  private static final class FastGzip extends GZIPOutputStream {

    FastGzip(OutputStream out) throws IOException {
      super(out, BUFFER);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }

  @Override
  public StoredFile dump(BackupWriter writer) {
    return dump(writer, Optional.empty());
  }

  /**
   * Dumps the database. Owners and privileges are in the dump; a restore can leave them out.
   *
   * @param snapshot the name of a snapshot that a transaction holds
   */
  StoredFile dump(BackupWriter writer, Optional<String> snapshot) {
    Found program = programs.require(ClientProgram.PG_DUMP, cluster.facts().majorVersion());
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--format=custom", "--compress=9", "--no-password"));
    snapshot.ifPresent(name -> arguments.add("--snapshot=" + name));
    arguments.add("--dbname=" + access.conninfo(program.majorVersion()));
    return writer.write(DUMP, out -> run(program, arguments).read(in -> in.transferTo(out)));
  }

  private ProgramRun run(Found program, List<String> arguments) {
    return new ProgramRun(program, arguments, access.environment(), LONGEST_SILENCE);
  }

  @Override
  public BasePart base(BackupWriter writer, Optional<BasePart> since) {
    Facts facts = cluster.facts();
    requireOneTablespace(facts);
    Found program = programs.require(ClientProgram.PG_BASEBACKUP, facts.majorVersion());
    Optional<BasePart> earlier = since.filter(part -> canIncrement(facts, part));
    try {
      Path scratch = Files.createTempDirectory("persistence-base-");
      try (Held held = cluster.keepWal()) {
        LOG.debug("a base backup begins at {} while {}", new Lsn(facts.lsn()), held);
        StoredFile tar = store(writer, program, earlier, facts.now(), scratch);
        return part(writer, tar, scratch, facts.now(), earlier);
      } finally {
        ScratchFiles.delete(scratch);
      }
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.UNAVAILABLE, "the base backup's scratch files: " + e.getMessage(), e);
    }
  }

  private static void requireOneTablespace(Facts facts) {
    if (facts.tablespaces() > 0) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "the server has "
              + facts.tablespaces()
              + " tablespaces beside its own, and base backups take one alone; move their tables"
              + " to pg_default and drop them, or make backups of the kind daily");
    }
  }

  private static boolean canIncrement(Facts facts, BasePart earlier) {
    return facts.majorVersion() >= FIRST_WITH_INCREMENTS
        && facts.summarizesWal()
        && facts.timeline() == earlier.timeline();
  }

  /** Makes an increment where that works, else a whole backup. */
  private StoredFile store(
      BackupWriter writer, Found program, Optional<BasePart> earlier, Instant started, Path scratch)
      throws IOException {
    if (earlier.isPresent()) {
      Path manifest = scratch.resolve("earlier_manifest");
      copy(earlier.get().backupManifest(), manifest);
      try {
        return store(writer, program, started, List.of("--incremental=" + manifest), scratch);
      } catch (NonTransientPersistenceException e) {
        if (e.error() != DataError.MISCONFIGURED && e.error() != DataError.CONSISTENCY_VIOLATION) {
          throw e;
        }
        LOG.warn("No increment can be made, and a whole base backup is made: {}", e.getMessage());
      }
    }
    return store(writer, program, started, List.of(), scratch);
  }

  private void copy(StoredFile file, Path to) throws IOException {
    reader.read(file, content -> Files.copy(content, to));
  }

  private StoredFile store(
      BackupWriter writer, Found program, Instant started, List<String> increment, Path scratch) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--pgdata=-", "--format=tar", "--wal-method=fetch"));
    arguments.addAll(List.of("--checkpoint=fast", "--no-password"));
    arguments.add("--label=" + label(started));
    arguments.addAll(increment);
    arguments.add("--dbname=" + access.conninfo(program.majorVersion()));
    return writer.write(
        BASE,
        out -> {
          try (OutputStream gzip = new FastGzip(out)) {
            run(program, arguments)
                .read(in -> BaseTar.scan(new TeeInput(in, gzip), scratch, archive));
          }
        });
  }

  private static String label(Instant now) {
    return "persistence " + now.truncatedTo(ChronoUnit.SECONDS);
  }

  private BasePart part(
      BackupWriter writer,
      StoredFile tar,
      Path scratch,
      Instant started,
      Optional<BasePart> earlier)
      throws IOException {
    Path manifest = scratch.resolve(BaseTar.MANIFEST);
    if (!Files.exists(manifest)) {
      // The writer had the archive from an attempt before this one.
      reader.read(tar, stored -> scan(stored, scratch));
    }
    StoredFile stored = writer.write(MANIFEST, out -> Files.copy(manifest, out));
    BaseManifest read = BaseManifest.read(manifest);
    Instant stopped = cluster.facts().now();
    return new BasePart(
        label(started),
        read.start().toString(),
        read.stop().toString(),
        read.timeline(),
        started,
        stopped,
        List.of(tar),
        stored,
        read.isIncrement() ? earlier : Optional.empty());
  }

  private void scan(InputStream stored, Path scratch) throws IOException {
    try (InputStream in = new GZIPInputStream(stored, BUFFER)) {
      BaseTar.scan(in, scratch, archive);
      stored.transferTo(OutputStream.nullOutputStream());
    }
  }

  @Override
  public WalRange wal(BasePart base) {
    return range(base, cluster.facts().segmentSize());
  }

  /** Returns the segments from the begin of a base backup to its end. */
  static WalRange range(BasePart base, long segmentSize) {
    int timeline = base.timeline();
    WalSegment first = WalSegment.at(timeline, Lsn.parse(base.startLsn()), segmentSize);
    WalSegment last = WalSegment.before(timeline, Lsn.parse(base.stopLsn()), segmentSize);
    return new WalRange(timeline, first.name(segmentSize), last.name(segmentSize), segmentSize);
  }
}
