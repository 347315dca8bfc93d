package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.StreamStore;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The hot store: the buckets of one installation on a NATS server or cluster, over one connection
 * that is replaced whenever it is lost. Thread-safe.
 */
public final class NatsStore implements HotStore, AutoCloseable {

  private final PersistenceConfig config;
  private final NatsLink link;
  private final ServerClock clock;
  private final BucketOpener opener;
  private final Signals signals;
  private final Window window;
  private final NatsStreamStore streams;
  private final Map<Bucket, HotBucket> buckets = new ConcurrentHashMap<>();
  private final Notices notices = new Notices();
  private final AtomicReference<@Nullable Outage> outage = new AtomicReference<>();
  private final List<Runnable> onOutage = new CopyOnWriteArrayList<>();

  private NatsStore(PersistenceConfig config, NatsLink link, UUID installation, Services services) {
    this.config = config;
    this.link = link;
    this.clock = new ServerClock(config.clock());
    this.opener = new BucketOpener(link, config, installation, clock, notices, services);
    this.signals = new Signals(link, config.nats(), installation);
    this.window = Window.of(config.nats());
    this.streams = new NatsStreamStore(link, config.nats(), opener, notices, window);
    link.onLost(this::lost);
    link.onConnected(
        connection -> {
          if (link.isUsable(connection)) {
            outage.set(null);
            if (!link.isUsable(connection)) {
              // Lost meanwhile, when the outage before had not ended yet.
              lost("the connection was lost again");
            }
          }
        });
  }

  private void lost(String why) {
    if (outage.compareAndSet(null, new Outage(clock.instant(), why))) {
      onOutage.forEach(Runnable::run);
    }
  }

  /**
   * Connects to the configured servers; the caller closes the store.
   *
   * @param installation the installation that owns the buckets
   * @param services runs the store's background service
   * @throws io.mistersmith.persistence.error.PersistenceException transient when no server answers
   *     within the connect timeout, not transient when the server refuses the credentials
   */
  public static NatsStore connect(PersistenceConfig config, UUID installation, Services services) {
    NatsLink link = NatsLink.open(config.nats(), config.runtimeName(), services);
    try {
      return of(config, link, installation, services);
    } catch (RuntimeException | Error e) {
      link.close();
      throw e;
    }
  }

  private static NatsStore of(
      PersistenceConfig config, NatsLink link, UUID installation, Services services) {
    NatsStore store = new NatsStore(config, link, installation, services);
    ServerCapabilities server = link.capabilities();
    if (!server.batchGet()) {
      store.notices.add(
          "nats-server "
              + server.version()
              + " cannot get many keys with one request: they are asked for one by one, pipelined"
              + " (2.11 can)");
    }
    return store;
  }

  /**
   * The bucket, made if it does not exist; the same handle every time. Its futures complete on the
   * thread that receives answers: what follows on them must not block.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when it can neither be found nor
   *     made, or must not be used as it is
   */
  @Override
  public HotBucket bucket(Bucket bucket) {
    return buckets.computeIfAbsent(
        bucket, missing -> NatsJournal.open(missing, opener, link, config, clock, window, signals));
  }

  @Override
  public StreamStore streams() {
    return streams;
  }

  /** Calls {@code action} when JetStream answers; all actions share a thread. */
  @Override
  public void onReconnect(Runnable action) {
    link.onReconnect(action);
  }

  @Override
  public Optional<Outage> outage() {
    return Optional.ofNullable(outage.get());
  }

  /** Calls {@code action} on the thread that replaces a lost connection. */
  @Override
  public void onOutage(Runnable action) {
    onOutage.add(action);
  }

  /** The server's clock; the process's own until the first bucket is opened. */
  @Override
  public void signal(String topic) {
    signals.wake(topic);
  }

  @Override
  public void onSignal(String topic, Runnable action) {
    signals.onWake(topic, action);
  }

  @Override
  public Clock clock() {
    return clock;
  }

  /**
   * Returns sentences for an operator: the features that are off because the server lacks them, and
   * the settings of buckets that differ from the configuration. Leaves out those that no longer
   * hold.
   */
  public List<String> notices() {
    return notices.all();
  }

  /** Closes the connection. Calls under way and later ones fail as closed. */
  @Override
  public void close() {
    opener.close();
    link.close();
  }
}
