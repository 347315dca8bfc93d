package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stores of one runtime, with faults. */
final class FaultyOpened implements Stores, HotStore {

  private static final Logger LOG = LoggerFactory.getLogger(FaultyOpened.class);

  private final Stores real;
  private final Faults faults;
  private final SqlStore sql;
  private final Map<Bucket, HotBucket> buckets = new ConcurrentHashMap<>();
  private final List<Runnable> reconnectActions = new CopyOnWriteArrayList<>();
  private final List<Runnable> outageActions = new CopyOnWriteArrayList<>();
  private final Runnable reconnected = this::reconnected;
  private final Runnable lost = this::lost;
  private final AtomicReference<@Nullable Outage> outage = new AtomicReference<>();

  FaultyOpened(Stores real, Faults faults) {
    this.real = real;
    this.faults = faults;
    this.sql = new FaultySql(real.sql(), faults);
    faults.onReconnect(reconnected);
    faults.onOutage(lost);
  }

  @Override
  public HotStore hot() {
    return this;
  }

  @Override
  public HotBucket bucket(Bucket bucket) {
    return buckets.computeIfAbsent(bucket, this::open);
  }

  private HotBucket open(Bucket bucket) {
    HotBucket opened = real.hot().bucket(bucket);
    return new HotBucket(
        new FaultyReads(opened.reads(), faults),
        new FaultyWrites(opened.writes(), opened.reads(), faults),
        new FaultyJournal(opened.journal(), faults));
  }

  @Override
  public StreamStore streams() {
    return real.hot().streams();
  }

  @Override
  public SqlStore sql() {
    return sql;
  }

  @Override
  public void onReconnect(Runnable action) {
    real.hot().onReconnect(action);
    reconnectActions.add(action);
  }

  @Override
  public Optional<Outage> outage() {
    Optional<Outage> found = real.hot().outage();
    return found.isPresent() ? found : Optional.ofNullable(outage.get());
  }

  @Override
  public void onOutage(Runnable action) {
    real.hot().onOutage(action);
    outageActions.add(action);
  }

  private void lost() {
    outage.set(new Outage(clock().instant(), "an injected outage"));
    outageActions.forEach(FaultyOpened::tell);
  }

  private void reconnected() {
    outage.set(null);
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
      LOG.warn(
          "a listener for reconnects or outages failed; the others are called all the same", e);
    }
  }

  @Override
  public void signal(String topic) {
    real.hot().signal(topic);
  }

  @Override
  public void onSignal(String topic, Runnable action) {
    real.hot().onSignal(topic, action);
  }

  @Override
  public Clock clock() {
    return real.hot().clock();
  }

  @Override
  public List<String> notices() {
    return real.notices();
  }

  @Override
  public void close() {
    faults.forget(reconnected);
    faults.forget(lost);
    reconnectActions.clear();
    outageActions.clear();
    real.close();
  }
}
