package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;

/** The stores of an installation while they are saved. Thread-safe. */
public interface BackupStores extends AutoCloseable {

  /** Opens the stores of an installation that runs. */
  @FunctionalInterface
  interface Opener {

    /** Opens the stores, and creates nothing in them. */
    BackupStores open(PersistenceConfig config);
  }

  /** Returns the installation. */
  UUID installation();

  /** Returns the positions of the journals, and the leases. */
  JournalStore journals();

  /** Returns the names of the installation's streams in NATS, those of its buckets included. */
  List<String> streamNames();

  /** Returns the versions of what takes part; see {@code BackupManifest.versions}. */
  SortedMap<String, String> versions();

  /** Returns the name of the database. */
  String database();

  /** Returns the identifier of the cluster of PostgreSQL, where the user may read it. */
  Optional<String> systemIdentifier();

  /** Returns what saves PostgreSQL. */
  PostgresBackup postgres();

  /** Returns what saves streams. */
  StreamBackup streams();

  /** Returns what runs the services of a backup. */
  Services services();

  @Override
  void close();
}
