package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.BucketChanges;
import io.mistersmith.persistence.config.BucketConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes buckets that do not exist, and shows or applies what is different about those that do.
 * Thread-safe: two that make the same bucket at once find the same one.
 */
final class BucketOpener {

  private static final Logger log = LoggerFactory.getLogger(BucketOpener.class);
  private static final int NO_SUITABLE_PEERS = 10005;
  private static final int REPLICAS_NOT_SUPPORTED = 10074;
  private static final int NAME_IN_USE = 10058;

  private final NatsLink link;
  private final PersistenceConfig config;
  private final ServerClock clock;
  private final Consumer<String> notices;

  BucketOpener(
      NatsLink link, PersistenceConfig config, ServerClock clock, Consumer<String> notices) {
    this.link = link;
    this.config = config;
    this.clock = clock;
    this.notices = notices;
  }

  String fullName(Bucket bucket) {
    return config.nats().namePrefix() + config.bucket(bucket).name();
  }

  /** The bucket's stream, made if there is none. */
  StreamInfo open(Bucket bucket) {
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

  /** The bucket's stream as it is; made anew, with a warning, if somebody has deleted it. */
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
        "Bucket {} was deleted while it was in use: what was not flushed is lost. It is made anew",
        fullName(bucket));
    return open(bucket);
  }

  private JetStreamManagement streams() throws IOException {
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
      notices.accept(
          "The server is no cluster: bucket "
              + name
              + " has 1 replica, not "
              + replicas
              + ", and is gone with the server's disk");
      replicas = 1;
    }
    BucketPlan plan = new BucketPlan(name, bucket, wanted, replicas, server);
    if (wanted.compressed() && !server.compression()) {
      notices.accept(
          "nats-server "
              + server.version()
              + " cannot compress: bucket "
              + name
              + " is stored uncompressed (2.10 can)");
    }
    if (!server.messageTtl() && BucketPlan.mayEndMessages(bucket, wanted)) {
      notices.accept(
          "nats-server "
              + server.version()
              + " has no time to live per message: entries of bucket "
              + name
              + " that expire are not returned any more, but take up space for the bucket's maxAge"
              + " (2.11 can)");
    }
    if (plan.wantsPlacement() && !server.clustered()) {
      notices.accept("The server is no cluster: the placement of bucket " + name + " is ignored");
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
      StreamInfo created = streams.addStream(plan.create());
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
        notices.accept(
            "The cluster has no room for "
                + plan.replicas()
                + " replicas of bucket "
                + plan.name()
                + " (NATS error "
                + error
                + "): it is made with "
                + fewer);
        return create(
            streams,
            new BucketPlan(plan.name(), plan.bucket(), plan.config(), fewer, plan.server()));
      }
      throw e;
    }
  }

  private StreamInfo reconcile(JetStreamManagement streams, BucketPlan plan, StreamInfo present)
      throws IOException, JetStreamApiException {
    BucketPlan.Changes changes = plan.compare(present.getConfiguration());
    boolean apply = config.bucketChanges() == BucketChanges.APPLY;
    for (BucketPlan.Difference difference : changes.differences()) {
      log.warn(
          "Bucket {} differs from its configuration: {} ({})",
          plan.name(),
          difference,
          apply ? "is being changed" : "left as it is; bucketChanges APPLY changes it");
    }
    if (changes.differences().isEmpty()) {
      return present;
    }
    if (apply) {
      return update(streams, plan, changes);
    }
    requireNoExpiry(plan, present.getConfiguration());
    return present;
  }

  private StreamInfo update(
      JetStreamManagement streams, BucketPlan plan, BucketPlan.Changes changes)
      throws IOException, JetStreamApiException {
    try {
      return streams.updateStream(changes.mended());
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

  /** Of a write-behind bucket the server would expire what was not flushed yet. */
  private static void requireNoExpiry(BucketPlan plan, StreamConfiguration present) {
    if (plan.bucket() == Bucket.AGENT_STATE
        && present.getMaxAge() != null
        && !present.getMaxAge().isZero()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "bucket "
              + plan.name()
              + " expires its entries after "
              + present.getMaxAge()
              + ", flushed or not: acknowledged writes would be lost. Set bucketChanges to APPLY,"
              + " or run: nats stream edit "
              + plan.stream()
              + " --max-age=0");
    }
  }
}
