package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.CheckpointStore;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalStore;
import io.mistersmith.persistence.spi.LifecycleEventStore;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.Stores;
import java.time.Clock;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stores of one runtime. */
final class OpenedStores implements Stores {

  private static final Logger LOG = LoggerFactory.getLogger(OpenedStores.class);

  private final InMemoryStores owner;
  private final PersistenceConfig config;
  private final Connection connection;
  private final MemoryDatabase database;
  private final Map<Bucket, MemoryBucket> buckets = new EnumMap<>(Bucket.class);
  private final List<Runnable> reconnectActions = new CopyOnWriteArrayList<>();

  OpenedStores(
      InMemoryStores owner,
      PersistenceConfig config,
      Connection connection,
      MemoryDatabase database) {
    this.owner = owner;
    this.config = config;
    this.connection = connection;
    this.database = database;
  }

  @Override
  public HotBucket bucket(Bucket bucket) {
    connection.checkHot();
    owner.ensure(bucket, config);
    String name = InMemoryStores.fullName(bucket, config);
    synchronized (buckets) {
      return buckets.computeIfAbsent(
          bucket,
          b ->
              new MemoryBucket(
                  name, connection, () -> owner.stream(name), () -> owner.nudge(name)));
    }
  }

  @Override
  public AgentStore agents() {
    return new MemoryAgentStore(database, connection);
  }

  @Override
  public StateStore states() {
    return new MemoryStateStore(database, connection);
  }

  @Override
  public JournalStore journals() {
    return new MemoryJournalStore(database, connection);
  }

  @Override
  public DeadLetterStore deadLetters() {
    return new MemoryDeadLetterStore(database, connection);
  }

  @Override
  public CheckpointStore checkpoints() {
    return new MemoryCheckpointStore(database, connection);
  }

  @Override
  public LifecycleEventStore lifecycleEvents() {
    return new MemoryLifecycleEventStore(database, connection);
  }

  @Override
  public void onReconnect(Runnable action) {
    reconnectActions.add(action);
  }

  @Override
  public Clock clock() {
    return connection.clock();
  }

  @Override
  public List<String> notices() {
    return List.of();
  }

  /** Tells the listeners of a bucket that somebody nudged. */
  void nudged(String bucketName) {
    List<MemoryBucket> handles;
    synchronized (buckets) {
      handles = List.copyOf(buckets.values());
    }
    handles.stream()
        .filter(handle -> handle.name().equals(bucketName))
        .forEach(MemoryBucket::nudged);
  }

  /** Tells the listeners, on a thread of their own, that the connection is back. */
  void reconnected() {
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
      LOG.warn("a listener for reconnects failed; the others are told all the same", e);
    }
  }

  @Override
  public void close() {
    connection.close();
    reconnectActions.clear();
    owner.closed(this, connection);
  }
}
