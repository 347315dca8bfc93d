package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.ProgramFailedException;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.internal.backup.ClientProgram.Found;
import io.mistersmith.persistence.core.internal.base.PostgresCluster;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores PostgreSQL: base backups into a data directory, and dumps into a database by {@code
 * pg_restore}. Thread-safe.
 */
final class ProgramRestore implements PostgresRestore {

  private static final Logger LOG = LoggerFactory.getLogger(ProgramRestore.class);

  /** The indexes of large tables are built, and large backups are put together, in silence. */
  private static final Duration LONGEST_SILENCE = Duration.ofHours(6);

  private static final int BUFFER = 1 << 16;
  private static final String VERSION_FILE = "PG_VERSION";

  private final ProgramSearch programs;
  private final WalStaging staging;
  private final Function<PostgresConfig, PostgresCluster> servers;

  /**
   * Restores.
   *
   * @param servers returns the access to the server of a configuration
   */
  ProgramRestore(
      ProgramSearch programs,
      WalArchive archive,
      Function<PostgresConfig, PostgresCluster> servers) {
    this.programs = programs;
    this.staging = new WalStaging(archive);
    this.servers = servers;
  }

  @Override
  public void restore(
      BasePart base, BackupReader reader, Path dataDirectory, RecoveryTarget target) {
    requireReached(base, target);
    Optional<WalChain> chain = staging.chain(base, target);
    RestoredDirectory directory = new RestoredDirectory(dataDirectory);
    try {
      directory.begin();
      chain.ifPresent(found -> staging.bring(found, target, directory.wal()));
      unpack(base, reader, directory);
      int timeline = chain.map(found -> found.history().timeline()).orElse(base.timeline());
      new RecoverySettings(directory.wal(), timeline, target).writeTo(dataDirectory);
      directory.end();
    } catch (IOException e) {
      throw failure("the base backup " + base.label() + " was not restored", e);
    }
  }

  private static PersistenceException failure(String what, IOException e) {
    String message = what + ": " + e.getMessage();
    return DamagedFileException.isDamage(e)
        ? new NonTransientPersistenceException(DataError.DATA_CORRUPTION, message, e)
        : new TransientPersistenceException(DataError.UNAVAILABLE, message, e);
  }

  /** A server refuses to stop before its base backup was consistent. */
  private static void requireReached(BasePart base, RecoveryTarget target) {
    if (target instanceof RecoveryTarget.Time time && time.at().isBefore(base.stoppedAt())) {
      throw new NonTransientPersistenceException(
          DataError.NOT_FOUND,
          "the base backup "
              + base.label()
              + " ended at "
              + base.stoppedAt()
              + ", after "
              + time.at()
              + "; use an earlier one");
    }
  }

  private void unpack(BasePart base, BackupReader reader, RestoredDirectory directory)
      throws IOException {
    List<BasePart> parts = parts(base);
    if (parts.size() == 1) {
      unpack(base, reader, directory.data());
      return;
    }
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      unpack(parts.get(i), reader, directory.part(i));
      arguments.add(directory.part(i).toString());
    }
    arguments.add("--output=" + directory.data());
    Found program = programs.require(ClientProgram.PG_COMBINEBACKUP, version(directory.part(0)));
    new ProgramRun(program, arguments, Map.of(), LONGEST_SILENCE).run();
    for (int i = 0; i < parts.size(); i++) {
      ScratchFiles.delete(directory.part(i));
    }
  }

  /** Returns the whole base backup, and the increments up to this one. */
  private static List<BasePart> parts(BasePart base) {
    List<BasePart> parts = new ArrayList<>();
    for (Optional<BasePart> part = Optional.of(base); part.isPresent(); part = part.get().since()) {
      parts.add(0, part.get());
    }
    return parts;
  }

  private static void unpack(BasePart part, BackupReader reader, Path directory)
      throws IOException {
    for (StoredFile file : part.files()) {
      reader.read(file, stored -> unpack(stored, directory));
    }
  }

  private static void unpack(InputStream stored, Path directory) throws IOException {
    try (InputStream in = new GZIPInputStream(stored, BUFFER)) {
      BaseTar.unpack(in, directory);
      // The file is compared at its end, which the end of what it holds is not.
      stored.transferTo(OutputStream.nullOutputStream());
    }
  }

  private static int version(Path directory) throws IOException {
    String version = Files.readString(directory.resolve(VERSION_FILE)).strip();
    if (!version.matches("\\d{1,3}")) {
      throw new IOException("the base backup has no major version in its file " + VERSION_FILE);
    }
    return Integer.parseInt(version);
  }

  @Override
  public void restoreDump(StoredFile dump, BackupReader reader, PostgresConfig database) {
    PostgresCluster server = servers.apply(database);
    LibpqAccess access = LibpqAccess.of(database);
    if (server.holdsObjects()) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY,
          "nothing was restored: the database "
              + access
              + " holds objects; restore into one that was just created");
    }
    Found program = programs.require(ClientProgram.PG_RESTORE, server.facts().majorVersion());
    AtomicBoolean lacksRole = new AtomicBoolean();
    try {
      reader.read(dump, content -> lacksRole.set(!restoreWithOwners(content, access, program)));
      if (lacksRole.get()) {
        reader.read(
            dump,
            content -> restore(content, access, program, List.of("--no-owner", "--no-privileges")));
      }
    } catch (IOException e) {
      throw failure("the dump was not restored into " + access, e);
    }
  }

  /** Returns whether the server has all roles; nothing is restored where it lacks one. */
  private static boolean restoreWithOwners(InputStream content, LibpqAccess access, Found program) {
    try {
      restore(content, access, program, List.of());
      return true;
    } catch (NonTransientPersistenceException e) {
      if (!lacksRole(e)) {
        throw e;
      }
      LOG.warn(
          "The server lacks a role that owns tables of the dump, or has rights to them; all belongs"
              + " to {} now, and the rights are left out: {}",
          access,
          e.getMessage());
      return false;
    }
  }

  private static boolean lacksRole(NonTransientPersistenceException e) {
    return e.error() == DataError.NOT_FOUND
        && e.getCause() instanceof ProgramFailedException failed
        && failed.stderr().contains("role \"");
  }

  /** Everything is restored, or nothing. */
  private static void restore(
      InputStream content, LibpqAccess access, Found program, List<String> options) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--format=custom", "--exit-on-error", "--single-transaction"));
    arguments.add("--no-password");
    arguments.addAll(options);
    arguments.add("--dbname=" + access.conninfo(program.majorVersion()));
    new ProgramRun(program, arguments, access.environment(), LONGEST_SILENCE)
        .write(out -> copyWhole(content, out));
  }

  /**
   * Copies a stream that is checked at its end, and keeps the last bytes back until then: the
   * program cannot commit what turns out to be damaged.
   */
  static void copyWhole(InputStream in, OutputStream out) throws IOException {
    byte[] held = in.readNBytes(BUFFER);
    while (true) {
      byte[] next = in.readNBytes(BUFFER);
      if (next.length == 0) {
        out.write(held);
        return;
      }
      out.write(held);
      held = next;
    }
  }
}
