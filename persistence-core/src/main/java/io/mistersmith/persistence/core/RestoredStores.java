package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.backup.RestoreStores;
import io.mistersmith.persistence.core.internal.backup.StreamBackup;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.state.repository.AgentPublisher;
import io.mistersmith.persistence.core.internal.state.repository.AgentRecovery;
import io.mistersmith.persistence.core.internal.state.tier.KnownRevisions;
import io.mistersmith.persistence.core.internal.store.nats.NatsStreamBackup;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresServerAccess;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stores that a backup is restored into. Used by one thread. */
final class RestoredStores implements RestoreStores {

  private static final Logger LOG = LoggerFactory.getLogger(RestoredStores.class);
  private static final Duration NO_SWEEP = Duration.ofDays(1);
  private static final Duration STOP = Duration.ofSeconds(5);
  private static final long LOOK = Duration.ofMillis(50).toNanos();

  private final PersistenceConfig config;
  private final Services services;
  private final NatsBackups nats;
  private @Nullable PostgresStore postgres;

  RestoredStores(PersistenceConfig config) {
    this.config = config;
    this.services = new Services(config.listener());
    this.nats = new NatsBackups(config, services);
  }

  @Override
  public Database database() {
    try {
      return PostgresServerAccess.of(config.postgres()).holdsObjects()
          ? Database.FILLED
          : Database.EMPTY;
    } catch (TransientPersistenceException e) {
      LOG.info("PostgreSQL does not answer yet: {}", e.getMessage());
      return Database.AWAY;
    }
  }

  @Override
  public StreamBackup streams() {
    return nats.open();
  }

  @Override
  public Optional<FoundStream> find(String stream) {
    return nats.open().look(stream);
  }

  @Override
  public List<String> streamsOf(UUID installation) {
    return nats.open().streamsOf(installation);
  }

  @Override
  public StreamPart marked(StreamPart part, String id, Instant now) {
    return NatsStreamBackup.marked(part, id, now);
  }

  @Override
  public JournalStore journals() {
    PostgresStore known = postgres;
    if (known == null) {
      known = PostgresStore.open(config, services);
      postgres = known;
    }
    return known.sql().journals();
  }

  @Override
  public List<String> recoverAgents() {
    AgentRecovery.Found found = new AgentRecovery.Found();
    try (Stores opened = new NatsPostgresProvider(services).open(config)) {
      AgentStore agents = opened.sql().agents();
      HotBucket bucket = opened.hot().bucket(Bucket.AGENT_CONFIG);
      KnownRevisions<AgentId> noMarkers = new KnownRevisions<>(1, opened.hot().clock());
      new AgentRecovery(
              agents,
              bucket,
              new AgentPublisher(agents, bucket.reads(), bucket.writes(), noMarkers))
          .recover(found);
    }
    LOG.info("{} agents were restored from KV", found.restored().size());
    List<String> left = new ArrayList<>();
    if (!found.returned().isEmpty()) {
      left.add("These agents were deleted and exist again; delete them: " + found.returned());
    }
    if (!found.refused().isEmpty()) {
      left.add("These agents could not be restored, see the log: " + found.refused());
    }
    return left;
  }

  @Override
  public Map<String, Long> replay(Duration limit) {
    Map<String, Long> applied = new ConcurrentHashMap<>();
    PersistenceListener counting =
        PersistenceListener.of(
            PersistenceEvent.Flushed.class,
            flushed -> applied.merge(flushed.bucket(), (long) flushed.rows(), Long::sum));
    PersistenceConfig counted =
        config.toBuilder()
            .listener(counting.and(config.listener()))
            // No job of the upkeep, such as a backup or a drill, is due in stores half restored,
            // and what is idle stays: a drill compares it.
            .monitoring(config.monitoring().toBuilder().upkeep(false).build())
            .flush(config.flush().toBuilder().sweepInterval(NO_SWEEP).build())
            .build();
    try (Persistence runtime = Persistence.open(counted)) {
      awaitApplied(runtime, Deadline.after(limit));
    }
    return applied;
  }

  private static void awaitApplied(Persistence runtime, Deadline end) {
    while (runtime.operations().consistency().backlog().messages() > 0) {
      if (end.hasPassed()) {
        throw new TransientPersistenceException(
            DataError.TIMEOUT,
            "the stores are restored, and what PostgreSQL lacks of the streams is not replayed"
                + " yet; open a runtime, which goes on");
      }
      LockSupport.parkNanos(LOOK);
      if (Thread.currentThread().isInterrupted()) {
        throw new TransientPersistenceException(
            DataError.TIMEOUT, "interrupted; the stores are restored, open a runtime");
      }
    }
  }

  @Override
  public void close() {
    nats.close();
    if (postgres != null) {
      postgres.close();
    }
    boolean unused = services.close(STOP);
  }
}
