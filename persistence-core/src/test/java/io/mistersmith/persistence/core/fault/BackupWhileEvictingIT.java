package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Entries leave the bucket soon after they are flushed, and the dump takes much longer than that.
 * An entry that is flushed after the dump's snapshot is in the stream's snapshot all the same.
 */
@Tag("fault")
@Tag("backup")
class BackupWhileEvictingIT {

  private static final Duration IDLE = Duration.ofMillis(500);
  private static final long SLOWEST = 1L << 20;

  /** About 5 MB of it are left when it is compressed: five seconds at the slowest rate. */
  private static final String BULK =
      "CREATE TABLE bulk AS SELECT md5(i::text) || md5((7 * i)::text) AS content"
          + " FROM generate_series(1, 150000) AS i";

  @TempDir Path directory;

  @Test
  void whatIsFlushedDuringTheDumpIsInTheStream() {
    try (BackupScene scene = BackupScene.start(directory)) {
      scene.installation().execute(BULK);
      BackupManifest made = backUp(scene);
      scene.servers().close();
      try (FaultServers fresh = BackupServers.start()) {
        Installation restored =
            BackupServers.empty(fresh, scene.installation().namePrefix(), "restored");
        try (Backups backups = scene.backups(restored)) {
          assertThat(
                  backups
                      .restore(made.id(), RestoreOptions.defaults(), BackupProgress.NONE)
                      .buckets())
              .isNotEmpty();
        }
        BackupScene.catchUp(restored);
        fresh.report(
            "BackupWhileEvicting",
            scene.ledger().tally(restored, scene.position(made), Duration.ZERO),
            "acknowledged_in_all=%d".formatted(scene.ledger().acknowledged()));
        assertThat(scene.ledger().compare(restored.rows(), scene.position(made)).broken())
            .isEmpty();
      }
    }
  }

  /** Makes a backup while each key is written once, and then is idle. */
  private static BackupManifest backUp(BackupScene scene) {
    AtomicLong evicted = new AtomicLong();
    PersistenceConfig config = scene.installation().config();
    FlushConfig soon =
        config.flush().toBuilder()
            .idleTimeToLive(IDLE)
            .sweepInterval(Duration.ofMillis(50))
            .build();
    PersistenceListener counting =
        PersistenceListener.of(
            PersistenceEvent.Evicted.class, event -> evicted.addAndGet(event.entries()));
    try (Persistence persistence =
            Persistence.open(config.toBuilder().flush(soon).listener(counting).build());
        Backups backups =
            Backups.open(
                BackupConfig.builder(config, new DirectoryTarget(scene.target()))
                    .programs(BackupPrograms.in(scene.directory()))
                    .bytesPerSecond(SLOWEST)
                    .build())) {
      AgentId agent = scene.installation().register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      AtomicLong next = new AtomicLong();
      try (Turns writers =
          Turns.start(1, "writes-once", thread -> () -> write(scene, states, agent, next))) {
        Waits.passed(Duration.ofSeconds(3));
        assertThat(evicted.get()).as("evicted before the backup").isPositive();
        long before = System.nanoTime();
        BackupManifest made = backups.create(BackupKind.CROSS_SYSTEM, BackupProgress.NONE);
        assertThat(Duration.ofNanos(System.nanoTime() - before))
            .as("the backup takes longer than an entry is kept")
            .isGreaterThan(IDLE.multipliedBy(4));
        writers.stop();
        return made;
      }
    }
  }

  private static void write(
      BackupScene scene, StateRepository<Long> states, AgentId agent, AtomicLong next) {
    long number = next.getAndIncrement();
    StateKey key = StateKey.of(agent, "once-" + number);
    scene.ledger().acknowledged(key, states.save(key, number).revision(), number);
    LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
  }
}
