package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Advice.IndexFinding;
import io.mistersmith.persistence.operations.Advice.MissingIndex;
import io.mistersmith.persistence.operations.Advice.SlowStatement;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.testkit.memory.AdviceTables.Recommended;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A hot store and a durable store in memory. The data belong to this object and outlive every
 * {@link Stores} that is opened on it: open, close and open again is a restarted runtime, several
 * opened at once are several runtimes. Both stores' clock is the one that they were given, or else
 * that of the first configuration that is opened, so that a {@code ManualClock} makes expiry and
 * leases a matter of the test; a later configuration with another clock is a process whose clock is
 * wrong. Thread-safe.
 *
 * <p>Beside the SPI there are hooks for what a test cannot otherwise bring about: outages, a bucket
 * that is recreated or loses its tail, a durable store that is put back to an older copy of itself,
 * and foreign messages. Those that name a bucket use the name prefix of the configuration that was
 * opened last.
 */
public final class InMemoryStores implements StoreProvider {

  private static final Patience TAMPERING =
      new Patience(Duration.ofSeconds(30), Duration.ofSeconds(30));

  private final Map<String, MemoryStream> streams = new ConcurrentHashMap<>();
  private final MessageStreams messageStreams = new MessageStreams();
  private final MemoryDatabase database = new MemoryDatabase();
  private final MemoryReplica replica = new MemoryReplica(database);
  private final Map<String, List<Runnable>> signals = new ConcurrentHashMap<>();
  private final List<OpenedStores> opened = new CopyOnWriteArrayList<>();
  private volatile boolean hotDown;
  private volatile boolean sqlDown;
  private final AtomicReference<@Nullable Clock> clock = new AtomicReference<>();
  private volatile @Nullable PersistenceConfig latest;

  /** Empty stores, with the clock of the first configuration that is opened. */
  public InMemoryStores() {}

  /** Empty stores with this clock. */
  public InMemoryStores(Clock clock) {
    this.clock.set(clock);
  }

  @Override
  public Stores open(PersistenceConfig config) {
    Connection connection =
        new Connection(clock(config), database.installation(), () -> hotDown, () -> sqlDown);
    connection.checkHot();
    connection.checkSql();
    latest = config;
    database.migrate(config.postgres().migrationSets());
    OpenedStores stores = new OpenedStores(this, config, connection, database, replica);
    opened.add(stores);
    return stores;
  }

  /**
   * Takes the hot store down, where every call fails as {@code CONNECTION_FAILED} and open readers
   * are lost, or brings it back, upon which listeners for reconnects are called.
   */
  public void hotOutage(boolean down) {
    hotDown = down;
    if (down) {
      opened.forEach(OpenedStores::lost);
      streams.values().forEach(MemoryStream::loseCursors);
    } else {
      opened.forEach(OpenedStores::reconnected);
    }
  }

  /** Takes the durable store down, where every call fails as {@code CONNECTION_FAILED}, or back. */
  public void sqlOutage(boolean down) {
    sqlDown = down;
  }

  /**
   * Holds back the replica of the durable store that answers reads which may be old: it stays as it
   * is now, until {@link #resumeReplica}. What a runtime has committed itself meanwhile it reads
   * from the durable store.
   */
  public void pauseReplica() {
    replica.pause();
  }

  /** Lets the replica catch up, at once. */
  public void resumeReplica() {
    replica.resume();
  }

  /**
   * Deletes the bucket and recreates it: empty, sequences from 1, another creation time, without an
   * installation's identity. Readers that are open stay with the deleted one, and silent.
   */
  public void recreate(Bucket bucket) {
    PersistenceConfig config = latestConfig();
    Instant now = clock(config).instant();
    streams.compute(
        fullName(bucket, config),
        (name, before) ->
            new MemoryStream(
                name,
                config.bucket(bucket),
                before == null || before.created().isBefore(now)
                    ? now
                    : before.created().plusNanos(1),
                Optional.empty()));
  }

  /**
   * Forgets the messages after {@code lastSequenceKept}, whose sequences will be used again, as a
   * server does that was killed before it had synced its disk. Open readers are lost, and listeners
   * for reconnects are called. Older versions that those messages had pushed out stay away.
   */
  public void loseTail(Bucket bucket, long lastSequenceKept) {
    stream(fullName(bucket, latestConfig())).loseTail(lastSequenceKept);
    opened.forEach(OpenedStores::reconnected);
  }

  /**
   * Kills the hot store's server and starts it again. Nothing acknowledged is lost, but of each key
   * the last version comes back that its history had dropped, wherever the later ones were evicted
   * since: nats-server 2.10 and later do that. Open readers are lost, and listeners for reconnects
   * are called. Streams of messages in memory are gone.
   */
  public void killHotServer() {
    streams.values().forEach(MemoryStream::bringBackDropped);
    messageStreams.restart();
    opened.forEach(OpenedStores::reconnected);
  }

  /**
   * Stores a message in the bucket's stream past all encoding, as a foreign program would.
   *
   * @param subject the raw subject, below {@code $KV.<full name of the bucket>.}
   * @return the message's sequence
   */
  public long publishRaw(Bucket bucket, String subject, byte[] value) {
    PersistenceConfig config = latestConfig();
    MemoryStream stream = stream(fullName(bucket, config));
    if (!subject.startsWith(stream.subjects().root())) {
      throw new IllegalArgumentException(
          "subject " + subject + " must start with " + stream.subjects().root());
    }
    return stream.publish(
        subject, Operation.PUT, value, EntryMetadata.NONE, HotWrites.ANY, clock(config).instant());
  }

  /** Changes how long the hot store keeps the bucket's entries, as an operator does. */
  public void changeMaxAge(Bucket bucket, Duration maxAge) {
    stream(fullName(bucket, latestConfig())).maxAge(maxAge);
  }

  /** Takes the installation's identity off the bucket, as an earlier version makes buckets. */
  public void forgetInstallation(Bucket bucket) {
    stream(fullName(bucket, latestConfig())).forgetInstallation();
  }

  /**
   * Puts all buckets of other stores in the place of these ones, as a server at the same address
   * does that is another installation's. Open readers are lost, and listeners for reconnects are
   * called.
   */
  public void replaceHot(InMemoryStores others) {
    streams.values().forEach(MemoryStream::loseCursors);
    streams.clear();
    streams.putAll(others.streams);
    opened.forEach(OpenedStores::reconnected);
  }

  /**
   * Applies optional sets of migrations to the durable store, as {@code migrateOnOpen} of a
   * configuration does that is opened. Of the sets, {@code state_search}, {@code events}, {@code
   * audit}, {@code monitoring}, {@code recovery} and {@code statements} have an effect here.
   */
  public void migrate(String... sets) {
    database.migrate(List.of(sets));
  }

  /** Has the durable store find something wrong with an index. */
  public void find(IndexFinding finding) {
    advise(advice -> advice.findings.put(finding.index(), finding));
  }

  /**
   * Has the durable store recommend an index.
   *
   * @param obstacle why it cannot be built; empty where it can
   */
  public void recommend(MissingIndex index, Optional<String> obstacle) {
    advise(
        advice ->
            advice.recommendations.put(
                index.id(), new Recommended(index, obstacle, AdviceTables.State.PENDING)));
  }

  /** Has the durable store remember a slow statement. */
  public void remember(SlowStatement statement) {
    advise(advice -> advice.statements.put(statement.hash(), statement));
  }

  private void advise(Consumer<AdviceRows> change) {
    boolean unused =
        database.transact(
            TAMPERING,
            false,
            tables -> {
              change.accept(tables.advice);
              return true;
            });
  }

  /** Returns a snapshot of the durable store. */
  public SqlSnapshot snapshotSql() {
    return database.snapshot();
  }

  /**
   * Puts the durable store back to what it was: state, registry, positions, dead letters, leases,
   * and whose installation it was.
   */
  public void restoreSql(SqlSnapshot snapshot) {
    database.restore(snapshot);
  }

  /**
   * Gives the durable store another identity, as {@code agents.new_installation()} gives a copied
   * database.
   */
  public void newInstallation() {
    database.newInstallation();
  }

  /**
   * Puts an empty database in the durable store's place, which has never met any bucket and is
   * another installation's.
   */
  public void replaceSql() {
    database.restore(new SqlSnapshot(Content.empty()));
  }

  /**
   * Replaces or removes a key's row, as a write to the database past the library does.
   *
   * @param row maps the old row to the new one; either may be empty
   */
  public void tamper(StateKey key, UnaryOperator<Optional<StoredState>> row) {
    database.transact(
        TAMPERING,
        false,
        tables -> {
          Optional<StoredState> changed = row.apply(tables.state(key));
          changed.ifPresentOrElse(
              stored -> tables.putState(stored, stored.writtenAt(), Optional.empty()),
              () -> tables.states.remove(Tables.id(key)));
          return changed;
        });
  }

  MessageStreams messageStreams() {
    return messageStreams;
  }

  /** Whether the hot store is up. */
  boolean isHot() {
    return !hotDown;
  }

  static String fullName(Bucket bucket, PersistenceConfig config) {
    return config.nats().namePrefix() + config.bucket(bucket).name();
  }

  /** Makes the bucket if it is missing. */
  void ensure(Bucket bucket, PersistenceConfig config, UUID installation) {
    streams.computeIfAbsent(
        fullName(bucket, config),
        name ->
            new MemoryStream(
                name, config.bucket(bucket), clock(config).instant(), Optional.of(installation)));
  }

  /** The stream of a bucket now. */
  MemoryStream stream(String name) {
    MemoryStream stream = streams.get(name);
    if (stream == null) {
      throw new IllegalStateException("no runtime has opened the bucket " + name + " yet");
    }
    return stream;
  }

  void nudge(String bucketName) {
    opened.forEach(stores -> stores.nudged(bucketName));
  }

  void tellProgress(String bucketName, UUID installation, JournalProgress progress) {
    opened.forEach(stores -> stores.progressed(bucketName, installation, progress));
  }

  void closed(OpenedStores stores, Connection connection) {
    opened.remove(stores);
    streams.values().forEach(stream -> stream.closeCursors(connection));
  }

  /** Both stores' clock. */
  private Clock clock(PersistenceConfig config) {
    Clock set = clock.get();
    if (set == null) {
      clock.compareAndSet(null, config.clock());
      return clock(config);
    }
    return set;
  }

  private PersistenceConfig latestConfig() {
    PersistenceConfig config = latest;
    if (config == null) {
      throw new IllegalStateException("open the stores first: a bucket's name is configured there");
    }
    return config;
  }

  /** Signals all runtimes, unless the hot store is away. */
  void signal(String topic) {
    if (!hotDown) {
      signals.getOrDefault(topic, List.of()).forEach(Runnable::run);
    }
  }

  void onSignal(String topic, Runnable action) {
    signals.computeIfAbsent(topic, same -> new CopyOnWriteArrayList<>()).add(action);
  }
}
