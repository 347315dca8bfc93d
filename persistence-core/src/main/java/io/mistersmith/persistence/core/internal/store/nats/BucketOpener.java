package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.BucketConfig;
import io.mistersmith.persistence.config.BucketConfig.Storage;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PersistenceConfig.BucketChanges;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.stream.Streams.Difference;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes buckets that do not exist, and shows or applies what is different about those that do.
 * Thread-safe: two that make the same bucket at once find the same one.
 */
final class BucketOpener implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(BucketOpener.class);
  static final int NO_SUITABLE_PEERS = 10005;
  static final int REPLICAS_NOT_SUPPORTED = 10074;
  static final int NAME_IN_USE = 10058;
  private static final long PAUSE_MILLIS = 250;

  private final NatsLink link;
  private final PersistenceConfig config;
  private final ServerClock clock;
  private final Notices notices;
  private final UUID installation;
  private final BucketAdoption adoption;
  private final MissingReplicas missingReplicas;
  private final long openUntil;

  BucketOpener(
      NatsLink link,
      PersistenceConfig config,
      UUID installation,
      ServerClock clock,
      Notices notices,
      Services services) {
    this.link = link;
    this.config = config;
    this.clock = clock;
    this.notices = notices;
    this.installation = installation;
    this.adoption = new BucketAdoption(link, notices, installation);
    this.missingReplicas = new MissingReplicas(this::streams, notices, services);
    this.openUntil = System.nanoTime() + config.nats().openTimeout().toNanos();
  }

  String fullName(Bucket bucket) {
    return config.nats().namePrefix() + config.bucket(bucket).name();
  }

  /**
   * The bucket's stream, made if there is none. A cluster that was just started has no leader at
   * first: for the first while of this process it is asked again.
   */
  StreamInfo open(Bucket bucket) {
    while (true) {
      try {
        return openNow(bucket);
      } catch (TransientPersistenceException e) {
        if (System.nanoTime() - openUntil >= 0 || !isForming(e)) {
          throw e;
        }
        log.info("Waiting for the cluster's JetStream: {}", e.getMessage());
        pause(e);
      }
    }
  }

  private boolean isForming(TransientPersistenceException failure) {
    try {
      boolean silent =
          switch (failure.error()) {
            case CONNECTION_FAILED, TIMEOUT, UNAVAILABLE -> true;
            default -> false;
          };
      return silent && link.capabilities().clustered();
    } catch (PersistenceException e) {
      return false; // the server is gone
    }
  }

  private static void pause(TransientPersistenceException failure) {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure;
    }
  }

  private StreamInfo openNow(Bucket bucket) {
    String what = "open bucket " + fullName(bucket);
    try {
      JetStreamManagement streams = streams();
      BucketPlan plan = plan(bucket);
      StreamInfo present = find(streams, plan.stream());
      return present == null ? create(streams, plan) : reconcile(streams, plan, present);
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw link.failure(what, e);
    }
  }

  /** The bucket's stream as it is; recreated, with a warning, if it was deleted. */
  StreamInfo look(Bucket bucket) {
    try {
      StreamInfo present = find(streams(), "KV_" + fullName(bucket));
      if (present != null) {
        return present;
      }
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw link.failure("look at bucket " + fullName(bucket), e);
    }
    log.warn(
        "Bucket {} was deleted while it was in use: what was not flushed is lost. It is recreated",
        fullName(bucket));
    return open(bucket);
  }

  /**
   * Lets the bucket bear this installation's identity in place of {@code present}, and then makes
   * it what is configured.
   */
  boolean adopt(Bucket bucket, Optional<UUID> present) {
    StorageType storage =
        config.bucket(bucket).storage() == Storage.FILE ? StorageType.File : StorageType.Memory;
    boolean adopted = adoption.adopt(fullName(bucket), present, storage);
    if (adopted && present.isPresent()) {
      var unused = open(bucket);
    }
    return adopted;
  }

  /** Gives streams the replicas that they lack. */
  MissingReplicas missingReplicas() {
    return missingReplicas;
  }

  UUID installation() {
    return installation;
  }

  JetStreamManagement streams() throws IOException {
    return link.connection()
        .jetStreamManagement(
            JetStreamOptions.builder().requestTimeout(link.requestTimeout()).build());
  }

  private BucketPlan plan(Bucket bucket) {
    BucketConfig wanted = config.bucket(bucket);
    ServerCapabilities server = link.capabilities();
    String name = fullName(bucket);
    int replicas = wanted.replicated() ? config.nats().replicas() : 1;
    if (replicas > 1 && !server.clustered()) {
      notices.add(
          "The server is no cluster: bucket "
              + name
              + " has 1 replica, not "
              + replicas
              + ", and is gone with the server's disk");
      replicas = 1;
    }
    BucketPlan plan = new BucketPlan(name, bucket, wanted, replicas, server, installation);
    if (wanted.compressed() && !server.compression()) {
      notices.add(
          "nats-server "
              + server.version()
              + " cannot compress: bucket "
              + name
              + " is stored uncompressed (2.10 can)");
    }
    if (!server.messageTtl() && BucketPlan.mayEndMessages(bucket, wanted)) {
      notices.add(
          "nats-server "
              + server.version()
              + " has no time to live per message: entries of bucket "
              + name
              + " that expire are not returned any more, but take up space for the bucket's maxAge"
              + " (2.11 can)");
    }
    if (wanted.maxBytes().isPresent() && !plan.isSafeWithLimit()) {
      notices.add(
          "nats-server "
              + server.version()
              + " drops the oldest entries of a bucket that is nearly full: bucket "
              + name
              + " has no limit of "
              + wanted.maxBytes().get()
              + " bytes. Limit the storage of the account, or update the servers to 2.10.5 or"
              + " later");
    }
    if (bucket == Bucket.AGENT_STATE && !server.atomicPublish()) {
      notices.add(
          "nats-server "
              + server.version()
              + " cannot store several entries at once: steps are refused (2.12 can)");
    }
    if (plan.wantsPlacement() && !server.clustered()) {
      notices.add("The server is no cluster: the placement of bucket " + name + " is ignored");
    }
    return plan;
  }

  private @Nullable StreamInfo find(JetStreamManagement streams, String name)
      throws IOException, JetStreamApiException {
    long asked = System.nanoTime();
    try {
      StreamInfo info = streams.getStreamInfo(name);
      ZonedDateTime answered = info.getTimestamp(); // 2.10 and later
      if (answered != null) {
        clock.observe(answered.toInstant(), asked);
      }
      return info;
    } catch (JetStreamApiException e) {
      if (NatsFailures.isStreamMissing(e)) {
        return null;
      }
      throw e;
    }
  }

  private StreamInfo create(JetStreamManagement streams, BucketPlan plan)
      throws IOException, JetStreamApiException {
    try {
      StreamInfo created = StreamCreation.create(streams, plan.create());
      log.info(
          "Made bucket {} ({} replicas, {} versions, {})",
          plan.name(),
          created.getConfiguration().getReplicas(),
          plan.config().history(),
          plan.config().storage());
      return created;
    } catch (JetStreamApiException e) {
      int error = e.getApiErrorCode();
      if (error == NAME_IN_USE) {
        return reconcile(streams, plan, streams.getStreamInfo(plan.stream()));
      }
      if ((error == NO_SUITABLE_PEERS || error == REPLICAS_NOT_SUPPORTED) && plan.replicas() > 1) {
        int fewer = plan.replicas() - 2;
        StreamInfo created = create(streams, plan.withReplicas(fewer));
        int made = created.getConfiguration().getReplicas();
        missingReplicas.add(plan.stream(), made, plan.replicas(), "NATS error " + error);
        return created;
      }
      throw e;
    }
  }

  private StreamInfo reconcile(JetStreamManagement streams, BucketPlan plan, StreamInfo present)
      throws IOException, JetStreamApiException {
    if (InstallationMark.of(present.getConfiguration())
        .filter(found -> !found.equals(installation))
        .isPresent()) {
      return present; // it is not ours to change, and is refused as long as it is another's
    }
    int replicas = present.getConfiguration().getReplicas();
    if (replicas < plan.replicas()) {
      // Whatever the policy says: it was made so while servers were missing, and adding copies
      // changes nothing else.
      missingReplicas.add(plan.stream(), replicas, plan.replicas(), "as it was made");
      return reconcile(streams, plan.withReplicas(replicas), present);
    }
    BucketPlan.Changes changes = plan.compare(present.getConfiguration());
    boolean apply = config.bucketChanges() == BucketChanges.APPLY;
    for (Difference difference : changes.differences()) {
      if (apply) {
        log.warn("Bucket {} is being changed: {}", plan.name(), difference);
      } else {
        notices.add(
            "Bucket %s differs from its configuration: %s (left as it is; bucketChanges APPLY changes it)"
                .formatted(plan.name(), difference));
      }
    }
    StreamInfo info =
        apply && !changes.differences().isEmpty() ? update(streams, plan, changes) : present;
    BucketFitness.require(plan, info.getConfiguration());
    return info;
  }

  private StreamInfo update(
      JetStreamManagement streams, BucketPlan plan, BucketPlan.Changes changes)
      throws IOException, JetStreamApiException {
    try {
      return streams.updateStream(changes.updated());
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() != NO_SUITABLE_PEERS && link.failure("change", e).isTransient()) {
        throw e;
      }
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "bucket "
              + plan.name()
              + " cannot be changed as configured, "
              + changes.differences()
              + ": NATS error "
              + e.getApiErrorCode()
              + ", "
              + e.getErrorDescription()
              + ". Configure the bucket as it is, or move its content to a new one",
          e);
    }
  }

  /** Whether the bucket has replicas, or will get them while this process runs. */
  boolean expectsReplicas(Bucket bucket) {
    return config.bucket(bucket).replicated()
        && config.nats().replicas() > 1
        && link.capabilities().clustered();
  }

  @Override
  public void close() {
    missingReplicas.close();
  }
}
