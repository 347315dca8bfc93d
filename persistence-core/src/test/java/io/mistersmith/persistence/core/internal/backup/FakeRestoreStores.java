package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Stores that a backup of {@link FakeStores} is restored into: its database is theirs. */
final class FakeRestoreStores implements RestoreStores, StreamBackup, PostgresRestore {

  private final FakeStores original;
  final Map<String, FoundStream> found = new HashMap<>();
  final List<String> calls = new ArrayList<>();
  Database database = Database.EMPTY;

  /** The streams of the installation that NATS has. */
  List<String> streams = List.of();

  /** The name of the step that fails; none where it is empty. */
  String failing = "";

  /** What the database holds by the time that a dump is restored into it. */
  Database meanwhile = Database.EMPTY;

  private String marked = "";
  private Instant markedAt = Instant.EPOCH;

  FakeRestoreStores(FakeStores original) {
    this.original = original;
  }

  private void call(String step) {
    calls.add(step);
    if (step.equals(failing)) {
      throw new IllegalStateException("cut off: " + step);
    }
  }

  @Override
  public Database database() {
    return database;
  }

  @Override
  public StreamBackup streams() {
    return this;
  }

  @Override
  public Optional<FoundStream> find(String stream) {
    return Optional.ofNullable(found.get(stream));
  }

  @Override
  public List<String> streamsOf(UUID installation) {
    return installation.equals(original.installation()) ? streams : List.of();
  }

  @Override
  public StreamPart marked(StreamPart part, String id, Instant now) {
    marked = id;
    markedAt = now;
    return part;
  }

  @Override
  public JournalStore journals() {
    return original.journals();
  }

  @Override
  public List<String> recoverAgents() {
    call("agents");
    return List.of();
  }

  @Override
  public Map<String, Long> replay(Duration limit) {
    call("replay");
    original.move(original.lastSequence);
    return Map.of(FakeStores.BUCKET, 20L);
  }

  @Override
  public void restore(StreamPart part, BackupReader reader) {
    call("stream");
    found.put(part.stream(), new FoundStream(markedAt, Optional.of(marked), part.lastSequence()));
  }

  @Override
  public void restoreDump(StoredFile dump, BackupReader reader, PostgresConfig into) {
    call("dump");
    if (meanwhile == Database.FILLED) {
      database = Database.FILLED;
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY, "schema agents already exists");
    }
    database = Database.FILLED;
  }

  @Override
  public void restore(
      BasePart base, BackupReader reader, Path dataDirectory, RecoveryTarget target) {
    call("base");
  }

  @Override
  public StreamPart snapshot(String stream, BackupWriter writer) {
    throw new UnsupportedOperationException("nothing is saved here");
  }

  @Override
  public Contents contents(String stream, long upTo) {
    throw new UnsupportedOperationException("nothing is read here");
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
