package io.mistersmith.persistence.core.internal.backup;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.BackupManifest.TableContents;
import io.mistersmith.persistence.backup.BackupManifest.WalRange;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.PostgresCluster;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** An installation whose parts are made up, over journals and leases in memory. */
final class FakeStores implements BackupStores, PostgresBackup, StreamBackup {

  static final String BUCKET = "AGENT_STATE";
  static final String STREAM = "KV_AGENT_STATE";
  static final Instant CREATED = Instant.parse("2025-06-01T00:00:00Z");

  final ManualClock clock = ManualClock.create();
  final List<String> calls = new ArrayList<>();
  final SortedMap<String, TableContents> tables =
      new TreeMap<>(Map.of("agents.state_3", new TableContents(100, "-17")));
  private final Stores stores;
  private final Services services = new Services(PersistenceListener.NOOP);

  /** What happens while PostgreSQL, or the stream, is saved. */
  Runnable duringDump = () -> {};

  Runnable duringSnapshot = () -> {};
  long lastSequence = 120;
  long contained = 20;

  FakeStores() {
    this.stores = new InMemoryStores(clock).open(PersistenceConfig.inMemory().clock(clock).build());
    JournalPosition first =
        journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "first use");
    move(first, 100);
  }

  /** Moves the position of the journal. */
  void move(long sequence) {
    move(journals().position(BUCKET).orElseThrow(), sequence);
  }

  private void move(JournalPosition from, long sequence) {
    JournalStore.ApplyResult moved =
        journals().apply(from, from.advancedTo(sequence, CREATED), List.of());
    if (!(moved instanceof JournalStore.ApplyResult.Applied)) {
      throw new IllegalStateException("not moved: " + moved);
    }
  }

  /** Whether a runtime could evict now. */
  boolean mayEvict() {
    return journals().acquireLease("evictions/" + BUCKET, "runtime", Duration.ofMillis(1));
  }

  /** Makes a backup of these stores. */
  BackupManifest backUp(BackupKind kind, BackupTarget target) {
    return new NewBackup(
            BackupConfig.builder(PersistenceConfig.inMemory().build(), target).build(),
            new BackupCatalog(target),
            Optional.empty(),
            this,
            this,
            new ProgressMeter(BackupProgress.NONE, Ticker.SYSTEM),
            clock)
        .make(kind);
  }

  @Override
  public UUID installation() {
    return journals().installation();
  }

  @Override
  public JournalStore journals() {
    return stores.sql().journals();
  }

  @Override
  public List<String> streamNames() {
    return List.of(STREAM);
  }

  @Override
  public String natsVersion() {
    return "2.12.2";
  }

  @Override
  public SortedMap<String, String> scripts() {
    return new TreeMap<>(Map.of("scripts.core", "17.2.0"));
  }

  @Override
  public PostgresCluster cluster() {
    return new FakeCluster(clock, tables);
  }

  @Override
  public RecoveryStore recovery() {
    return stores.sql().recovery();
  }

  @Override
  public StreamBackup streams() {
    return this;
  }

  @Override
  public Services services() {
    return services;
  }

  @Override
  public StoredFile dump(BackupWriter writer) {
    calls.add("dump");
    duringDump.run();
    return writer.write("postgresql/database.dump", out -> out.write("rows".getBytes(UTF_8)));
  }

  @Override
  public SortedMap<String, TableContents> tables() {
    return new TreeMap<>(tables);
  }

  @Override
  public BasePart base(BackupWriter writer, Optional<BasePart> since) {
    calls.add("base");
    return WalFiles.base(1, 2, 2);
  }

  @Override
  public WalRange wal(BasePart base) {
    String segment = WalFiles.names(1, 2, 2).get(0);
    return new WalRange(1, segment, segment, WalFiles.SIZE);
  }

  @Override
  public StreamPart snapshot(String stream, BackupWriter writer) {
    calls.add("snapshot");
    duringSnapshot.run();
    StoredFile file =
        writer.write("streams/" + stream + "/snapshot", out -> out.write("rest".getBytes(UTF_8)));
    return new StreamPart(
        stream,
        "{\"name\":\"" + stream + "\"}",
        "{}",
        CREATED,
        90,
        lastSequence,
        20,
        2_000,
        List.of(file),
        Optional.of(new Contents(lastSequence, contained, "ab".repeat(32))));
  }

  @Override
  public void restore(StreamPart part, BackupReader reader) {
    throw new UnsupportedOperationException("nothing is restored here");
  }

  @Override
  public Contents contents(String stream, long upTo) {
    return new Contents(upTo, contained, "ab".repeat(32));
  }

  @Override
  public void close() {
    stores.close();
    boolean unused = services.close(Duration.ofSeconds(5));
  }
}
