package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.CheckpointStore;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalStore;
import io.mistersmith.persistence.spi.LifecycleEventStore;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.Stores;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stores of one runtime, with faults. */
final class FaultyOpened implements Stores {

  private static final Logger LOG = LoggerFactory.getLogger(FaultyOpened.class);

  private final Stores real;
  private final Faults faults;
  private final Map<Bucket, HotBucket> buckets = new ConcurrentHashMap<>();
  private final List<Runnable> reconnectActions = new CopyOnWriteArrayList<>();
  private final Runnable reconnected = this::reconnected;

  FaultyOpened(Stores real, Faults faults) {
    this.real = real;
    this.faults = faults;
    faults.onReconnect(reconnected);
  }

  @Override
  public HotBucket bucket(Bucket bucket) {
    return buckets.computeIfAbsent(bucket, b -> new FaultyBucket(real.bucket(b), faults));
  }

  @Override
  public AgentStore agents() {
    return SqlFaults.around(AgentStore.class, real.agents(), faults);
  }

  @Override
  public StateStore states() {
    return SqlFaults.around(StateStore.class, real.states(), faults);
  }

  @Override
  public JournalStore journals() {
    return SqlFaults.around(JournalStore.class, real.journals(), faults);
  }

  @Override
  public DeadLetterStore deadLetters() {
    return SqlFaults.around(DeadLetterStore.class, real.deadLetters(), faults);
  }

  @Override
  public CheckpointStore checkpoints() {
    return SqlFaults.around(CheckpointStore.class, real.checkpoints(), faults);
  }

  @Override
  public LifecycleEventStore lifecycleEvents() {
    return SqlFaults.around(LifecycleEventStore.class, real.lifecycleEvents(), faults);
  }

  @Override
  public void onReconnect(Runnable action) {
    real.onReconnect(action);
    reconnectActions.add(action);
  }

  private void reconnected() {
    List<Runnable> actions = List.copyOf(reconnectActions);
    Thread thread =
        new Thread(() -> actions.forEach(FaultyOpened::tell), "persistence-faults-back");
    thread.setDaemon(true);
    thread.start();
  }

  private static void tell(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.warn("a listener for reconnects failed; the others are told all the same", e);
    }
  }

  @Override
  public Clock clock() {
    return real.clock();
  }

  @Override
  public List<String> notices() {
    return real.notices();
  }

  @Override
  public void close() {
    faults.forget(reconnected);
    reconnectActions.clear();
    real.close();
  }
}
