package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.PostgresCluster;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import java.util.List;
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

  /** Returns the version of the NATS server. */
  String natsVersion();

  /** Returns for each set of scripts of the database {@code scripts.<set>} and its version. */
  SortedMap<String, String> scripts();

  /** Returns what a backup asks of PostgreSQL. */
  PostgresCluster cluster();

  /** Returns the backups and drills that the database knows of. */
  RecoveryStore recovery();

  /** Returns what saves streams. */
  StreamBackup streams();

  /** Returns what runs the services of a backup. */
  Services services();

  @Override
  void close();
}
