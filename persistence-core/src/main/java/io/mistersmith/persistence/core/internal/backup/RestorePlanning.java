package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.Position;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.BackupManifest.WrappedKey;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestorePlan;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says what a restore would do, and what it lacks; asks no store. */
final class RestorePlanning {

  static final String SET_PREFIX =
      "set NatsConfig.namePrefix (NATS_KV_PREFIX, 'none' for no prefix) to that of the runtimes";

  private final BackupManifest manifest;
  private final RestoreOptions options;
  private final PersistenceConfig into;
  private final Optional<FileKeys> keys;

  RestorePlanning(
      BackupManifest manifest,
      RestoreOptions options,
      PersistenceConfig into,
      Optional<FileKeys> keys) {
    this.manifest = manifest;
    this.options = options;
    this.into = into;
    this.keys = keys;
  }

  /**
   * Returns how far a base backup is recovered. PostgreSQL must not get ahead of the streams: what
   * they lack of its changes would be read in older versions.
   */
  static RecoveryTarget target(BackupManifest manifest, RestoreOptions options) {
    return options.target() instanceof RecoveryTarget.Latest && !manifest.streams().isEmpty()
        ? new RecoveryTarget.BackupEnd()
        : options.target();
  }

  /**
   * Fails where something is missing that a restore needs.
   *
   * @throws PersistenceException as the provider of keys fails, with {@code MISCONFIGURED} where
   *     the backup does not hold what is to be restored
   */
  void require() {
    manifest.keys().forEach(this::unwrap);
    part()
        .or(this::otherBuckets)
        .ifPresent(
            missing -> {
              throw new NonTransientPersistenceException(
                  DataError.MISCONFIGURED, "nothing was restored: " + missing);
            });
  }

  private void unwrap(WrappedKey key) {
    var unused =
        keys.orElseThrow(
                () ->
                    new NonTransientPersistenceException(
                        DataError.UNREADABLE,
                        "backup "
                            + manifest.id()
                            + " is encrypted by master key "
                            + key.masterKey()
                            + "; configure the encryption that has it"))
            .unwrap(key);
  }

  /** Returns what the backup does not hold. */
  private Optional<String> part() {
    if (options.dataDirectory().isPresent()) {
      return manifest.postgres().base().isPresent()
          ? Optional.empty()
          : Optional.of("backup " + manifest.id() + " has no base backup; give no data directory");
    }
    return manifest.postgres().dump().isPresent()
        ? Optional.empty()
        : Optional.of(
            "backup " + manifest.id() + " has no dump; give the data directory of the server");
  }

  /** Returns that a runtime of this configuration would not find what is restored. */
  private Optional<String> otherBuckets() {
    String named = into.nats().namePrefix() + into.bucket(Bucket.AGENT_STATE).name();
    List<String> saved = manifest.positions().stream().map(Position::bucket).toList();
    return saved.isEmpty() || saved.contains(named)
        ? Optional.empty()
        : Optional.of(
            "backup "
                + manifest.id()
                + " has the buckets "
                + saved
                + ", and the configuration names "
                + named
                + "; "
                + SET_PREFIX);
  }

  /** Returns what would be done; {@code recoveries} plans the part of a base backup. */
  RestorePlan plan(PitrPlan recoveries) {
    List<String> steps = new ArrayList<>();
    List<String> settings = new ArrayList<>();
    List<String> missing = new ArrayList<>(missing());
    Optional<Path> directory = options.dataDirectory();
    if (directory.isPresent()) {
      RestorePlan recovery =
          recoveries.of(
              manifest.id(), manifest.postgres(), directory.get(), target(manifest, options));
      steps.addAll(recovery.steps());
      settings.addAll(recovery.settings());
      missing.addAll(recovery.missing());
    } else {
      steps.add(
          "Restore the dump into "
              + LibpqAccess.of(into.postgres())
              + ", whose database must be empty.");
    }
    for (StreamPart part : manifest.streams()) {
      steps.add(
          "Restore stream "
              + part.stream()
              + " with "
              + part.messages()
              + " messages, up to sequence "
              + part.lastSequence()
              + "; it must not exist.");
    }
    if (!manifest.positions().isEmpty() || !options.streams()) {
      directory.ifPresent(
          path -> steps.add("Run the restore once more when PostgreSQL runs on " + path + "."));
    }
    if (!options.streams()) {
      steps.add("Write to PostgreSQL the agents that NATS has and the backup lacks.");
    }
    if (!manifest.positions().isEmpty()) {
      steps.add("Begin a new epoch of each journal.");
      steps.add("Replay from the streams what PostgreSQL lacks of them.");
    }
    return new RestorePlan(manifest.id(), steps, settings, missing);
  }

  private List<String> missing() {
    List<String> missing = new ArrayList<>();
    if (options.dataDirectory().isEmpty()) {
      part().ifPresent(missing::add);
    }
    otherBuckets().ifPresent(missing::add);
    for (WrappedKey key : manifest.keys()) {
      try {
        unwrap(key);
      } catch (PersistenceException e) {
        missing.add(String.valueOf(e.getMessage()));
      }
    }
    return missing;
  }
}
