package io.mistersmith.persistence.backup;

import io.mistersmith.persistence.config.PersistenceConfig;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which backup to restore for an exercise, and where. Immutable; each method returns a changed
 * copy.
 *
 * @param backup the backup; empty for the newest one that holds both stores
 * @param scratch empty servers to restore into; empty to start scratch servers on this machine from
 *     the programs of {@link BackupConfig#programs}
 * @param directory the directory for scratch servers; empty for a new temporary one, which is
 *     deleted
 */
public record Drill(
    Optional<String> backup, Optional<PersistenceConfig> scratch, Optional<Path> directory) {

  /** Returns a drill of the newest backup, in scratch servers on this machine. */
  public static Drill ofNewest() {
    return new Drill(Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** Restores this backup. */
  public Drill backup(String id) {
    return new Drill(Optional.of(id), scratch, directory);
  }

  /** Restores into these servers, which must be empty and are not stopped. */
  public Drill into(PersistenceConfig value) {
    return new Drill(backup, Optional.of(value), directory);
  }

  /** Keeps the scratch servers in this directory. */
  public Drill directory(Path value) {
    return new Drill(backup, scratch, Optional.of(value));
  }
}
