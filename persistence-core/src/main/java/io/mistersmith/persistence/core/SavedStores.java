package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.backup.BackupStores;
import io.mistersmith.persistence.core.internal.backup.StreamBackup;
import io.mistersmith.persistence.core.internal.base.PostgresCluster;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.store.postgres.AppliedScripts;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresServerAccess;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresStore;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.UUID;

/** The stores of an installation that is saved, over connections of their own. */
final class SavedStores implements BackupStores {

  private static final Duration STOP = Duration.ofSeconds(5);

  private final PersistenceConfig config;
  private final Services services;
  private final PostgresStore postgres;
  private final NatsBackups nats;

  private SavedStores(PersistenceConfig config, Services services, PostgresStore postgres) {
    this.config = config;
    this.services = services;
    this.postgres = postgres;
    this.nats = new NatsBackups(config, services);
  }

  /** Connects to PostgreSQL, and to NATS once it is needed. */
  static SavedStores open(PersistenceConfig config) {
    Services services = new Services(config.listener());
    try {
      return new SavedStores(config, services, PostgresStore.open(config, services));
    } catch (RuntimeException | Error e) {
      boolean unused = services.close(STOP);
      throw e;
    }
  }

  @Override
  public UUID installation() {
    return journals().installation();
  }

  @Override
  public JournalStore journals() {
    return postgres.sql().journals();
  }

  /** Leaves out results of queries, which are a copy. */
  @Override
  public List<String> streamNames() {
    String copies = "KV_" + config.nats().namePrefix() + config.bucket(Bucket.QUERY_CACHE).name();
    return nats.open().streamsOf(installation()).stream()
        .filter(name -> !name.equals(copies))
        .toList();
  }

  @Override
  public String natsVersion() {
    return nats.open().serverVersion();
  }

  @Override
  public SortedMap<String, String> scripts() {
    return AppliedScripts.of(config.postgres());
  }

  @Override
  public PostgresCluster cluster() {
    return PostgresServerAccess.of(config.postgres());
  }

  @Override
  public RecoveryStore recovery() {
    return postgres.sql().recovery();
  }

  @Override
  public StreamBackup streams() {
    return nats.open();
  }

  @Override
  public Services services() {
    return services;
  }

  @Override
  public void close() {
    nats.close();
    postgres.close();
    boolean unused = services.close(STOP);
  }
}
