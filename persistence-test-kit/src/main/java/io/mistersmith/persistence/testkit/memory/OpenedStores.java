package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.time.Clock;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stores of one runtime. */
final class OpenedStores implements Stores, HotStore {

  private static final Logger LOG = LoggerFactory.getLogger(OpenedStores.class);

  private final InMemoryStores owner;
  private final PersistenceConfig config;
  private final Connection connection;
  private final MemorySql sql;
  private final StreamStore streams;
  private final Map<Bucket, HotBucket> buckets = new EnumMap<>(Bucket.class);
  private final List<MemoryJournal> journals = new CopyOnWriteArrayList<>();
  private final List<Runnable> reconnectActions = new CopyOnWriteArrayList<>();
  private final List<Runnable> outageActions = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable Outage> outage = new AtomicReference<>();

  OpenedStores(
      InMemoryStores owner,
      PersistenceConfig config,
      Connection connection,
      MemoryDatabase database,
      MemoryReplica replica) {
    this.owner = owner;
    this.config = config;
    this.connection = connection;
    this.streams =
        new MemoryStreamStore(owner.messageStreams(), connection, config.nats().namePrefix());
    this.sql = new MemorySql(database, replica, connection, Patience.of(config.postgres()));
  }

  @Override
  public HotStore hot() {
    return this;
  }

  @Override
  public HotBucket bucket(Bucket bucket) {
    connection.checkHot();
    owner.ensure(bucket, config, connection.installation());
    String name = InMemoryStores.fullName(bucket, config);
    synchronized (buckets) {
      return buckets.computeIfAbsent(
          bucket, b -> opened(new MemoryBucket(name, connection, owner)));
    }
  }

  private HotBucket opened(MemoryBucket bucket) {
    MemoryJournal journal = new MemoryJournal(bucket);
    journals.add(journal);
    return new HotBucket(new MemoryReads(bucket), new MemoryWrites(bucket), journal);
  }

  @Override
  public StreamStore streams() {
    return streams;
  }

  @Override
  public SqlStore sql() {
    return sql;
  }

  @Override
  public void onReconnect(Runnable action) {
    reconnectActions.add(action);
  }

  @Override
  public Optional<Outage> outage() {
    return Optional.ofNullable(outage.get());
  }

  @Override
  public void onOutage(Runnable action) {
    outageActions.add(action);
  }

  /** The hot store is taken down. */
  void lost() {
    if (outage.compareAndSet(null, new Outage(connection.now(), "the in-memory store is down"))) {
      outageActions.forEach(OpenedStores::run);
    }
  }

  @Override
  public void signal(String topic) {
    owner.signal(topic);
  }

  @Override
  public void onSignal(String topic, Runnable action) {
    owner.onSignal(topic, action);
  }

  @Override
  public Clock clock() {
    return connection.clock();
  }

  @Override
  public List<String> notices() {
    return List.of();
  }

  /** Notifies the listeners of a bucket of a nudge. */
  void nudged(String bucketName) {
    handles(bucketName).forEach(MemoryJournal::nudged);
  }

  /** Tells the listeners of a bucket what a runtime of the installation told. */
  void progressed(String bucketName, UUID installation, JournalProgress progress) {
    handles(bucketName).forEach(journal -> journal.progressed(installation, progress));
  }

  private List<MemoryJournal> handles(String bucketName) {
    return journals.stream().filter(journal -> journal.name().equals(bucketName)).toList();
  }

  /** Tells the listeners, on a thread of their own, that the connection is back. */
  void reconnected() {
    if (owner.isHot()) {
      outage.set(null);
    }
    List<Runnable> actions = List.copyOf(reconnectActions);
    if (actions.isEmpty()) {
      return;
    }
    Thread thread = new Thread(() -> actions.forEach(OpenedStores::run), "persistence-memory-back");
    thread.setDaemon(true);
    thread.start();
  }

  private static void run(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.warn(
          "a listener for reconnects or outages failed; the others are called all the same", e);
    }
  }

  @Override
  public void close() {
    connection.close();
    reconnectActions.clear();
    outageActions.clear();
    owner.closed(this, connection);
  }
}
