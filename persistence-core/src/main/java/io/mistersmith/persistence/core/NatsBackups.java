package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.store.nats.NatsStreamBackup;
import org.jspecify.annotations.Nullable;

/** Connects to NATS when streams are first asked for: a backup of PostgreSQL alone needs none. */
final class NatsBackups implements AutoCloseable {

  private final PersistenceConfig config;
  private final Services services;
  private @Nullable NatsStreamBackup opened;

  NatsBackups(PersistenceConfig config, Services services) {
    this.config = config;
    this.services = services;
  }

  synchronized NatsStreamBackup open() {
    NatsStreamBackup known = opened;
    if (known == null) {
      known = NatsStreamBackup.connect(config.nats(), config.runtimeName(), services);
      opened = known;
    }
    return known;
  }

  @Override
  public synchronized void close() {
    if (opened != null) {
      opened.close();
      opened = null;
    }
  }
}
