package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * An installation on servers of its own, its backups in a directory, and what was acknowledged.
 *
 * @param servers the servers
 * @param installation the installation on them
 * @param directory holds the backups, and the programs that make them
 * @param ledger what was acknowledged
 */
record BackupScene(
    FaultServers servers, Installation installation, Path directory, BackupLedger ledger)
    implements AutoCloseable {

  private static final Duration SETTLED = Duration.ofSeconds(60);

  /** Starts servers, and an installation with the sets that look after backups. */
  static BackupScene start(Path directory) {
    return on(BackupServers.start(), directory);
  }

  /** As {@link #start}, and the WAL goes into the same target. */
  static BackupScene archiving(Path directory) throws IOException {
    String command = WalArchiveProcess.command(directory, directory.resolve("target"));
    return on(BackupServers.archiving(command), directory);
  }

  private static BackupScene on(FaultServers servers, Path directory) {
    try {
      return new BackupScene(
          servers,
          servers.installation(servers.nats().url(), "recovery", "monitoring"),
          directory,
          new BackupLedger());
    } catch (RuntimeException e) {
      servers.close();
      throw e;
    }
  }

  Path target() {
    return directory.resolve("target");
  }

  Backups backups() {
    return backups(installation);
  }

  /** Opens the backups in this scene's directory, of another installation. */
  Backups backups(Installation of) {
    return Backups.open(
        BackupConfig.builder(of.config(), new DirectoryTarget(target()))
            .programs(BackupPrograms.in(directory))
            .build());
  }

  /** Writes for a while, makes a backup while that goes on, and writes for a while after it. */
  BackupManifest backUpUnderLoad(BackupKind kind, Duration around) {
    try (Persistence persistence = installation.open();
        Backups backups = backups();
        BackupLoad load =
            BackupLoad.start(
                persistence.states(Long.class),
                installation.register(persistence, BackupLoad.agents()),
                ledger)) {
      Waits.passed(around);
      BackupManifest made = backups.create(kind, BackupProgress.NONE);
      Waits.passed(around);
      load.stop();
      return made;
    }
  }

  /** Returns the last sequence of agent state's journal that a backup has. */
  long position(BackupManifest made) {
    String stream = "KV_" + installation.bucket();
    return made.streams().stream()
        .filter(part -> part.stream().equals(stream))
        .mapToLong(StreamPart::lastSequence)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no stream " + stream + " in " + made.streams()));
  }

  /** Opens a runtime on restored stores, and returns once its flush has caught up. */
  static void catchUp(Installation restored) {
    try (Persistence persistence = restored.open()) {
      await()
          .atMost(SETTLED)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> persistence.operations().consistency().backlog().messages() == 0);
    }
  }

  /** A runtime on restored stores reads what was promised, and both stores agree. */
  void assertRead(Installation restored, long position) {
    try (Persistence persistence = restored.openUncached()) {
      Installation.assertConsistent(persistence);
      assertThat(ledger.differences(persistence.states(Long.class), position)).isEmpty();
    }
  }

  @Override
  public void close() {
    servers.close();
  }
}
