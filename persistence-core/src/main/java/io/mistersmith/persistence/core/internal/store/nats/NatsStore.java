package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.resilience.Window;
import io.mistersmith.persistence.spi.HotBucket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The hot store: the buckets of one installation on a NATS server or cluster, over one connection
 * that is made anew whenever it is lost. Thread-safe.
 */
public final class NatsStore implements AutoCloseable {

  private final PersistenceConfig config;
  private final NatsLink link;
  private final BucketOpener opener;
  private final Nudges nudges;
  private final Window window;
  private final Map<Bucket, NatsBucket> buckets = new ConcurrentHashMap<>();
  private final Notices notices = new Notices();

  private NatsStore(PersistenceConfig config, NatsLink link) {
    this.config = config;
    this.link = link;
    this.opener = new BucketOpener(link, config, notices);
    this.nudges = new Nudges(link, config.nats());
    this.window = Window.of(config.nats());
  }

  /**
   * Connects to the configured servers; the caller closes the store.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException transient when no server answers
   *     within the connect timeout, not transient when the server refuses the credentials
   */
  public static NatsStore connect(PersistenceConfig config) {
    NatsLink link = NatsLink.open(config.nats(), config.runtimeName());
    NatsStore store = new NatsStore(config, link);
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
  public HotBucket bucket(Bucket bucket) {
    return buckets.computeIfAbsent(
        bucket, missing -> NatsBucket.open(missing, opener, link, config, window, nudges));
  }

  /**
   * Calls {@code action} whenever the connection was lost and is back and JetStream answers, on a
   * thread that may block; all actions share it.
   */
  public void onReconnect(Runnable action) {
    link.onReconnect(action);
  }

  /**
   * What the server cannot do and was turned off for it, and what of the buckets is not as it is
   * configured, in sentences for an operator; those that do not hold any more are left out.
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
