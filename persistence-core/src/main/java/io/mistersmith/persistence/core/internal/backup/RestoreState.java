package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.Position;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.core.internal.backup.RestoreStores.Database;
import io.mistersmith.persistence.core.internal.backup.RestoreStores.FoundStream;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far a restore of a backup is. Stores that hold anything else than what a restore of this very
 * backup has left, untouched, are refused.
 *
 * @param database what the database holds: nothing, or what was restored before
 * @param missing the streams that are still to be restored
 */
record RestoreState(Database database, List<StreamPart> missing) {

  /** Copies the streams. */
  RestoreState {
    missing = List.copyOf(missing);
  }

  /**
   * Looks at the stores.
   *
   * @throws NonTransientPersistenceException with {@code DUPLICATE_KEY} when they hold something
   *     else, or when all is restored
   */
  static RestoreState of(BackupManifest manifest, RestoreStores stores) {
    List<StreamPart> missing = new ArrayList<>();
    for (StreamPart part : manifest.streams()) {
      Optional<FoundStream> found = stores.find(part.stream());
      if (found.isEmpty()) {
        missing.add(part);
      } else if (!isRestored(manifest, part, found.get())) {
        throw notEmpty(
            "stream "
                + part.stream()
                + " exists; restore into a server without it, or remove it with: nats stream rm "
                + part.stream());
      }
    }
    Database database = stores.database();
    if (database == Database.FILLED && isComplete(manifest, stores, missing)) {
      throw notEmpty("the stores hold all of it already");
    }
    return new RestoreState(database, missing);
  }

  private static boolean isRestored(BackupManifest manifest, StreamPart part, FoundStream found) {
    return found.restoredFrom().equals(Optional.of(manifest.id()))
        && (Streams.isCopied(part) || found.lastSequence() == part.lastSequence());
  }

  /** Fails unless the database is the restored one; returns whether nothing is left to be done. */
  private static boolean isComplete(
      BackupManifest manifest, RestoreStores stores, List<StreamPart> missing) {
    if (manifest.positions().isEmpty()) {
      throw filled(null);
    }
    JournalStore journals;
    try {
      journals = stores.journals();
    } catch (NonTransientPersistenceException e) {
      throw filled(e);
    }
    boolean own = manifest.installation().equals(Optional.of(journals.installation().toString()));
    boolean complete = missing.isEmpty();
    for (Position saved : manifest.positions()) {
      Optional<JournalPosition> position = journals.position(saved.bucket());
      if (!own || position.isEmpty() || !isRestored(manifest, saved, position.get(), stores)) {
        throw filled(null);
      }
      complete =
          complete
              && position.get().epoch() != saved.epoch()
              && position.get().sequence() >= last(manifest, saved);
    }
    return complete;
  }

  /** Whether a position is that of the backup, or of a restore of it that was cut off. */
  private static boolean isRestored(
      BackupManifest manifest, Position saved, JournalPosition position, RestoreStores stores) {
    if (position.epoch() == saved.epoch()) {
      boolean withBase = manifest.postgres().base().isPresent();
      return position.sequence() >= saved.sequence()
          && (withBase || position.sequence() <= saved.atMost());
    }
    return stores
        .find("KV_" + saved.bucket())
        .filter(stream -> stream.created().equals(position.streamCreated()))
        .filter(stream -> position.sequence() <= stream.lastSequence())
        .isPresent();
  }

  private static long last(BackupManifest manifest, Position saved) {
    return manifest.streams().stream()
        .filter(part -> part.stream().equals("KV_" + saved.bucket()))
        .mapToLong(StreamPart::lastSequence)
        .findFirst()
        .orElse(0);
  }

  private static NonTransientPersistenceException filled(@Nullable Throwable cause) {
    return new NonTransientPersistenceException(
        DataError.DUPLICATE_KEY,
        "nothing was restored: the database holds objects that are not those of this backup;"
            + " restore into an empty one",
        cause);
  }

  private static NonTransientPersistenceException notEmpty(String why) {
    return new NonTransientPersistenceException(
        DataError.DUPLICATE_KEY, "nothing was restored: " + why);
  }

  /** The database cannot be reached, and is needed. */
  static TransientPersistenceException away(String where) {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED,
        "nothing was restored: PostgreSQL does not answer at "
            + where
            + "; start it and create the database, or restore a base backup into a directory");
  }
}
